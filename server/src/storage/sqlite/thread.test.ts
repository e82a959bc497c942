import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import {
  appendTexts,
  kindOf,
  nameOf,
  noon,
  openId,
  textsIn,
  textUpdate,
  unwrap,
} from '../contract/fixture.ts'
import type { ReaderOperations, WriterOperations } from './operations.ts'
import { createSqliteStorage, systemNow } from './sqlite-storage.ts'
import { startThread } from './thread.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads take a second to start on a busy machine

const openParts = async (file: string) => {
  const writer = startThread<WriterOperations>({ role: 'writer', file, synchronous: 'full' })
  const reader = startThread<ReaderOperations>({ role: 'reader', file })
  unwrap(await writer.open())
  unwrap(await reader.open())
  let released = 0
  const storage = createSqliteStorage({
    file,
    writer,
    reader,
    now: systemNow,
    epoch: () => 1,
    release: () => {
      released += 1
    },
  })
  return { writer, reader, storage, released: () => released }
}

test('a writer that dies answers "io" to all who wait, and the next append starts another', async () => {
  const { writer, storage } = await openParts(join(temporaryDir(), 'quire.db'))
  const doc = await openId(storage)
  await appendTexts(storage, doc, 'kept')
  const waiting = Array.from({ length: 50 }, (_, i) =>
    storage.append([{ doc, updates: [textUpdate(`waiting ${i}`)] }], noon),
  )
  await writer.kill()
  const answers = await Promise.all(waiting)
  const failed = answers.filter((answer) => !answer.ok)
  expect(failed.length).toBeGreaterThan(0)
  for (const answer of failed) expect(kindOf(answer)).toBe('io')

  const landed = await appendTexts(storage, doc, 'after')
  const { head, tail } = await textsIn(storage, doc)
  expect(landed).toMatchObject({ first: head, last: head })
  expect(tail).toHaveLength(head)
  expect(tail[0]).toBe('kept')
  expect(tail.at(-1)).toBe('after')
  // What was acknowledged is there, in order; what was not may be.
  const acked = answers.flatMap((answer, i) => (answer.ok ? [`waiting ${i}`] : []))
  expect(tail.slice(1, 1 + acked.length)).toEqual(acked)
  await storage.close()
})

test('a reader that dies is replaced too', async () => {
  const { reader, storage } = await openParts(join(temporaryDir(), 'quire.db'))
  const doc = await openId(storage)
  await appendTexts(storage, doc, 'a')
  await reader.kill()
  expect((await textsIn(storage, doc)).tail).toEqual(['a'])
  await storage.close()
})

test('a thread that dies on an unknown operation says so, and says where', async () => {
  const file = join(temporaryDir(), 'quire.db')
  const thread = startThread<{ dance: { ask: null; answer: null } }>({
    role: 'writer',
    file,
    synchronous: 'full',
  })
  unwrap(await thread.open())
  expect(await thread.ask('dance', null)).toEqual({
    ok: false,
    error: {
      kind: 'io',
      message: expect.stringMatching(/^the writer thread of .*quire\.db ended: .*dance/),
    },
  })
  await thread.close()
})

test('closing after a death still releases the directory, once', async () => {
  const { writer, reader, storage, released } = await openParts(join(temporaryDir(), 'quire.db'))
  await Promise.all([writer.kill(), reader.kill()])
  await Promise.all([storage.close(), storage.close()])
  expect(released()).toBe(1)
  expect(kindOf(await storage.open(nameOf('notes')))).toBe('closed')
})
