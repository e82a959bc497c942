/* The editor and stock clients of every family at one document, with carets, through a kill -9. */
import * as Y from 'yjs'
import type { Client } from '../compat/families/family.ts'
import { hocuspocusFamilies } from '../compat/families/hocuspocus.ts'
import { ySweetFamily } from '../compat/families/y-sweet.ts'
import { yWebsocketFamilies } from '../compat/families/y-websocket.ts'
import { until } from '../harness/until.ts'
import { expectText, wordsOf } from './content.ts'
import { ada, expect, test } from './fixtures.ts'
import { expectPeople } from './person.ts'
import { lostConnection } from './trouble.ts'

const families = [
  ...yWebsocketFamilies('/yjs').slice(2, 3),
  ...hocuspocusFamilies('/hocuspocus'),
  ySweetFamily,
]

/** The first text of a document, which the editor has made. */
const firstText = (doc: Y.Doc): Y.XmlText | null => {
  const texts = doc.getXmlFragment('default').createTreeWalker((node) => node instanceof Y.XmlText)
  const [text] = texts
  return text instanceof Y.XmlText ? text : null
}

/** Writes a word behind everything, and puts the caret there. */
const write = ({ doc, awareness, family }: Client, word: string): void => {
  const text = firstText(doc)
  if (text === null) throw new Error(`${family} has no text`)
  text.insert(text.length, word)
  const position = Y.relativePositionToJSON(
    Y.createRelativePositionFromTypeIndex(text, text.length),
  )
  awareness.setLocalState({
    user: { name: family, color: '#0f766e' },
    cursor: { anchor: position, head: position },
  })
}

const textOf = ({ doc }: Client): string => firstText(doc)?.toJSON() ?? ''

test('stock clients of every family write in one document with the editor, through a kill -9', async ({
  ownServer,
  join,
  doc,
}) => {
  const editor = await join(ownServer, ada)
  editor.trouble.expect(lostConnection)
  await editor.open(doc)
  await editor.write('Written in the editor. ')
  await editor.isSaved()

  const clients = families.map((family) => family.open(ownServer, { document: doc }))
  try {
    await until('everybody has the text', () =>
      clients.every((client) => client.isSynced() && textOf(client).includes('in the editor')),
    )
    for (const [i, client] of clients.entries()) write(client, `before${i} `)
    for (const i of clients.keys()) await expectText(editor, `before${i}`)
    await expectPeople(editor, clients.length + 1)
    await expect(editor.page.locator('.collaboration-carets__caret')).toHaveCount(clients.length)
    await until('everybody sees everybody', () =>
      clients.every(({ awareness }) => awareness.getStates().size === clients.length + 1),
    )
    await until('all is saved', () => clients.every((client) => client.isSaved() !== false))

    await ownServer.end('SIGKILL')
    await expect(editor.connection).toHaveAttribute('data-state', 'offline')
    for (const [i, client] of clients.entries()) write(client, `meanwhile${i} `)
    await until('nobody takes it for saved', () =>
      clients.every((client) => client.isSaved() !== true),
    )
    await ownServer.restart()

    await editor.canWrite()
    for (const i of clients.keys()) await expectText(editor, `meanwhile${i}`)
    await editor.write('Afterwards. ')
    await until('everybody has all of it', () =>
      clients.every((client) => textOf(client).includes('Afterwards')),
    )
    await until('all is saved', () => clients.every((client) => client.isSaved() !== false))
    await expectPeople(editor, clients.length + 1, 30_000)
    const [first, ...others] = clients.map(({ doc: held }) => Y.encodeStateAsUpdate(held))
    expect(others.map((state) => Buffer.compare(state, first ?? new Uint8Array()))).toEqual(
      others.map(() => 0),
    )
    const words = (await wordsOf(editor.text)).split(/\s+/)
    for (const i of clients.keys())
      expect(words).toEqual(expect.arrayContaining([`before${i}`, `meanwhile${i}`]))
    await editor.page.screenshot({ path: test.info().outputPath('families.png') })
    for (const client of clients) client.destroy()
    await expectPeople(editor, 1, 30_000)
  } finally {
    for (const client of clients) client.destroy()
  }
})
