import { mutate, mutations } from '@quire/shared/testing'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { ClientMessage } from '../../room/message.ts'
import type { Dialect } from '../dialect.ts'

/** Reads the messages of a frame; fails the test if it does not decode. */
export const decodedBy =
  ({ decode }: Dialect) =>
  (frame: Uint8Array): readonly ClientMessage[] => {
    const decoded = decode(frame)
    if (!decoded.ok) throw new Error(decoded.error.message)
    return decoded.value
  }

/** Any bytes, and frames that are damaged, decode or are refused with a place, and never throw. */
export const expectTotal = ({ decode }: Dialect, ...good: readonly Uint8Array[]): void => {
  const damaged = fc
    .tuple(fc.constantFrom(...good), fc.array(mutations, { minLength: 1, maxLength: 3 }))
    .map(([frame, all]) => all.reduce((bytes, one) => mutate(bytes, one, frame), frame))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged), (frame) => {
      const decoded = decode(frame)
      const told = decoded.ok ? `${decoded.value.length} messages` : decoded.error.message
      expect(told).toMatch(decoded.ok ? /^[1-9]\d* messages$/ : / at byte \d+$/)
    }),
    { numRuns: 3_000 },
  )
}
