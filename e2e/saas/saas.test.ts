/*
 * A program with a login of its own, as EMBEDDING.md shows it, on the packages as they are published: three people with
 * clients of two families, the program's own edits, somebody who loses the right to write while typing, and a kill.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HocuspocusProvider } from '@hocuspocus/provider'
import { connect, type Connected } from '@quire/provider'
import { createApiClient } from '@quire/server/client'
import { SignJWT } from 'jose'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { freePort } from '../harness/free-port.ts'
import { packedProject, type PackedProject } from '../harness/packed-project.ts'
import { until } from '../harness/until.ts'
import { ROOT } from '../scripts/run.ts'

const SECRET = 'the secret of the program in this test'
const NOTES = 'team/notes'

let project: PackedProject
beforeAll(async () => {
  const versionOf = async (name: string): Promise<string> => {
    const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
    return `${name}@${(JSON.parse(manifest) as { version: string }).version}` // npm has checked it
  }
  const versions = await Promise.all(['express', 'jose', 'yjs'].map(versionOf))
  project = await packedProject(versions)
  await copyFile(join(import.meta.dirname, 'app.js'), join(project.home, 'app.js'))
  return () => project.remove()
})

/** The program; it keeps its documents in the project's folder. */
const startProgram = async (port: number): Promise<ChildProcess> => {
  const env = { ...process.env, PORT: String(port), APP_SECRET: SECRET }
  const program = spawn(process.execPath, ['app.js'], { cwd: project.home, env })
  let said = ''
  program.stdout.on('data', (text: Buffer) => (said += text.toString()))
  program.stderr.on('data', (text: Buffer) => (said += text.toString()))
  onTestFinished(() => void program.kill('SIGKILL'))
  await until(`the program listens, said: ${said}`, () => said.includes('listening on'))
  return program
}

const post = async (url: string, body: unknown, cookie = ''): Promise<Response> => {
  const headers = { 'content-type': 'application/json', cookie }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return answer
}

/** Logs somebody in with the program, and gives what asks it for tokens. */
const logIn = async (url: string, user: string): Promise<() => Promise<string>> => {
  const answer = await post(`${url}/login`, { user, password: user.slice(0, 1) })
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';')
  return async () => {
    const { token } = (await (await post(`${url}/token`, {}, cookie)).json()) as { token: string }
    return token
  }
}

const write = (doc: Y.Doc, text: string): void => {
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText(text)])
  doc.getXmlFragment('default').push([paragraph])
}

// an XML fragment's text is its string
const textOf = (doc: Y.Doc): string => doc.getXmlFragment('default').toJSON()

