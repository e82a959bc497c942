/* The packages as they are published: judged by the tools that judge packages, and used where nothing else is installed. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { packedProject, type PackedProject } from '../harness/packed-project.ts'
import { PUBLISHED } from '../scripts/pack-packages.ts'
import { ROOT } from '../scripts/run.ts'

const BIN = join(ROOT, 'node_modules/.bin')

let project: PackedProject
beforeAll(async () => {
  project = await packedProject(['yjs@13.6.33'])
  return () => project.remove()
})
const run: PackedProject['run'] = (...asked) => project.run(...asked)

describe.each(PUBLISHED.map(({ name }, index) => ({ name, index })))('$name', ({ name, index }) => {
  it('has nothing that publint finds fault with', async () => {
    const said = await run(join(BIN, 'publint'), ['run', '--strict', project.files[index] ?? ''])
    expect(said).toContain('All good!')
  })

  it('has types that are found, as modules', async () => {
    const said = await run(join(BIN, 'attw'), [
      '--no-emoji',
      '--profile',
      'esm-only',
      project.files[index] ?? '',
    ])
    expect(said).toContain('from ESM)')
    expect(said).not.toMatch(/^(?!.*ignored).*(failed|problem)/im)
  })

  it('holds nothing that is for tests, and names nothing that it does not hold', async () => {
    const installed = join(project.home, 'node_modules', name)
    const manifest = await readFile(join(installed, 'package.json'), 'utf8')
    expect(manifest).not.toMatch(/quire-source|devDependencies|"private"|testing/)
    const held = await readdir(installed, { recursive: true })
    expect(held).toEqual(expect.arrayContaining(['LICENSE', 'README.md']))
    expect(held.filter((file) => /testing|\.test\.|\.map$|(?<!\.d)\.tsx?$/.test(file))).toEqual([])
    const texts = await Promise.all(
      held
        .filter((file) => file.endsWith('.d.ts'))
        .map((file) => readFile(join(installed, file), 'utf8')),
    )
    expect(texts.length).toBeGreaterThan(0)
    expect(texts.join('\n')).not.toMatch(/from '\.[^']*\.ts'|sourceMappingURL/)
  })
})

it('a program in plain JavaScript serves documents and opens them', async () => {
  await writeFile(
    join(project.home, 'program.js'),
    `import { once } from 'node:events'
     import { createServer } from 'node:http'
     import { connect } from '@quire/provider'
     import { createQuire, openAuth, sqliteStorage } from '@quire/server'
     import * as Y from 'yjs'

     const quire = createQuire({
       storage: await sqliteStorage({ dataDir: './documents' }),
       authorize: openAuth,
     })
     const server = createServer((request, response) => {
       if (!quire.handle(request, response)) response.end('mine')
     })
     server.on('upgrade', (request, socket, head) => {
       if (!quire.upgrade(request, socket, head)) socket.destroy()
     })
     server.listen(0, '127.0.0.1')
     await once(server, 'listening')
     const url = 'http://127.0.0.1:' + server.address().port

     const doc = new Y.Doc()
     const notes = connect({ url, document: 'notes', doc })
     doc.getText('body').insert(0, 'a client')
     await notes.flush()
     await quire.document('notes').edit((copy) => copy.getText('body').insert(0, 'a program and '))
     while (!doc.getText('body').toString().startsWith('a program')) await new Promise((resolve) => doc.once('update', resolve))
     await quire.document('page').write({ as: 'markdown', value: '# Title\\n' })
     console.log(JSON.stringify(await quire.document('page').read({ as: 'html' })))
     const stored = new Y.Doc()
     Y.applyUpdate(stored, await quire.document('notes').read({ as: 'update' }))
     console.log(stored.getText('body').toString(), await (await fetch(url)).text())
     notes.close()
     await quire.close()
     server.closeAllConnections()
     server.close()
    `,
  )
  expect(await run(process.execPath, ['program.js'])).toBe(
    '"<h1>Title</h1>"\na program and a client mine\n',
  )
})

it('the command is there, and says what it can', async () => {
  const said = await run(join(project.home, 'node_modules/.bin/quire'), ['serve', '--help'])
  expect(said).toContain('--data-dir')
})

it('a program in TypeScript compiles against the types, all of which it reads', async () => {
  await writeFile(
    join(project.home, 'program.mts'),
    `import { createServer, type Server } from 'node:http'
     import { createQuire, memoryStorage, openAuth, QuireError, type Quire } from '@quire/server'

     import { createApiClient, type ApiDocument } from '@quire/server/client'

     export const nameOf = ({ name }: ApiDocument): string => name
     export const api = createApiClient({ url: 'http://127.0.0.1:4400' })
     export const quire: Quire = createQuire({ storage: memoryStorage(), authorize: openAuth })
     export const server: Server = createServer((request, response) => {
       if (!quire.handle(request, response)) response.end()
     })
     server.on('upgrade', (request, socket, head) => quire.upgrade(request, socket, head))
     await quire.document('notes').edit((doc) => doc.getText('body').insert(0, 'x'), { author: 'ann' })
     const update: Uint8Array = await quire.document('notes').read({ as: 'update' })
     export const kindOf = (error: unknown): string =>
       error instanceof QuireError ? error.kind : String(update.length)
     // @ts-expect-error who may open what is never a default
     createQuire({ storage: memoryStorage() })
     // @ts-expect-error there is no such limit
     createQuire({ storage: memoryStorage(), authorize: openAuth, limits: { maxSize: 1 } })
     // @ts-expect-error it says nothing of when it is done
     quire.document('notes').read()
    `,
  )
  // the compiler's own types of Node; everything else is what was installed
  await mkdir(join(project.home, 'node_modules/@types'), { recursive: true })
  for (const name of ['@types/node', 'undici-types'])
    await symlink(join(ROOT, 'node_modules', name), join(project.home, 'node_modules', name))
  const options = ['--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext']
  const said = await run(join(BIN, 'tsc'), [...options, '--types', 'node', 'program.mts'])
  expect(said).toBe('')
})
