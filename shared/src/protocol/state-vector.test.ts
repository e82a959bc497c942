import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { limits } from '../limits.ts'
import { everyTruncation, mutate, mutations } from '../testing/mutations.ts'
import { decodeStateVector, parseStateVector } from './state-vector.ts'

const clocks = fc
  .dictionary(fc.maxSafeNat().map(String), fc.maxSafeNat(), { noNullPrototype: true })
  .map((record) => new Map(Object.entries(record).map(([client, clock]) => [+client, clock])))

test('[P7] a state vector that Yjs writes is read as it meant it', () => {
  fc.assert(
    fc.property(clocks, (map) => {
      const bytes = Y.encodeStateVector(map)
      expect(decodeStateVector(bytes)).toEqual({ ok: true, value: map })
      expect(parseStateVector(bytes)).toEqual({ ok: true, value: bytes })
    }),
  )
})

test('[P1] damaged state vectors get an answer, and Yjs reads the same from those that pass', () => {
  fc.assert(
    fc.property(clocks, fc.array(mutations, { minLength: 5, maxLength: 10 }), (map, list) => {
      const bytes = Y.encodeStateVector(map)
      for (const mutation of list) {
        const damaged = mutate(bytes, mutation, bytes)
        const decoded = decodeStateVector(damaged)
        expect(decoded.ok ? decoded.value : null).toEqual(
          decoded.ok ? Y.decodeStateVector(damaged) : null,
        )
      }
      for (const part of everyTruncation(bytes)) expect(parseStateVector(part).ok).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('where a client stands twice the later clock counts, as in Yjs', () => {
  const bytes = Uint8Array.of(2, 7, 1, 7, 5)
  expect(decodeStateVector(bytes)).toEqual({ ok: true, value: Y.decodeStateVector(bytes) })
})

test('[P1] a count of 2^53 - 1 is refused', () => {
  const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1)
  const decoded = decodeStateVector(bytes)
  expect(decoded.ok ? null : decoded.error.kind).toBe('limit')
})

test('[P1] more clients than the limit are refused before one of them is read', () => {
  const vector = (clients: number): Uint8Array => {
    const out = encoding.createEncoder()
    encoding.writeVarUint(out, clients)
    for (let client = 0; client < clients; client++) {
      encoding.writeVarUint(out, client)
      encoding.writeVarUint(out, 1)
    }
    return encoding.toUint8Array(out)
  }
  const most = decodeStateVector(vector(limits.clientsPerDocument))
  expect(most.ok ? most.value.size : most.error).toBe(limits.clientsPerDocument)
  const over = decodeStateVector(vector(limits.clientsPerDocument + 1))
  expect(over.ok ? null : over.error.message).toContain(`limit ${limits.clientsPerDocument}`)
})
