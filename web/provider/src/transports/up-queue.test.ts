import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, streamedLength, writeStreamed } from '@quire/shared'
import { UpQueue } from './up-queue.ts'

const messages = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.nat(500).map((length) => new Uint8Array(length)),
  ),
)
const acts = fc.array(fc.record({ ask: fc.nat(300), heard: fc.nat(300) }), { maxLength: 30 })

test('[P30] [P32] the stream is what was said, however much of it is asked for and heard', () => {
  fc.assert(
    fc.property(messages, acts, (all, plan) => {
      const queue = new UpQueue()
      const said: Uint8Array[] = []
      const heard: Uint8Array[] = []
      const rest = [...all]
      for (const { ask, heard: most } of [...plan, ...all.map(() => ({ ask: 300, heard: 300 }))]) {
        const message = rest.shift()
        if (message !== undefined) {
          queue.add(new Uint8Array(message))
          const piece = new Uint8Array(streamedLength(message.length))
          writeStreamed(message, piece, 0)
          said.push(piece)
        }
        const body = queue.next(ask)
        expect(body.length).toBeLessThanOrEqual(ask)
        const bytes = Math.min(body.length, most)
        heard.push(body.subarray(0, bytes))
        queue.heard(bytes)
        expect(queue.from).toBe(heard.reduce((sum, { length }) => sum + length, 0))
      }
      heard.push(queue.next(Infinity))
      expect(concatBytes(heard)).toEqual(concatBytes(said))
      queue.heard(heard.at(-1)?.length ?? 0)
      expect(queue.isEmpty).toBe(true)
      expect(queue.next(10).length).toBe(0)
    }),
  )
})
