import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { QuireEvent } from '../ports/observe.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { sampled } from './sampled.ts'

const drained = (left: number): QuireEvent => ({ kind: 'drained', left })
const listening: QuireEvent = { kind: 'listening', url: '' }

const start = (perSecond: number) => {
  const clock = createManualClock()
  const told: QuireEvent[] = []
  const observe = sampled({ event: (event) => told.push(event) }, { clock, perSecond })
  return { clock, told, say: (event: QuireEvent) => observe.event(event) }
}

describe('sampled events', () => {
  it('are told up to the limit of a second, each kind by itself, then counted', () => {
    const { clock, told, say } = start(2)
    for (let i = 0; i < 5; i++) say(drained(i))
    say(listening)
    expect(told).toEqual([drained(0), drained(1), listening])
    clock.advance(1_000)
    expect(told.slice(3)).toEqual([{ kind: 'events-left-out', of: 'drained', count: 3 }])
    expect(clock.timers).toBe(0)
  })

  it('are all told where there are no more than that', () => {
    const { clock, told, say } = start(2)
    for (let i = 0; i < 10; i++) {
      say(drained(i))
      clock.advance(500)
    }
    expect(told).toHaveLength(10)
  })

  it('are told again in the next second', () => {
    const { clock, told, say } = start(1)
    for (let i = 0; i < 3; i++) {
      say(drained(i))
      say(drained(i))
      clock.advance(1_000)
    }
    const leftOut = { kind: 'events-left-out', of: 'drained', count: 1 }
    expect(told).toEqual([drained(0), leftOut, drained(1), leftOut, drained(2), leftOut])
  })

  it('are told or counted, every one of them, and never more lines than that', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 700 })), (gaps) => {
        const { clock, told, say } = start(3)
        for (const gap of gaps) {
          clock.advance(gap)
          say(drained(0))
        }
        clock.advance(2_000)
        const counted = told.reduce(
          (sum, event) => sum + (event.kind === 'events-left-out' ? event.count : 1),
          0,
        )
        expect(counted).toBe(gaps.length)
        const ms = gaps.reduce((sum, gap) => sum + gap, 0)
        expect(told.length).toBeLessThanOrEqual(4 * (ms / 1000 + 1))
      }),
    )
  })
})
