import Database from 'better-sqlite3'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { openId, textsIn, unwrap } from '../contract/fixture.ts'
import { openWriterConnection, type MigrationEvent } from './connection.ts'
import { openSqliteStorage } from './open.ts'
import { applicationId, migrate, migrations } from './schema.ts'
import { startChild } from './testing/child.ts'
import { temporaryDir } from './testing/temporary-dir.ts'
import { mayMount, temporaryDisk } from './testing/temporary-disk.ts'

vi.setConfig({ testTimeout: 60_000 }) // processes and threads take a second to start on a busy machine

const NEWEST = migrations.length
const OLD = NEWEST - 1
const MIB = 1024 * 1024

const pragma = (file: string, name: string): unknown => {
  const db = new Database(file, { readonly: true })
  const value = db.pragma(name, { simple: true })
  db.close()
  return value
}

/** A database as the version before this one left it, with a document of one letter and so many updates of a MiB. */
const writtenBefore = (dataDir: string, { version = OLD, mebibytes = 0 } = {}): string => {
  const file = join(dataDir, 'quire.db')
  const db = new Database(file)
  migrate(db, file, migrations.slice(0, version))
  db.pragma('journal_mode = WAL')
  db.exec(`
    INSERT INTO documents (id, name, epoch, created_at) VALUES (1, 'notes', 7, 0), (2, 'large', 7, 0);
    INSERT INTO updates (doc, seq, at, bytes) VALUES (1, 1, 0, CAST('a' AS BLOB))`)
  const insert = db.prepare(
    'INSERT INTO updates (doc, seq, at, bytes) VALUES (2, ?, 0, randomblob(?))',
  )
  for (let n = 1; n <= mebibytes; n++) insert.run(n, MIB)
  db.close()
  return file
}

const copyOf = (dataDir: string, version = NEWEST): string =>
  join(dataDir, `quire-before-schema-${version}.db`)

const open = (file: string, backup = true) => {
  const told: MigrationEvent[] = []
  const opened = openWriterConnection(file, 'full', { backup, tell: (event) => told.push(event) })
  if (opened.ok) opened.value.close()
  return { opened, told }
}

test('before a migration the database is copied, whole and for this user only, and it is told where', async () => {
  const dataDir = temporaryDir()
  const file = writtenBefore(dataDir, { mebibytes: 3 })
  const events: unknown[] = []
  const storage = unwrap(
    await openSqliteStorage({ dataDir, observe: { event: (event) => events.push(event) } }),
  )
  const copy = copyOf(dataDir)
  expect(events).toEqual([
    { kind: 'migrating', from: OLD, to: NEWEST, bytes: expect.any(Number) },
    {
      kind: 'migrated',
      from: OLD,
      to: NEWEST,
      backup: copy,
      backupMs: expect.any(Number),
      migrateMs: expect.any(Number),
    },
  ])
  expect(await textsIn(storage, await openId(storage))).toMatchObject({ tail: ['a'] })
  await storage.close()
  expect(pragma(file, 'user_version')).toBe(NEWEST)
  expect(pragma(copy, 'user_version')).toBe(OLD)
  expect(pragma(copy, 'application_id')).toBe(applicationId)
  expect(pragma(copy, 'integrity_check')).toBe('ok')
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  const db = new Database(copy, { readonly: true })
  const { rows, bytes } = db
    .prepare<[], { rows: number; bytes: number }>(
      'SELECT count(*) AS rows, sum(length(bytes)) AS bytes FROM updates',
    )
    .get() ?? { rows: 0, bytes: 0 }
  db.close()
  expect([rows, bytes]).toEqual([4, 3 * MIB + 1])
})

test('a copy is a database: put in the place of the other one, it is opened and migrated again', async () => {
  const dataDir = temporaryDir()
  const elsewhere = temporaryDir()
  open(writtenBefore(dataDir))
  const db = new Database(copyOf(dataDir), { readonly: true })
  await db.backup(join(elsewhere, 'quire.db'))
  db.close()
  const storage = unwrap(await openSqliteStorage({ dataDir: elsewhere }))
  expect(await textsIn(storage, await openId(storage))).toMatchObject({ tail: ['a'] })
  expect(unwrap(await storage.verify())).toEqual([])
  await storage.close()
})

test('without a copy where none is wanted, and none of what is new or needs no migration', () => {
  const dataDir = temporaryDir()
  const file = writtenBefore(dataDir)
  expect(open(file, false).told.at(-1)).toMatchObject({ kind: 'migrated', backup: null })
  expect(open(file).told).toEqual([])
  const fresh = temporaryDir()
  expect(open(join(fresh, 'quire.db')).told).toEqual([])
  for (const dir of [dataDir, fresh])
    expect(readdirSync(dir).filter((name) => name.includes('before'))).toEqual([])
})

test('what an earlier attempt left is replaced, and three copies are kept', () => {
  const dataDir = temporaryDir()
  const file = writtenBefore(dataDir)
  for (const version of [1, 2, 3, NEWEST]) writeFileSync(copyOf(dataDir, version), 'old')
  writeFileSync(`${copyOf(dataDir)}.part`, 'half of a copy')
  expect(open(file).opened.ok).toBe(true)
  expect(
    readdirSync(dataDir)
      .filter((name) => name.includes('before'))
      .toSorted(),
  ).toEqual([2, 3, NEWEST].map((version) => `quire-before-schema-${version}.db`))
  expect(pragma(copyOf(dataDir), 'user_version')).toBe(OLD)
})

