import Database from 'better-sqlite3'
import { chmodSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { appendTexts, kindOf, nameOf, openId, unwrap } from '../contract/fixture.ts'
import { openWriterConnection } from './connection.ts'
import { openSqliteStorage } from './open.ts'
import { migrations } from './schema.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'
import { mayMount, temporaryDisk } from './testing/temporary-disk.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads take a second to start on a busy machine

const isRoot = process.getuid?.() === 0

test('a missing data directory is created with its parents, for this user only', async () => {
  const dataDir = join(temporaryDir(), 'var', 'lib', 'quire')
  const storage = unwrap(await openSqliteStorage({ dataDir }))
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  expect(JSON.parse(readFileSync(join(dataDir, 'quire.owner.json'), 'utf8'))).toMatchObject({
    pid: process.pid,
  })
  await storage.close()
  expect(existsSync(join(dataDir, 'quire.owner.json'))).toBe(false)
})

test('a second storage on the same directory is refused while the first is open', async () => {
  const dataDir = temporaryDir()
  const first = unwrap(await openSqliteStorage({ dataDir }))
  expect(await openSqliteStorage({ dataDir })).toMatchObject({
    error: { kind: 'in-use', owner: { pid: process.pid } },
  })
  await first.close()
  await unwrap(await openSqliteStorage({ dataDir })).close()
})

test('[ST16] two copies of a data directory are written by two, also where both go on from the same place', async () => {
  const [original, copy] = [temporaryDir(), join(temporaryDir(), 'copy')]
  const before = unwrap(await openSqliteStorage({ dataDir: original }))
  const doc = await openId(before)
  const { writer } = await appendTexts(before, doc, 'a')
  await before.close()
  cpSync(original, copy, { recursive: true })
  const last: number[] = []
  for (const dataDir of [original, copy]) {
    const storage = unwrap(await openSqliteStorage({ dataDir }))
    await appendTexts(storage, doc, 'b')
    const { origins } = unwrap(await storage.outline(doc))
    expect(origins.slice(0, 2)).toEqual([
      { from: 0, writer: 0 },
      { from: 1, writer },
    ])
    last.push(origins.at(-1)?.writer ?? 0)
    await storage.close()
  }
  expect(new Set([...last, writer]).size).toBe(3)
})

test('a data directory that is a file, or lies in one, is refused by its path', async () => {
  const file = join(temporaryDir(), 'notes.txt')
  writeFileSync(file, 'notes')
  expect(await openSqliteStorage({ dataDir: file })).toEqual({
    ok: false,
    error: { kind: 'io', message: `data directory ${file} is a file, not a directory` },
  })
  const inside = join(file, 'data')
  expect(await openSqliteStorage({ dataDir: inside })).toMatchObject({
    error: { kind: 'io', message: expect.stringContaining(`${inside}: cannot use the data`) },
  })
})

test.skipIf(isRoot && !mayMount)('a directory that cannot be written to is refused', async () => {
  const dataDir = isRoot ? temporaryDisk('ro,size=64k') : temporaryDir()
  if (!isRoot) chmodSync(dataDir, 0o500)
  expect(await openSqliteStorage({ dataDir })).toMatchObject({
    error: { kind: 'read-only', message: expect.stringContaining(dataDir) },
  })
})

test.skipIf(!mayMount)('a disk that is full already is refused as full', async () => {
  const disk = temporaryDisk('size=4k')
  writeFileSync(join(disk, 'ballast'), new Uint8Array(4096))
  expect(await openSqliteStorage({ dataDir: disk })).toMatchObject({
    error: { kind: 'full', message: expect.stringContaining(disk) },
  })
})

test('a file that is no database is refused by its path, and nothing stays locked', async () => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  writeFileSync(file, 'not a database, but as long as the header of one. '.repeat(200))
  for (const attempt of [1, 2])
    expect(await openSqliteStorage({ dataDir }), `attempt ${attempt}`).toEqual({
      ok: false,
      error: {
        kind: 'corrupt',
        message: `${file}: cannot read the schema version: file is not a database (SQLITE_NOTADB)`,
      },
    })
})

test('a later schema and a foreign file are refused through the threads as well', async () => {
  const later = temporaryDir()
  await unwrap(await openSqliteStorage({ dataDir: later })).close()
  const db = new Database(join(later, 'quire.db'))
  db.pragma(`user_version = ${migrations.length + 1}`)
  db.close()
  expect(kindOf(await openSqliteStorage({ dataDir: later }))).toBe('newer-schema')

  const foreign = temporaryDir()
  const other = new Database(join(foreign, 'quire.db'))
  other.exec('CREATE TABLE t (a)')
  other.close()
  const before = readFileSync(join(foreign, 'quire.db'))
  expect(kindOf(await openSqliteStorage({ dataDir: foreign }))).toBe('foreign-file')
  expect(readFileSync(join(foreign, 'quire.db')).equals(before)).toBe(true)
})

test('damaged pages answer "corrupt" with the path, and verify finds them', async () => {
  const dataDir = temporaryDir()
  const file = join(dataDir, 'quire.db')
  await (await openLoopStorage(dataDir)).close()
  const schemaBytes = statSync(file).size
  const whole = await openLoopStorage(dataDir)
  const doc = await openId(whole)
  await appendTexts(whole, doc, ...Array.from({ length: 2000 }, (_, i) => `update ${i}`))
  expect(unwrap(await whole.verify())).toEqual([])
  await whole.close()

  const bytes = readFileSync(file)
  bytes.fill(0xff, schemaBytes, bytes.length - 4096)
  writeFileSync(file, bytes)
  const damaged = await openLoopStorage(dataDir)
  const answer = await damaged.open(nameOf('notes'))
  expect(answer).toMatchObject({
    error: { kind: 'corrupt', message: expect.stringContaining(file) },
  })
  const findings = await damaged.verify()
  expect(findings.ok ? findings.value.length : kindOf(findings)).not.toBe(0)
  await damaged.close()
})

test.each([
  ['full', 2],
  ['normal', 1],
] as const)('synchronous "%s" is what the connection really does', (synchronous, level) => {
  const db = unwrap(openWriterConnection(join(temporaryDir(), 'quire.db'), synchronous))
  expect(db.pragma('synchronous', { simple: true })).toBe(level)
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
  db.close()
})