it('people write, the program writes, one is lowered and loses nothing, and all of it survives a kill', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const collab = `${url}/collab`
  const program = await startProgram(port)

  const ann = new Y.Doc()
  const annsTokens = await logIn(url, 'ann')
  const annsProvider = new HocuspocusProvider({
    url: `${collab.replace('http', 'ws')}/hocuspocus`,
    name: NOTES,
    document: ann,
    token: annsTokens,
  })
  onTestFinished(() => annsProvider.destroy())

  const openAs = async (user: string): Promise<{ doc: Y.Doc; notes: Connected }> => {
    const doc = new Y.Doc()
    const notes = connect({ url: collab, document: NOTES, doc, token: await logIn(url, user) })
    onTestFinished(() => notes.close())
    return { doc, notes }
  }
  const bob = await openAs('bob')
  const cyd = await openAs('cyd')

  // everybody sees what the two write, and what the program does, by Yjs and by Markdown
  write(ann, 'Ann was here.')
  write(bob.doc, 'Bob was here.')
  await post(`${url}/orders`, { number: 7 })
  await post(`${url}/digest`, { markdown: '## Digest\n\n- **7** orders' })
  const all = ['Ann was here.', 'Bob was here.', 'Order 7 came in.', 'Digest', ' orders']
  for (const doc of [ann, bob.doc, cyd.doc])
    await until(`all of it: ${textOf(doc)}`, () => all.every((text) => textOf(doc).includes(text)))
  await until('it is saved', () => bob.notes.state.saved && !annsProvider.hasUnsyncedChanges)
  expect(cyd.notes.state.access).toBe('read')

  // bob is lowered while he types, and goes on
  let typed = 0
  const typing = setInterval(() => write(bob.doc, `line ${typed++}.`), 5)
  onTestFinished(() => clearInterval(typing))
  await until('bob types', () => typed > 10)
  const lowered = (await (await post(`${url}/lower`, { user: 'bob' })).json()) as {
    sessions: number
  }
  expect(lowered.sessions).toBe(1)
  await until('bob hears of it', () => bob.notes.state.access === 'read', 1_000)
  const stoppedAt = typed
  await until('bob still types', () => typed > stoppedAt + 10)
  clearInterval(typing)
  const asApplication = createApiClient({
    url: collab,
    token: () =>
      new SignJWT({ docs: [{ name: '*', access: 'write' }] })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(new TextEncoder().encode(SECRET)),
  })
  const document = asApplication.document(NOTES)

  // every line of his is in the document or in the patch, and the last one only there
  const kept = async (): Promise<string> => {
    const [patch, ...more] = await document.patches()
    if (patch === undefined) return ''
    expect(patch.user).toBe('bob')
    expect(more).toEqual([])
    const copy = new Y.Doc()
    Y.applyUpdate(copy, (await document.read('update')).content)
    Y.applyUpdate(copy, await document.readPatch(patch.id))
    return textOf(copy)
  }
  await until('his last line is in the patch', async () =>
    (await kept()).includes(`line ${typed - 1}.`),
  )
  const withPatch = await kept()
  for (let line = 0; line < typed; line++) expect(withPatch).toContain(`line ${line}.`)
  const inDocument = (await document.read('text')).content
  expect(inDocument).not.toContain(`line ${typed - 1}.`)
  expect(textOf(ann)).not.toContain(`line ${typed - 1}.`)
  expect(bob.notes.state.denied).not.toBeNull()

  // who wrote what, by the logins and not by what clients say
  const { ranges } = await document.authors()
  const authorOf = (text: string) => ranges.find((range) => range.text.includes(text))?.author
  expect(['Ann was', 'Bob was', 'Order 7', 'Digest'].map(authorOf)).toEqual([
    'ann',
    'bob',
    'shop',
    'digest',
  ])

  // killed, and started again: nobody has lost anything, and bob still may not write
  const version = await document.keepVersion('before the kill')
  await until('ann has saved', () => !annsProvider.hasUnsyncedChanges)
  program.kill('SIGKILL')
  await once(program, 'exit')
  write(ann, 'Written while it was away.')
  await startProgram(port)
  await until('ann is back', () => annsProvider.isSynced && !annsProvider.hasUnsyncedChanges)
  await until('cyd sees it', () => textOf(cyd.doc).includes('Written while it was away.'))
  const after = (await document.read('text')).content
  for (const text of [...inDocument.split('\n'), 'Written while it was away.'])
    expect(after).toContain(text)
  expect((await document.versions()).versions).toContainEqual(version)
  expect((await document.readVersion(version.id, 'text')).trim()).toBe(inDocument.trim())
  expect(await asApplication.revocations()).toMatchObject([{ user: 'bob', access: 'read' }])
  expect(await kept()).toContain(`line ${typed - 1}.`)

  // somebody looks at it, and lets it in after all
  const [patch] = await document.patches()
  await document.applyPatch(patch?.id ?? 0, { author: 'bob' })
  for (const doc of [ann, cyd.doc])
    await until('his lines are there', () => textOf(doc).includes(`line ${typed - 1}.`))
})

it('the guide shows exactly this program, and the README a part of it', async () => {
  const guide = await readFile(join(ROOT, 'server/EMBEDDING.md'), 'utf8')
  const shown = await readFile(join(import.meta.dirname, 'app.js'), 'utf8')
  expect(guide).toContain(`\`\`\`js\n${shown}\`\`\`\n`)
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const [, part = ''] = /```js\n( {2}await api[^]*?)```/.exec(readme) ?? []
  const lines = part.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(1)
  for (const line of lines) expect(shown).toContain(`${line}\n`)
})
