import { closeCodes, type CloseName } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { Refusals } from './refusals.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { createMemorySocket } from './testing/memory-socket.ts'

/** Refusals with a clock, and one of them told to a socket of its own. */
const startRefusals = () => {
  const clock = createManualClock()
  const refusals = new Refusals(clock)
  const refuse = (
    close: CloseName = 'unauthorized',
    { what = 'notes', address = '127.0.0.1' } = {},
  ) => {
    const { socket, peer } = createMemorySocket(address)
    refusals.close(socket, close, { what, reason: 'not you' })
    return peer
  }
  /** How many milliseconds later the refusal was told; to the next whole second. */
  const waitOf = (peer: ReturnType<typeof refuse>): number => {
    let waitedMs = 0
    for (; peer.ending === null && waitedMs < 60_000; waitedMs += 1_000) clock.advance(1_000)
    return waitedMs
  }
  return { clock, refuse, waitOf }
}

describe('who is refused', () => {
  it.each(['unauthorized', 'forbidden', 'badName'] as const)(
    'and comes back at once is told as %s later and later, up to 15 s',
    (close) => {
      const { refuse, waitOf } = startRefusals()
      const waits = Array.from({ length: 7 }, () => waitOf(refuse(close)))
      expect(waits).toEqual([0, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
    },
  )

  it('costs the server few handshakes a minute, however fast it comes back', () => {
    const { clock, refuse } = startRefusals()
    let handshakes = 0
    for (let peer = refuse(), ms = 0; ms < 60_000; ms += 100) {
      if (peer.ending === null) clock.advance(100)
      else {
        clock.advance(100) // what y-websocket waits
        handshakes++
        peer = refuse()
      }
    }
    expect(handshakes).toBeGreaterThan(1)
    expect(handshakes).toBeLessThanOrEqual(8)
  })

  it('is not read while it waits, and hears the code and the words of its refusal', () => {
    const { clock, refuse } = startRefusals()
    expect(refuse().ending).toEqual({ code: 4401, reason: 'not you' })
    const again = refuse('forbidden')
    expect([again.isPaused, again.ending]).toEqual([true, null])
    clock.advance(1_999)
    expect(again.ending).toBeNull()
    clock.advance(1)
    expect(again.ending).toEqual({ code: closeCodes.forbidden.code, reason: 'not you' })
  })

  it('for now is told at once, each time: whoever is to come back later may', () => {
    const { refuse } = startRefusals()
    for (const close of ['tryAgainLater', 'serviceRestart', 'internalError', 'badFrame'] as const)
      for (let i = 0; i < 5; i++) expect(refuse(close).ending?.code).toBe(closeCodes[close].code)
    expect(refuse('unauthorized').ending).not.toBeNull() // and that was not counted
  })

  it('begins anew a minute after it was told', () => {
    const { clock, refuse, waitOf } = startRefusals()
    for (let i = 0; i < 4; i++) waitOf(refuse())
    clock.advance(59_999)
    const late = refuse()
    expect(late.ending).toBeNull()
    clock.advance(15_000 + 60_000)
    expect(refuse().ending).not.toBeNull()
  })

  it.each([
    ['another document', { what: 'other' }],
    ['another address', { address: '127.0.0.2' }],
  ])('is not made to wait for %s', (_, other) => {
    const { refuse } = startRefusals()
    refuse()
    expect(refuse().ending).toBeNull()
    expect(refuse('unauthorized', other).ending).not.toBeNull()
  })

  it('is remembered among 10,000, and who came longest ago is forgotten first', () => {
    const { refuse } = startRefusals()
    refuse()
    refuse('unauthorized', { what: 'second' })
    for (let i = 0; i < 9_998; i++) refuse('unauthorized', { what: `more ${i}` })
    expect(refuse().ending).toBeNull() // remembered still, and from now on the newest
    refuse('unauthorized', { what: 'one more' })
    expect(refuse('unauthorized', { what: 'second' }).ending).not.toBeNull()
    expect(refuse().ending).toBeNull()
  })

  it('and goes away while it waits is closed for nothing', () => {
    const { clock, refuse } = startRefusals()
    refuse()
    const again = refuse()
    again.hangUp()
    clock.advance(2_000)
    expect(again.ending).toEqual({ code: 1001, reason: '' })
    expect(clock.timers).toBe(0)
  })
})
