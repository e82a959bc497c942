import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { coalesceWrites } from './coalesce.ts'

const recordingStream = (): { stream: Writable; writes: number[] } => {
  const writes: number[] = []
  const stream = new Writable({
    writev: (chunks, done) => {
      writes.push(chunks.reduce((size, { chunk }) => size + Buffer.byteLength(chunk), 0))
      done()
    },
  })
  return { stream, writes }
}

const turn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

test('what is written in one turn leaves together at its end', async () => {
  const { stream, writes } = recordingStream()
  const coalesce = coalesceWrites(stream)
  for (const word of ['one', 'two', 'three']) coalesce(() => stream.write(word))
  expect(writes).toEqual([])
  await turn()
  expect(writes).toEqual([11])
  coalesce(() => stream.write('four'))
  await turn()
  expect(writes).toEqual([11, 4])
})

test('64 KiB leave at once', async () => {
  const { stream, writes } = recordingStream()
  const coalesce = coalesceWrites(stream)
  coalesce(() => stream.write(Buffer.alloc(64 * 1024)))
  expect(writes).toEqual([64 * 1024])
  await turn()
  expect(stream.writableCorked).toBe(0)
})
