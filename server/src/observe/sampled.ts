import { millis, type Millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Observe, QuireEventKind } from '../ports/observe.ts'

/** What `sampled` needs. */
export interface Sampling {
  readonly clock: Clock
  /** Events of one kind that are told in a second. */
  readonly perSecond: number
}

/** A second of one kind of event. */
interface Second {
  readonly since: Millis
  told: number
  leftOut: number
}

/**
 * Tells `observe` of at most so many events of each kind in a second, then how many of them were left
 * out: peers choose how often most things happen, and a flood of them must not fill the disk.
 */
export const sampled = (observe: Observe, { clock, perSecond }: Sampling): Observe => {
  const seconds = new Map<QuireEventKind, Second>()

  const endSecond = (of: QuireEventKind): void => {
    const count = seconds.get(of)?.leftOut ?? 0
    seconds.delete(of)
    if (count > 0) observe.event({ kind: 'events-left-out', of, count })
  }

  const secondOf = (kind: QuireEventKind): Second => {
    const now = clock.now()
    const known = seconds.get(kind)
    if (known !== undefined && now - known.since < 1000) return known
    endSecond(kind) // its timer is late
    const begun: Second = { since: millis(now), told: 0, leftOut: 0 }
    seconds.set(kind, begun)
    return begun
  }

  return {
    event: (event) => {
      const second = secondOf(event.kind)
      if (second.told < perSecond) {
        second.told++
        return observe.event(event)
      }
      second.leftOut++
      // the last flood is told of even if nothing follows it
      if (second.leftOut === 1)
        clock.after(1000, () => {
          if (seconds.get(event.kind) === second) endSecond(event.kind)
        })
    },
  }
}
