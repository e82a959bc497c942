import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import { defaultEdgeLimits } from './limits.ts'
import { beatMs, nextPulse, showsLife, type Pulse } from './vital-signs.ts'

const before = { received: 10, taken: 100, queued: 0 }

test.each([
  ['a byte came in', before, { ...before, received: 11 }, true],
  ['nothing happened', before, before, false],
  ['only our ping went out', before, { ...before, taken: 102 }, false],
  ['a full send buffer drained', { ...before, queued: 50 }, { ...before, taken: 120 }, true],
  ['a full send buffer stayed', { ...before, queued: 50 }, { ...before, queued: 52 }, false],
])('[RFC 6455 §5.5.2] when %s', (_, then, now, alive) => {
  expect(showsLife(then, now)).toBe(alive)
})

test('[RFC 6455 §5.5.2] a peer is gone after the time of silence, and before five quarters of it', () => {
  const every = beatMs(22_000)
  fc.assert(
    fc.property(fc.nat({ max: 200_000 }), (lastSignAt) => {
      let pulse: Pulse | null = null
      for (let at = every; ; at += every) {
        // a sign in every beat up to the last one: at least the answer to a ping
        const heard = Math.min(Math.floor(lastSignAt / every), at / every - 1)
        const received = heard + (lastSignAt < at ? 1 : 0)
        pulse = nextPulse(pulse, { received, taken: at, queued: 0 })
        if (pulse !== null) continue
        expect(at - lastSignAt).toBeGreaterThanOrEqual(22_000)
        expect(at - lastSignAt).toBeLessThanOrEqual(1.25 * 22_000)
        return
      }
    }),
  )
})

test('[R7] by default a stall of 20 s is survived, and a dead peer is gone within 30 s', () => {
  const config = readConfig({}, {})
  const silenceMs = config.ok ? config.value.maxSilenceMs : 0
  expect(silenceMs).toBe(defaultEdgeLimits.silenceMs)
  expect(silenceMs).toBeGreaterThanOrEqual(1.1 * 20_000)
  // found at five quarters, and a quarter of a beat for the close frame
  expect(1.25 * silenceMs + beatMs(silenceMs) / 4).toBeLessThan(30_000)
})
