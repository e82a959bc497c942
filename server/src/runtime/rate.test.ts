import { millis } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rate, type RateLimits } from './rate.ts'

const limits: RateLimits = { messagesPerSecond: 10, bytesPerSecond: 1_000, burstMs: 2_000 }
const at = (ms: number) => millis(1_000_000 + ms)
const fresh = (): Rate => new Rate(limits, at(0))

describe('a rate', () => {
  it('lets a whole burst of messages pass at once, and holds up the one after it', () => {
    const rate = fresh()
    for (let i = 0; i < 20; i++) expect(rate.take(1, 1, at(0))).toBe(0)
    expect(rate.take(1, 1, at(0))).toBe(100) // a tenth of a second for one message
  })

  it('lets a whole burst of bytes pass at once, and holds up the byte after it', () => {
    expect(fresh().take(1, 2_000, at(0))).toBe(0)
    expect(fresh().take(1, 2_001, at(0))).toBe(1)
  })

  it('takes in what is larger than the burst, and holds up what follows', () => {
    const rate = fresh()
    expect(rate.take(1, 12_000, at(0))).toBe(10_000)
    expect(rate.take(1, 0, at(9_999))).toBe(1)
    expect(rate.take(1, 0, at(10_000))).toBe(0)
  })

  it('saves up no more than a burst', () => {
    const rate = fresh()
    rate.take(20, 0, at(0))
    expect(rate.take(20, 0, at(1_000_000))).toBe(0)
    expect(rate.take(1, 0, at(1_000_000))).toBe(100)
  })

  it('goes on where the clock is set back', () => {
    const rate = fresh()
    rate.take(20, 0, at(0))
    expect(rate.take(1, 0, at(-5_000))).toBe(100)
    expect(rate.take(0, 0, at(100))).toBe(0)
  })

  it('lets at most the burst and the rate pass, whatever a peer does that waits as it is told', () => {
    const happening = fc.record({
      afterMs: fc.nat({ max: 3_000 }),
      messages: fc.integer({ min: 1, max: 30 }),
      bytes: fc.nat({ max: 5_000 }),
    })
    fc.assert(
      fc.property(fc.array(happening), (all) => {
        const rate = fresh()
        let now = 0
        let [messages, bytes] = [0, 0]
        for (const said of all) {
          now += said.afterMs
          const before = { messages, bytes }
          messages += said.messages
          bytes += said.bytes
          // what came before this one is paid for by the time that it is read
          expect(before.messages).toBeLessThanOrEqual(20 + (10 * now) / 1000 + 1e-6)
          expect(before.bytes).toBeLessThanOrEqual(2_000 + now + 1e-6)
          const waitMs = rate.take(said.messages, said.bytes, at(now))
          expect(waitMs).toBeGreaterThanOrEqual(0)
          now += waitMs
        }
      }),
    )
  })

  it('holds up nobody who stays within the rates', () => {
    const steps = fc.array(fc.integer({ min: 100, max: 2_000 }))
    fc.assert(
      fc.property(steps, (gaps) => {
        const rate = fresh()
        let now = 0
        for (const gap of gaps) {
          now += gap
          expect(rate.take(1, 100, at(now))).toBe(0)
        }
      }),
    )
  })
})
