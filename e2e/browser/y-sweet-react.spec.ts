/* Pages of @y-sweet/react, unmodified and of an origin of their own, beside the editor. */
import { rm } from 'node:fs/promises'
import { DocumentManager } from '@y-sweet/sdk'
import * as Y from 'yjs'
import { SECRET, sign } from '../compat/servers/login.ts'
import { codeOf } from '../harness/code-blocks.ts'
import { mountDisk } from '../harness/private-disk.ts'
import { startServer } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'
import { expect, test } from './application-fixtures.ts'
import { expectText } from './content.ts'
import { ada } from './fixtures.ts'
import { holdStore, holdTokens } from './held-notes.ts'
import { watchSaved, type Notes } from './notes.ts'
import { expectPeople } from './person.ts'
import { watchTrouble } from './trouble.ts'

/** What the client says on the console when it has lost its server, and its application's answer then. */
const lostServer =
  /ERR_CONNECTION|connect\(\) called while|Failed to get client token|(answered|status of) 502/

/** What a warning of the client says to whoever may only read. */
const mayOnlyRead = /Client with read-only authorization attempted to write/

/** Too much for the room that is left in half-used pages of a full disk. */
const PARAGRAPH = 'the disk is full and we go on writing. '.repeat(2_000)

/** The client's words for an endpoint that is not there. */
const noTokens = /Failed to get client token|(answered|status of) 404/

/** What each of these pages sees is all the others, these as well, once each. */
const expectOthers = async (
  pages: readonly Notes[],
  also: readonly string[] = [],
): Promise<void> => {
  for (const { name, others } of pages) {
    const names = [...pages.map((page) => page.name), ...also].filter((other) => other !== name)
    await expect(others).toHaveText(names.toSorted().join(', '))
  }
}

/** The text of a document as a server finds it in a directory, which it takes along. */
const textIn = async (dataDir: string, doc: string): Promise<string> => {
  const server = await startServer({ dataDir })
  const found = new Y.Doc()
  const manager = new DocumentManager(`ys://127.0.0.1:${server.port}`)
  Y.applyUpdate(found, await manager.getDocAsUpdate(doc))
  await server.end('SIGKILL')
  await rm(dataDir, { recursive: true })
  return found.getText('body').toJSON()
}

test('pages and the editor write in one document and see one another', async ({
  serve,
  notes,
  join,
  doc,
}) => {
  const server = await serve()
  const editor = await join(server, ada)
  await editor.open(doc)
  await editor.write('Written in the editor. ')

  const bob = await notes({ doc, name: 'Bob' })
  await expect(bob.status).toHaveText('connected')
  // the link of the debugger carries all that opens the document
  const link = await bob.page.getByTestId('debugger').getAttribute('href')
  const token = new URL(link ?? '').searchParams.get('payload') ?? ''
  const pages = [
    bob,
    await notes({ doc, name: 'Cleo', asFunction: true }),
    await notes({ doc, name: 'Dan', auth: `${server.url}/doc/${doc}/auth` }),
    await notes({ doc, name: 'Eve', auth: '/nowhere', token }),
  ]
  await expectOthers(pages, [ada.name])
  await expectPeople(editor, pages.length + 1)

  for (const { name, enter } of pages) {
    await enter('Text', `${name} was here. `)
    await enter('Title', `by ${name}`)
    await enter('Item', name)
    await enter('Paragraph', `${name} as well. `)
  }
  await editor.write('And the editor.')
  const names = pages.map(({ name }) => name)
  for (const { page, text, status, isSaved } of pages) {
    for (const name of names) await expect(text).toContainText(`${name} was here.`)
    for (const name of names) await expect(page.getByTestId('list')).toContainText(name)
    await expect(page.getByTestId('title')).toHaveText(`by ${names.at(-1)}`)
    await expect(page.getByTestId('paragraph')).toContainText('Written in the editor.')
    await expect(page.getByTestId('paragraph')).toContainText('And the editor.')
    for (const name of names)
      await expect(page.getByTestId('paragraph')).toContainText(`${name} as well.`)
    await expect(status).toHaveText('connected')
    await isSaved()
  }
  for (const name of names) await expectText(editor, `${name} as well.`)
  await editor.isSaved()

  await bob.leave()
  await expectOthers(pages.slice(1), [ada.name])
  await expectPeople(editor, pages.length)
})

test('what is shown as saved is on the disk that a kill -9 leaves, and nothing else is', async ({
  serve,
  notes,
  doc,
}) => {
  const disk = await mountDisk({ megabytes: 8 })
  const place = { dataDir: disk.path, launcher: disk.launcher }
  const server = await serve(place)
  const pages = [await notes({ doc, name: 'Bob' }), await notes({ doc, name: 'Cleo' })] as const
  try {
    const [bob, cleo] = pages
    await bob.enter('Text', 'before. ')
    for (const page of pages) await page.isSaved()

    await disk.fill()
    const wasSaved = await watchSaved(bob, 'we go on')
    await bob.enter('Text', PARAGRAPH)
    await expect(cleo.text).toContainText('writing.')
    await cleo.enter('Text', 'An answer. ')
    await expect(bob.text).toContainText('An answer.')
    await until('the disk has refused it', () => server.log().includes('append-failed'))
    expect(await wasSaved()).toBe(false)
    expect(await bob.asksBeforeLeaving()).toBe(true)
    await cleo.isUnsaved()
    await disk.free()
    for (const page of pages) await page.isSaved()
    expect(await bob.asksBeforeLeaving()).toBe(false)

    for (const { trouble } of pages) trouble.expect(lostServer)
    await server.end('SIGKILL')
    await expect(bob.status).not.toHaveText('connected')
    const wasSavedMeanwhile = await watchSaved(bob, 'Meanwhile.')
    await bob.enter('Text', 'Meanwhile. ')
    const left = await disk.copy()
    expect(await wasSavedMeanwhile()).toBe(false)
    await server.restart()
    expect(await textIn(left, doc)).toBe(`before. ${PARAGRAPH}An answer. `)
    await bob.isSaved()
    await expect(cleo.text).toContainText('Meanwhile.')
  } finally {
    for (const page of pages) await page.leave()
    await server.end('SIGKILL')
    await disk.remove()
  }
})

