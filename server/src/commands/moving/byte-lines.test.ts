import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byteLines } from './byte-lines.ts'

const read = async (chunks: Iterable<Uint8Array>, limit: number) => {
  const from = async function* () {
    yield* chunks
  }
  const lines = []
  for await (const line of byteLines(from(), limit)) lines.push(line)
  return lines
}

it('lines come as they stand, however they are cut on the way', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(9)), async (all, cuts) => {
      const lines = all.map((text) => text.replaceAll(/[\r\n]/g, ''))
      const bytes = Buffer.from(lines.join('\n'))
      const chunks: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + 1 + (cuts[i] ?? 100)
        chunks.push(bytes.subarray(at, end))
        at = end
      }
      const expected = lines.flatMap((text, at) =>
        text === '' ? [] : [{ kind: 'line', number: at + 1, text }],
      )
      expect(await read(chunks, 1_000)).toEqual(expected)
    }),
  )
})

it('a line that is too long, or no UTF-8, costs no other', async () => {
  const bytes = Buffer.concat([
    Buffer.from('12345\r\n123456\n'),
    Buffer.from([0xff, 10]),
    Buffer.from('end'),
  ])
  expect(await read([bytes], 6)).toEqual([
    { kind: 'line', number: 1, text: '12345' },
    { kind: 'line', number: 2, text: '123456' },
    { kind: 'problem', number: 3, problem: 'the line is not UTF-8' },
    { kind: 'line', number: 4, text: 'end' },
  ])
  expect(await read([bytes.subarray(0, 9), bytes.subarray(9)], 5)).toMatchObject([
    { number: 1, problem: 'the line is 6 bytes, limit 5 (of --max-document-bytes)' },
    { number: 2, problem: 'the line is 6 bytes, limit 5 (of --max-document-bytes)' },
    { number: 3, problem: 'the line is not UTF-8' },
    { number: 4, text: 'end' },
  ])
})
