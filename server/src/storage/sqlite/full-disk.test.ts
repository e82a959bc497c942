import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type DocId, seq, type Update } from '@quire/shared'
import { expect, test, vi } from 'vitest'
import { kindOf, nameOf, noon, openId, unwrap } from '../contract/fixture.ts'
import type { Storage } from '../../ports/storage.ts'
import { createCatalogueWriter } from './catalogue.ts'
import { openWriterConnection } from './connection.ts'
import { createLogReader } from './log-reader.ts'
import { createLogWriter } from './log-writer.ts'
import { openSqliteStorage } from './open.ts'
import { pack, type Packed } from './packed.ts'
import { OutboxLog } from './outbox-log.ts'
import { createPatchWriter } from './patches.ts'
import { temporaryDir } from './testing/temporary-dir.ts'
import { mayMount, temporaryDisk } from './testing/temporary-disk.ts'
import { createVersionWriter } from './versions.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of fsyncs, on a disk that may be busy

// Runs everywhere. The tests below, on a real full disk, need the right to mount one; where it is
// missing they show as skipped and this one has stood in for them.
test('a database at its page limit answers "full", keeps nothing, and goes on when it may', () => {
  const file = join(temporaryDir(), 'quire.db')
  const db = unwrap(openWriterConnection(file, 'full'))
  const writer = createLogWriter(db, file, { writer: 1, outbox: new OutboxLog(db) })
  const reader = createLogReader(db, file)
  const { id } = unwrap(writer.create({ name: nameOf('notes'), epoch: 1, at: noon }))
  const appendKilobytes = (count: number) =>
    writer.append({
      at: noon,
      docs: [id],
      counts: [count],
      packed: pack(Array.from({ length: count }, () => new Uint8Array(1024))),
    })

  const pages = Number(db.pragma('page_count', { simple: true }))
  db.pragma(`max_page_count = ${pages + 20}`)
  expect(unwrap(appendKilobytes(5))).toEqual([
    { doc: id, first: 1, last: 5, writer: expect.any(Number) },
  ])
  expect(appendKilobytes(500)).toEqual({
    ok: false,
    error: {
      kind: 'full',
      message: `${file}: cannot append 500 updates: database or disk is full (SQLITE_FULL)`,
    },
  })
  expect(db.inTransaction).toBe(false)
  expect(unwrap(reader.read(id)).head).toBe(5)

  db.pragma('max_page_count = 1000000')
  expect(unwrap(appendKilobytes(500))).toEqual([
    { doc: id, first: 6, last: 505, writer: expect.any(Number) },
  ])
  expect(unwrap(reader.verify(null))).toEqual([])
  db.close()
})

test('at its page limit a database keeps no half of a document, a version or a patch', () => {
  const file = join(temporaryDir(), 'quire.db')
  const db = unwrap(openWriterConnection(file, 'full'))
  const outbox = new OutboxLog(db)
  const catalogue = createCatalogueWriter(db, file, { writer: 1, outbox })
  const versions = createVersionWriter(db, file, outbox)
  const patches = createPatchWriter(db, file)
  const packedLarge = () => pack([new Uint8Array(1_000_000)])
  const create = (raw: string, packed: Packed) =>
    catalogue.createSeeded({
      name: nameOf(raw),
      key: raw,
      epoch: 1,
      at: noon,
      authors: [],
      packed,
    })
  const { id: doc } = unwrap(create('notes', pack([]))).facts
  const keepVersion = () =>
    versions.keepVersion({
      doc,
      seq: seq(1),
      at: noon,
      name: null,
      author: null,
      bytes: 1,
      limits: { unnamed: 1, named: 1 },
      packed: packedLarge(),
    })
  const keepPatch = () =>
    patches.keepPatch({
      doc,
      user: null,
      at: noon,
      limits: { users: 1, bytesPerUser: 2_000_000 },
      packed: packedLarge(),
    })
  const rows = () =>
    ['documents', 'creation_keys', 'updates', 'versions', 'patches', 'patch_parts'].map((table) =>
      db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
    )
  const before = rows()
  const pages = Number(db.pragma('page_count', { simple: true }))
  db.pragma(`max_page_count = ${pages + 20}`)
  for (const outcome of [create('large', packedLarge()), keepVersion(), keepPatch()])
    expect(kindOf(outcome)).toBe('full')
  expect(rows()).toEqual(before)
  // what takes little goes on, a deletion not last
  expect(unwrap(catalogue.remove({ doc, at: noon })).deletedAt).toBe(noon)
  db.pragma('max_page_count = 1000000')
  expect(unwrap(create('large', packedLarge())).kind).toBe('created')
  unwrap(keepVersion())
  expect(unwrap(keepPatch())).toBe('kept')
  expect(unwrap(createLogReader(db, file).verify(null))).toEqual([])
  db.close()
})