test('whoever may only read is never shown its own changes as saved', async ({
  serve,
  notes,
  doc,
}) => {
  const token = sign({ docs: [{ name: doc, access: 'write' }] })
  await serve({ env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET } }, token)
  const readOnly = '/client-token?authorization=read-only&userId=bob'
  const [bob, cleo] = [
    await notes({ doc, name: 'Bob', auth: readOnly }),
    await notes({ doc, name: 'Cleo', auth: '/client-token?userId=cleo' }),
  ]
  await cleo.enter('Text', 'Cleo may write. ')
  await expect(bob.text).toHaveText('Cleo may write.')
  await bob.isSaved()
  await expectOthers([bob, cleo])
  await expect(bob.page.getByTestId('access')).toHaveText('read-only')
  await expect(cleo.page.getByTestId('access')).toHaveText('full')

  bob.trouble.expect(mayOnlyRead)
  const wasSaved = await watchSaved(bob, 'may not.')
  await bob.enter('Text', 'Bob may not. ')
  await cleo.enter('Text', 'Again.')
  await expect(bob.text).toContainText('Again.')
  await cleo.isSaved()
  await expect(cleo.text).toHaveText('Cleo may write. Again.')
  expect(await wasSaved()).toBe(false)
  bob.trouble.expect(/dialog beforeunload/)
  await bob.page.reload()
  await expect(bob.text).toHaveText('Cleo may write. Again.')
})

test('what was written offline comes with the next visit, however late the page loads it', async ({
  serve,
  notes,
  browser,
  context,
  doc,
}) => {
  await serve()
  const before = await notes({ doc, name: 'Bob', auth: '/nowhere', offline: true })
  before.trouble.expect(noTokens)
  await before.enter('Text', 'Written offline. ')
  await before.isUnsaved()
  // by way of the browser's store
  const again = await notes({ doc, name: 'Bob', auth: '/nowhere', offline: true })
  again.trouble.expect(noTokens)
  await expect(again.text).toHaveText('Written offline.')
  await again.isUnsaved()
  for (const page of [before, again]) await page.leave()

  const elsewhere = await browser.newContext()
  const cleo = await notes({ doc, name: 'Cleo' }, elsewhere)
  const store = await holdStore(context)
  const late = await notes({ doc, name: 'Bob', offline: true })
  await late.isSaved()
  await store.release(late)
  await expect(late.text).toHaveText('Written offline.')
  await expect(cleo.text).toHaveText('Written offline.')
  await elsewhere.close()
})

test('a page that goes on to the next document is seen there alone', async ({
  serve,
  notes,
  doc,
}) => {
  await serve()
  const pages = [
    await notes({ doc, name: 'Bob', inDevelopment: true }),
    await notes({ doc, name: 'Cleo', inDevelopment: true }),
  ] as const
  const [bob, cleo] = pages
  await expectOthers(pages)
  await bob.enter('Text', 'Here. ')
  await bob.isSaved()
  await expect(cleo.text).toHaveText('Here.')

  const answers = await holdTokens(bob)
  await bob.press('Next document')
  await expectOthers([cleo], [])
  const wasSaved = await watchSaved(bob, 'There.')
  await bob.enter('Text', 'There. ')
  await bob.isUnsaved()
  expect(await wasSaved()).toBe(false)
  answers.release()
  await bob.isSaved()
  await expect(bob.others).toHaveText('')
  await cleo.press('Next document')
  await expect(cleo.text).toHaveText('There.')
  await expectOthers(pages)

  await bob.press('Close')
  await expect(cleo.others).toHaveText('')
})

test('the code of the page for those who move in works', async ({ serve, application, page }) => {
  expect(codeOf('server/moving-in/from-y-sweet.md', 'jsx')).toHaveLength(1)
  await serve()
  const trouble = await watchTrouble(page)
  await page.goto(`${application.url}/moving-in/`)
  await expect(page.getByRole('status')).toHaveText('on disk')
  await page.getByRole('button', { name: 'Write' }).click()
  await expect(page.getByRole('paragraph')).toHaveText('Written with React. ')
  await expect(page.getByRole('status')).toHaveText('on disk')
  const other = await page.context().newPage()
  await other.goto(`${application.url}/moving-in/`)
  await expect(other.getByRole('paragraph')).toHaveText('Written with React. ')
  for (const each of [page, other]) await expect(each.getByRole('list')).toHaveText('Ada')
  trouble.stop()
  expect(trouble.list).toEqual([])
})
