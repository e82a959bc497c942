import { millis } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReadingPace, READ_BYTES } from './reading-pace.ts'

const READ_MS = 60_000
const KIB = 1024
const MIB = 1024 * KIB
/** As in `Delivery`: a piece is written when less than this waits. */
const AHEAD_BYTES = 256 * KIB

const facts = (now: number) => ({ now: millis(now), readMs: READ_MS })

/** Reads pieces at so many bytes a second, with a stall; when it was first behind, null if it never was. */
const read = (
  pieces: readonly number[],
  bytesPerSecond: number,
  stall: { readonly atMs: number; readonly forMs: number },
): number | null => {
  const pace = new ReadingPace()
  const left = [...pieces]
  pace.start(facts(0))
  let queued = 0
  let head = 0 // what has been read of the piece in front, which waits whole until its end
  const waiting: number[] = []
  for (let now = 0; left.length > 0; now += 100) {
    if (now < stall.atMs || now >= stall.atMs + stall.forMs) head += bytesPerSecond / 10
    for (let front = waiting[0]; front !== undefined && head >= front; front = waiting[0]) {
      head -= front
      queued -= front
      waiting.shift()
    }
    while (queued < AHEAD_BYTES && left.length > 0) {
      const piece = left.shift() ?? 0
      waiting.push(piece)
      queued += piece
      pace.wrote(piece, queued, facts(now))
    }
    if (waiting.length === 0) head = 0
    if (left.length > 0 && pace.isBehind(millis(now))) return now
  }
  return null
}

const pieces = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(MIB) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: MIB }) },
    { weight: 1, arbitrary: fc.integer({ min: MIB, max: 16 * MIB }) }, // one that cannot be cut
  ),
  { minLength: 1, maxLength: 60 },
)
const stalls = fc.record({ atMs: fc.nat({ max: 400_000 }), forMs: fc.constant(20_000) })

describe('the pace of a reader', () => {
  it('at 1 Mbit/s is enough, whatever it reads and wherever it stalls for 20 s', () => {
    fc.assert(
      fc.property(pieces, stalls, (all, stall) => {
        expect(read(all, 125_000, stall)).toBeNull()
      }),
    )
  })

  it('that is none is found when the time is over', () => {
    const never = { atMs: 0, forMs: Infinity }
    expect(read(Array<number>(10).fill(MIB), 0, never)).toBe(READ_MS + 100)
    expect(read(Array<number>(10).fill(100 * KIB), 0, never)).toBe(READ_MS + 100)
  })

  it('that ends is found within its time and that of what waits', () => {
    const ends = { atMs: 100_000, forMs: Infinity }
    const behindAt = read(Array<number>(100).fill(MIB), 125_000, ends)
    expect(behindAt).toBeGreaterThan(100_000)
    expect(behindAt).toBeLessThanOrEqual(100_000 + READ_MS + 100)
  })

  it('below the rate is not enough, above it is', () => {
    const rate = (READ_BYTES * 1000) / READ_MS
    const none = { atMs: 0, forMs: 0 }
    const large = Array<number>(100).fill(MIB)
    expect(read(large, 0.9 * rate, none)).not.toBeNull()
    expect(read(large, 1.1 * rate, none)).toBeNull()
  })

  it('is not asked for while there is nothing to read, and begins anew with the next answer', () => {
    const pace = new ReadingPace()
    expect(pace.isBehind(millis(1_000_000))).toBe(false)
    pace.start(facts(0))
    pace.start(facts(50_000)) // another one, on the same socket
    expect(pace.isBehind(millis(60_001))).toBe(true)
    pace.stop()
    expect(pace.isBehind(millis(60_001))).toBe(true)
    pace.stop()
    expect(pace.isBehind(millis(60_001))).toBe(false)
    pace.start(facts(70_000))
    expect([pace.isBehind(millis(130_000)), pace.isBehind(millis(130_001))]).toEqual([false, true])
  })
})
