import { expect, onTestFinished, test, vi } from 'vitest'
import { join } from 'node:path'
import { openId, unwrap } from '../contract/fixture.ts'
import { after, dueAt, fullPlan, settle, toldBy, write } from '../contract/outbox-fixture.ts'
import { openWriterConnection } from './connection.ts'
import type { ReaderOperations, WriterOperations } from './operations.ts'
import { createOutboxWriter } from './outbox.ts'
import { OutboxLog } from './outbox-log.ts'
import { createSqliteStorage, systemNow } from './sqlite-storage.ts'
import { temporaryDir } from './testing/temporary-dir.ts'
import { startThread } from './thread.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads take a second to start on a busy machine

test('[ST26] [ST27] a writer thread that dies and is started anew tells of what comes and of what it had marked', async () => {
  const file = join(temporaryDir(), 'quire.db')
  const writer = startThread<WriterOperations>({ role: 'writer', file, synchronous: 'full' })
  const reader = startThread<ReaderOperations>({ role: 'reader', file })
  const storage = createSqliteStorage({
    file,
    writer,
    reader,
    now: systemNow,
    epoch: () => 1,
    release: () => undefined,
  })
  onTestFinished(() => storage.close())
  unwrap(await writer.open())
  unwrap(await reader.open())
  unwrap(await storage.openOutbox({ ...fullPlan, kinds: ['document.changed'] }))
  const [doc, other] = [await openId(storage), await openId(storage, 'other')]
  await write(storage, doc, after(0), ['ann'])
  await writer.kill()
  await write(storage, other, after(1), ['bob'])
  await write(storage, doc, after(2), ['eve'])
  expect((await settle(storage)).documents).toBe(2)
  expect((await dueAt(storage)).map(toldBy)).toMatchObject([
    { document: 'notes', sequence: 2, authors: ['ann', 'eve'] },
    { document: 'other', sequence: 1, authors: ['bob'] },
  ])
})

test('marks that cannot be read are a problem of who asks, and end no thread', () => {
  const file = join(temporaryDir(), 'quire.db')
  const db = unwrap(openWriterConnection(file, 'full'))
  const log = new OutboxLog(db)
  const writer = createOutboxWriter(db, file, log)
  unwrap(writer.openOutbox(fullPlan))
  db.exec('DROP TABLE outbox_mark_users; DROP TABLE outbox_marks')
  const settling = { now: after(0), restMs: 1_000, waitMs: 5_000 }
  expect(writer.settleOutbox(settling)).toMatchObject({
    error: { kind: 'io', message: expect.stringContaining('no such table') },
  })
  db.close()
})