test('a later database is refused with the copy that one can go back to', () => {
  const dataDir = temporaryDir()
  const file = writtenBefore(dataDir)
  open(file)
  const known = migrations.slice(0, OLD)
  const refusal = (): unknown => {
    const db = new Database(file)
    const migrated = migrate(db, file, known)
    db.close()
    return migrated.ok ? null : migrated.error.message
  }
  const sentence =
    `${file} has schema version ${NEWEST}, this Quire knows versions up to ${OLD}: ` +
    'it was written by a later Quire, start that one'
  expect(refusal()).toBe(
    `${sentence}, or put back ${copyOf(dataDir)}, which lacks what was written since`,
  )
  // of a version that this program does not know, either
  const db = new Database(copyOf(dataDir))
  db.pragma(`user_version = ${NEWEST}`)
  db.close()
  expect(refusal()).toBe(sentence)
  rmSync(copyOf(dataDir))
  writeFileSync(copyOf(dataDir, OLD), '') // an older one has nothing of what came later
  expect(refusal()).toBe(sentence)
})

test.runIf(mayMount)(
  'without room for the copy it is not begun, and it is said how much is missing',
  () => {
    const dataDir = temporaryDisk('size=20m')
    const file = writtenBefore(dataDir, { mebibytes: 8 })
    const ballast = join(dataDir, 'ballast')
    writeFileSync(ballast, Buffer.alloc(6 * MIB))
    const { opened, told } = open(file)
    const { bytes } = told.find((event) => event.kind === 'migrating') ?? { bytes: 0 }
    expect(bytes).toBeGreaterThan(8 * MIB)
    expect(opened).toMatchObject({
      error: {
        kind: 'full',
        message: expect.stringMatching(
          new RegExp(
            `schema version ${OLD} to ${NEWEST} needs ${Math.ceil(bytes * 1.1)} bytes in ${dataDir}, where \\d+ are free: make room`,
          ),
        ),
      },
    })
    expect(pragma(file, 'user_version')).toBe(OLD)
    expect(readdirSync(dataDir).filter((name) => name.includes('before'))).toEqual([])
    rmSync(ballast)
    expect(open(file).opened.ok).toBe(true)
    expect(pragma(copyOf(dataDir), 'user_version')).toBe(OLD)
  },
)

const MEBIBYTES = 48

/** Directories that are tried until a process is caught in the midst of its work: on a busy machine it may be through first. */
const TRIES = 5

/** A directory in which a process was killed as soon as a file was so large; `isOver`: it was through by then. */
const killedIn = async (
  start: (dataDir: string) => ReturnType<typeof startChild>,
  {
    file,
    bytes,
    isOver,
  }: {
    readonly file: (dataDir: string) => string
    readonly bytes: number
    readonly isOver: (dataDir: string) => boolean
  },
): Promise<string> => {
  for (let tries = 0; tries < TRIES; tries++) {
    const dataDir = temporaryDir()
    writtenBefore(dataDir, { mebibytes: MEBIBYTES })
    const child = start(dataDir)
    const isLarge = () => (statSync(file(dataDir), { throwIfNoEntry: false })?.size ?? 0) >= bytes
    while (child.process.exitCode === null && !isLarge() && !isOver(dataDir))
      await new Promise((resolve) => setImmediate(resolve))
    await child.kill()
    if (!isOver(dataDir)) return dataDir
  }
  throw new Error(`it was through ${TRIES} times before it could be killed at ${bytes} bytes`)
}

const expectAllThere = async (dataDir: string): Promise<void> => {
  const storage = unwrap(await openSqliteStorage({ dataDir }))
  expect(await textsIn(storage, await openId(storage))).toMatchObject({ tail: ['a'] })
  const large = unwrap(await storage.read(await openId(storage, 'large')))
  expect(large.tail.map(({ length }) => length)).toEqual(Array(MEBIBYTES).fill(MIB))
  expect(unwrap(await storage.verify())).toEqual([])
  await storage.close()
  expect(pragma(join(dataDir, 'quire.db'), 'user_version')).toBe(NEWEST)
  expect(pragma(copyOf(dataDir), 'user_version')).toBe(OLD)
  expect(pragma(copyOf(dataDir), 'integrity_check')).toBe('ok')
}

test('[ST12] kill -9 in the midst of the copy: the next start makes it anew, and nothing is lost', async () => {
  const partOf = (dataDir: string): string => `${copyOf(dataDir)}.part`
  const dataDir = await killedIn((dir) => startChild([dir]), {
    file: partOf,
    bytes: MIB,
    isOver: (dir) => existsSync(copyOf(dir)),
  })
  const part = partOf(dataDir)
  expect(existsSync(part)).toBe(true)
  expect(pragma(join(dataDir, 'quire.db'), 'user_version')).toBe(OLD)
  await expectAllThere(dataDir)
  expect(existsSync(part)).toBe(false)
})

test('[ST12] kill -9 in the midst of the migration: the next start does all of it again', async () => {
  const program = fileURLToPath(new URL('testing/migrate-process.ts', import.meta.url))
  const fileIn = (dataDir: string): string => join(dataDir, 'quire.db')
  let child: ReturnType<typeof startChild> | null = null
  const dataDir = await killedIn((dir) => (child = startChild([fileIn(dir)], program)), {
    file: (dir) => `${fileIn(dir)}-wal`,
    bytes: 8 * MIB,
    isOver: () => child?.process.exitCode === 0,
  })
  expect(pragma(fileIn(dataDir), 'user_version')).toBe(OLD)
  await expectAllThere(dataDir)
})
