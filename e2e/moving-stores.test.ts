/*
 * `quire import` from stores that the real servers have written, and `quire export`, as an operator runs them: each
 * document is opened with a stock client afterwards. y-sweet's server cannot be run here: its store is made as its
 * source says that it is laid out.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SQLite, upsertQuery } from '@hocuspocus/extension-sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LeveldbPersistence } from 'y-leveldb'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { hocuspocusFamilies } from './compat/families/hocuspocus.ts'
import type { Address, Client, Family } from './compat/families/family.ts'
import { yWebsocketFamilies } from './compat/families/y-websocket.ts'
import { COMMAND, commandLine } from './harness/command.ts'
import { diskDuringTest, serverDuringTest } from './harness/during-test.ts'
import {
  runCommand,
  startCommand,
  type RanCommand,
  type RunOptions,
} from './harness/quire-command.ts'
import { until } from './harness/until.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'quire-stores-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const write = (file: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** Another server as a process of its own, until the test is over. */
const startOther = async (script: string, args: readonly string[]) => {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  await until(`${script} listens`, () => /listening on \d+/.test(out))
  return {
    port: Number(/listening on (\d+)/.exec(out)?.[1]),
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

const open = (family: Family | undefined, server: Address, document: string): Client => {
  if (family === undefined) throw new Error('there is no such family')
  const client = family.open(server, { document })
  onTestFinished(() => client.destroy())
  return client
}

/** Waits until stock clients of a Quire with this data read these texts. */
const expectTexts = async (dataDir: string, texts: Readonly<Record<string, string>>) => {
  const server = await serverDuringTest({ dataDir })
  for (const [document, text] of Object.entries(texts)) {
    const reader = open(yWebsocketFamilies('/yjs')[2], server, document)
    await until(`${document} holds its text`, () => reader.doc.getText('body').toJSON() === text)
    reader.destroy()
  }
  await server.end('SIGTERM')
}

const told = ({ out, log, exit }: RanCommand): Record<string, unknown> => {
  if (out === '') throw new Error(`exit ${exit}: ${log}`)
  return JSON.parse(out) as Record<string, unknown>
}

/** Runs a command with --json. */
const run = async (args: readonly string[], options?: RunOptions) => {
  const ran = await runCommand([...args, '--json'], options)
  return { exit: ran.exit, log: ran.log, ...told(ran) }
}

const updateOf = (text: string): Uint8Array => {
  const doc = new Doc()
  doc.getText('body').insert(0, text)
  return encodeStateAsUpdate(doc)
}

const NAMES = ['old notes', 'team/plan', 'Überschrift 🙂', '100 %'] as const

describe('moving in', () => {
  it('from Hocuspocus with its SQLite extension', async () => {
    const file = join(await newFolder(), 'documents.sqlite')
    const old = await startOther('bench/servers/hocuspocus-process.ts', [file, '0'])
    const writers = NAMES.map((name) => open(hocuspocusFamilies('')[2], old, name))
    for (const [at, { doc }] of writers.entries()) {
      doc.getText('body').insert(0, `From before, ${at}.`)
      doc.getText('body').delete(0, 5)
    }
    await until('the old server has them', () => writers.every((one) => one.isSaved() === true))
    await old.stop()

    const dataDir = await newFolder()
    expect(await run(['import', file, '--data-dir', dataDir])).toMatchObject({
      exit: 0,
      result: 'done',
      from: 'hocuspocus-sqlite',
      created: NAMES.length,
      verified: NAMES.length,
    })
    await expectTexts(
      dataDir,
      Object.fromEntries(NAMES.map((name, at) => [name, `before, ${at}.`])),
    )
  })

  it('from y-websocket’s server with y-leveldb, once that has stopped', async () => {
    const folder = join(await newFolder(), 'database')
    const old = await startOther('compat/servers/y-leveldb-process.ts', [folder, '0'])
    const writers = NAMES.map((name) => open(yWebsocketFamilies('')[2], old, name))
    for (const [at, { doc }] of writers.entries()) doc.getText('body').insert(0, `Text ${at}`)
    await until('the old server knows them', () => writers.every((one) => one.isSynced()))
    for (const { doc } of writers) doc.getText('body').insert(0, 'More. ')
    const readers = NAMES.map((name) => open(yWebsocketFamilies('')[2], old, name))
    const isThere = (client: Client, at: number): boolean =>
      client.doc.getText('body').toJSON() === `More. Text ${at}`
    await until('the old server has it all', () => readers.every(isThere))

    const dataDir = await newFolder()
    const early = await runCommand(['import', folder, '--data-dir', dataDir])
    expect(early.exit).toBe(1)
    expect(early.log).toContain('stop the server that uses it')
    await old.stop()
    const database = new LeveldbPersistence(folder)
    await database.storeUpdate('team%2Fplan', new TextEncoder().encode('torn'))
    await database.destroy()
    const imported = await run(['import', folder, '--data-dir', dataDir])
    expect(imported).toMatchObject({
      exit: 3,
      from: 'y-leveldb',
      created: NAMES.length,
      verified: NAMES.length,
      findings: [{ name: 'team/plan', reason: expect.stringMatching(/^update (\d+) of \1: /) }],
    })
    await expectTexts(
      dataDir,
      Object.fromEntries(NAMES.map((name, at) => [name, `More. Text ${at}`])),
    )

    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name !== 'y-leveldb') return next(name, context)
        throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
      } })`
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
    const without = await runCommand(['import', folder, '--data-dir', dataDir], { flags })
    expect(without.exit).toBe(1)
    expect(without.log).toContain('npm install y-leveldb@0.1.2')

    writeFileSync(join(folder, 'CURRENT'), 'MANIFEST-999999\n')
    const torn = await runCommand(['import', folder, '--data-dir', dataDir])
    expect(torn.exit).toBe(1)
    expect(torn.log).toMatch(/^quire: the y-leveldb database .* cannot be opened \(.*\)\n$/)
  })

  it('from Markdown into a running server, by an application’s token', async () => {
    const [source, secret] = [await newFolder(), 'a secret of more than thirty-two bytes']
    write(join(source, 'Read me.md'), '# Welcome\n\nThis is **it**.\n')
    write(join(source, 'guides/start.md'), 'Start here.\n')
    write(join(source, 'guides/torn.md'), Buffer.from([0x23, 0x20, 0xff]))
    const server = await serverDuringTest({
      env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: secret },
    })
    const env = { QUIRE_JWT_SECRET: secret }
    const { out } = await runCommand(['token', '--doc', 'docs/*=write'], { env })
    const tokenFile = join(await newFolder(), 'token')
    writeFileSync(tokenFile, out)
    const to = ['--url', server.url, '--token-file', tokenFile, '--prefix', 'docs/']
    const first = await run(['import', source, ...to])
    expect(first).toMatchObject({ exit: 3, created: 2, skipped: 1, verified: 2 })
    expect(first).toMatchObject({
      findings: [{ name: 'guides/torn', at: 'guides/torn.md', reason: 'it is not UTF-8' }],
    })
    expect(await run(['import', source, ...to])).toMatchObject({ created: 0, present: 2 })

    const folder = join(await newFolder(), 'out')
    const exported = await run(['export', folder, '--as', 'markdown', ...to])
    expect(exported).toMatchObject({ exit: 0, documents: 2 })
    expect(readFileSync(join(folder, 'docs/Read me.md'), 'utf8').trim()).toBe(
      '# Welcome\n\nThis is **it**.',
    )
    const denied = await runCommand(['import', source, '--url', server.url], {
      env: { QUIRE_TOKEN: out.trim() },
    })
    expect(denied.exit).toBe(1)
    expect(denied.log).toMatch(/status 403.*grants the prefix/)
    expect(denied.log + first.log).not.toContain(out.trim())
    await server.end('SIGTERM')
    const gone = await runCommand(['import', source, ...to])
    expect(gone).toMatchObject({ exit: 1, log: expect.stringContaining('ECONNREFUSED') })
  })

  it('from a folder of updates into a running server, as a data directory in use says', async () => {
    const [source, dataDir] = [await newFolder(), await newFolder()]
    write(join(source, 'notes.yjs'), updateOf('From a file.'))
    write(join(source, 'team/log.updates/1.bin'), updateOf('One.'))
    write(join(source, 'torn.update'), 'torn')
    write(join(source, 'large.yjs'), updateOf('large'.repeat(20_000)))
    const server = await serverDuringTest({
      dataDir,
      env: { QUIRE_MAX_API_BODY_BYTES: String(64 * 1024) },
    })
    const refused = await runCommand(['import', source, '--data-dir', dataDir])
    expect(refused.exit).toBe(1)
    expect(refused.log).toMatch(/in use by process \d+ .*--url URL/)
    const imported = await run(['import', source, '--url', server.url])
    expect(imported).toMatchObject({ exit: 3, created: 2, skipped: 2, verified: 2 })
    expect(imported).toMatchObject({
      findings: [
        { name: 'large', at: 'large.yjs', reason: 'the line is over 65536 bytes' },
        { name: 'torn', at: 'torn.update' },
      ],
    })
    const reader = open(yWebsocketFamilies('/yjs')[2], server, 'team/log')
    await until('it is read', () => reader.doc.getText('body').toJSON() === 'One.')
    reader.doc.getText('body').insert(0, 'Zero. ')
    write(join(source, 'team/log.updates/2.bin'), updateOf('Two.'))
    const merged = await run(['import', source, '--url', server.url, '--existing', 'merge'])
    expect(merged).toMatchObject({ exit: 3, merged: 1, present: 1, skipped: 2, verified: 2 })
    const all = (): string => reader.doc.getText('body').toJSON()
    await until('it has both', () => all().includes('Two.'))
    expect(
      all()
        .split(/(?<=\.) ?/)
        .toSorted(),
    ).toEqual(['One.', 'Two.', 'Zero.'])

    // an export of a server that runs, by its directory and by its address
    const folder = await newFolder()
    const files = [join(folder, 'directory.ndjson'), join(folder, 'address.ndjson')]
    await run(['export', files[0] ?? '', '--data-dir', dataDir])
    await run(['export', files[1] ?? '', '--url', server.url])
    const [one, other] = files.map((file) => readFileSync(file, 'utf8'))
    expect(one).toContain('"done":true,"documents":2')
    expect(one).toBe(other)
  })
})

describe('an import that is killed', () => {
  const MANY = 200

  /** Kills an import in its midst, runs it again, and gives the directory. */
  const killedOnce = async (source: string): Promise<string> => {
    const dataDir = await newFolder()
    const args = ['import', source, '--data-dir', dataDir]
    const first = startCommand(args)
    await until('a quarter is done', () => /importing: [1-9]\d+ of \d+ documents/.test(first.log()))
    first.process.kill('SIGKILL')
    expect((await first.done).exit).toBeNull()
    const again = await run(args)
    expect(again).toMatchObject({ exit: 0, documents: MANY, found: 0 })
    const { created, present } = again as unknown as Record<'created' | 'present', number>
    expect(present).toBeGreaterThanOrEqual(MANY / 4)
    expect(created).toBeGreaterThan(0)
    expect(created + present).toBe(MANY)
    return dataDir
  }

  /** The files of an export, by their names. */
  const filesOf = async (dataDir: string, as: string): Promise<Record<string, Buffer>> => {
    const folder = join(await newFolder(), 'out')
    await run(['export', folder, '--format', 'folder', '--as', as, '--data-dir', dataDir])
    const names = readdirSync(folder).filter((name) => name !== 'manifest.ndjson')
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]))
  }

  const numbers = Array.from({ length: MANY }, (_, at) => at)

  it('goes on where it was with updates', async () => {
    const source = await newFolder()
    const files = Object.fromEntries(numbers.map((at) => [`${at}.yjs`, updateOf(`Number ${at}.`)]))
    for (const [name, update] of Object.entries(files)) write(join(source, name), update)
    const all = await filesOf(await killedOnce(source), 'update')
    expect(Object.keys(all)).toHaveLength(MANY)
    for (const [name, update] of Object.entries(files)) expect(all[name]?.equals(update)).toBe(true)
  })

  it('goes on where it was with Markdown, and doubles nothing', async () => {
    const source = await newFolder()
    for (const at of numbers) write(join(source, `${at}.md`), `Number ${at}.`)
    const all = await filesOf(await killedOnce(source), 'markdown')
    expect(Object.keys(all)).toHaveLength(MANY)
    for (const at of numbers) expect(all[`${at}.md`]?.toString().trim()).toBe(`Number ${at}.`)
  })
})

/** A number as bincode writes it, with what it is the length of. */
const behindLength = (bytes: Uint8Array, length: number = bytes.length): Uint8Array => {
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(length))
  return Buffer.concat([size, bytes])
}

/** y-sweet's file of a document, as server/src/commands/moving/sources/y-sweet.ts says it is laid out. */
const ySweetFile = (state: Uint8Array): Uint8Array => {
  const entries = [
    [Buffer.from([0, 0, ...Buffer.from('doc'), 0]), Buffer.from([0, 0, 0, 1])],
    [Buffer.from([0, 1, 0, 0, 0, 1, 0]), state],
  ]
  const parts = entries.flatMap((entry) => entry.map((part) => behindLength(part)))
  return behindLength(Buffer.concat(parts), entries.length)
}

it('every command of MOVING.md runs, in their order', { timeout: 120_000 }, async () => {
  const folder = await newFolder()
  const db = new LeveldbPersistence(join(folder, 'dbDir'))
  await db.storeUpdate('old%20notes', updateOf('old notes'))
  await db.destroy()
  const sqlite = new SQLite({ database: join(folder, 'documents.sqlite') })
  await sqlite.onConfigure()
  sqlite.db?.prepare(upsertQuery).run({ name: 'hocuspocus', data: updateOf('hocuspocus') })
  sqlite.db?.close()
  write(join(folder, 'y-sweet-data/y-sweet/data.ysweet'), ySweetFile(updateOf('y-sweet')))
  write(join(folder, 'updates/log.updates/1.update'), updateOf('log'))
  write(join(folder, 'notes/plan.md'), 'plan')
  const server = await serverDuringTest()
  const page = readFileSync(join(ROOT, 'server/MOVING.md'), 'utf8')
  const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
  expect(lines.length).toBeGreaterThan(10)
  const { flags, env } = commandLine()
  const quire = [process.execPath, ...flags, COMMAND].map((word) => `'${word}'`).join(' ')
  for (const line of lines.filter((one) => !one.startsWith('npm install'))) {
    const own = line
      .replaceAll('npx quire', quire)
      .replaceAll('127.0.0.1:4400', `127.0.0.1:${server.port}`)
    // those that write in other places than the editor are listed by an export to Markdown
    const isListed = line.includes('--as markdown')
    const script = `set -euo pipefail\n${own}${isListed ? ' || test $? -eq 3' : ''}`
    const options = { cwd: folder, env: { ...process.env, ...env } }
    const ran = await promisify(execFile)('bash', ['-c', script], options)
    expect(`${line}\n${ran.stderr}${ran.stdout}`).toMatch(/\d documents/)
  }
  await expectTexts(join(folder, '.quire'), {
    'old notes': 'old notes',
    hocuspocus: 'hocuspocus',
    'y-sweet': 'y-sweet',
    'team/log': 'log',
  })
  expect(readFileSync(join(folder, 'as-markdown/plan.md'), 'utf8').trim()).toBe('plan')
})

describe('a disk that is full', () => {
  it('ends an export and an import with a sentence, and leaves nothing half-done', async () => {
    const source = await newFolder()
    for (let at = 0; at < 4; at++)
      write(join(source, `${at}.yjs`), updateOf(`${at}`.repeat(300_000)))
    const dataDir = await newFolder()
    await run(['import', source, '--data-dir', dataDir])
    const disk = await diskDuringTest({ megabytes: 1 })
    const { launcher } = disk
    const file = join(disk.path, 'all.ndjson')
    const exported = await runCommand(['export', file, '--data-dir', dataDir], { launcher })
    expect(exported.exit).toBe(1)
    expect(exported.log).toMatch(/all\.ndjson cannot be written: the disk is full \(ENOSPC/)
    const folder = join(disk.path, 'out')
    const args = ['export', folder, '--format', 'folder', '--data-dir', dataDir]
    expect((await runCommand(args, { launcher })).log).toContain('the disk is full')
    const copy = await disk.copy()
    onTestFinished(() => rmSync(copy, { recursive: true }))
    expect(readdirSync(copy)).toEqual(['out'])
    expect(existsSync(join(copy, 'out/manifest.ndjson'))).toBe(false)
    expect(readdirSync(join(copy, 'out')).filter((name) => name.endsWith('.partial'))).toEqual([])

    const other = await diskDuringTest({ megabytes: 1 })
    const into = ['import', source, '--data-dir', join(other.path, 'data')]
    const imported = await runCommand(into, { launcher: other.launcher })
    expect(imported.exit).toBe(1)
    expect(imported.log).toMatch(/full/)
  })
})