/** Takes all the space that is left on the disk of `file`. */
const takeSpace = (file: string): void => {
  const descriptor = openSync(file, 'w')
  const block = new Uint8Array(4096)
  try {
    while (writeSync(descriptor, block) > 0);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(descriptor)
  }
}

const large = new Uint8Array(400_000) as Update // storage does not look inside
const small = new Uint8Array(100) as Update
const appendLarge = (storage: Storage, doc: DocId) =>
  storage.append([{ doc, updates: [large] }], noon)

/** Appends until an append fails: how many were acknowledged before, and the problem. */
const appendUntilFailure = async (storage: Storage, doc: DocId, update = large) => {
  for (let acked = 0; ; acked++) {
    const landed = await storage.append([{ doc, updates: [update] }], noon)
    if (!landed.ok) return { acked, problem: landed.error }
  }
}

test.skipIf(!mayMount)(
  'a full disk is survived: acked stays, nothing else is stored, and it goes on without a restart',
  async () => {
    const disk = temporaryDisk('size=80m')
    const ballast = join(disk, 'ballast')
    const storage = unwrap(await openSqliteStorage({ dataDir: join(disk, 'data') }))
    const doc = await openId(storage)
    let head = 0
    // Over the first checkpoint: from here on the WAL has room of its own, the database has none.
    for (; head < 45; head++) unwrap(await appendLarge(storage, doc))

    for (const round of [1, 2]) {
      takeSpace(ballast)
      const { acked, problem } = await appendUntilFailure(storage, doc)
      head += acked
      expect(problem.kind).toBe('full')
      expect(problem.message).toContain(join(disk, 'data', 'quire.db'))
      expect(problem.message).toMatch(/SQLITE_FULL|SQLITE_IOERR_SHMSIZE/)
      expect(kindOf(await appendLarge(storage, doc))).toBe('full')
      expect(unwrap(await storage.open(nameOf('notes'))).head).toBe(head)
      const { tail } = unwrap(await storage.read(doc))
      expect(tail).toHaveLength(head)

      rmSync(ballast)
      expect(unwrap(await appendLarge(storage, doc)), `round ${round}`).toEqual([
        { doc, first: head + 1, last: head + 1, writer: expect.any(Number) },
      ])
      head += 1
    }
    expect(unwrap(await storage.verify())).toEqual([])
    await storage.close()
  },
)

test.skipIf(!mayMount)(
  'a checkpoint that finds the disk full shows in the figures until one succeeds',
  async () => {
    const disk = temporaryDisk('size=128m')
    const ballast = join(disk, 'ballast')
    const storage = unwrap(await openSqliteStorage({ dataDir: join(disk, 'data') }))
    const doc = await openId(storage)
    const checkpointProblem = async () => unwrap(await storage.figures()).checkpointProblem
    for (let i = 0; i < 45; i++) unwrap(await appendLarge(storage, doc))
    expect(await checkpointProblem()).toBe(null)

    takeSpace(ballast)
    // Small steps, so that the WAL comes to its checkpoint inside the room that it has.
    await appendUntilFailure(storage, doc, small)
    expect(await checkpointProblem()).toMatchObject({
      kind: 'full',
      message: expect.stringContaining('cannot move the WAL into the database'),
    })
    rmSync(ballast)
    let appended = 0
    for (; (await checkpointProblem()) !== null && appended < 100; appended++)
      unwrap(await appendLarge(storage, doc))
    expect(appended).toBeLessThan(100)
    await storage.close()
  },
)
