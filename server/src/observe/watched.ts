import type { Observe } from '../ports/observe.ts'
import type { Clock } from '../ports/clock.ts'
import { all } from './all.ts'
import { watchKeys, type KeysWatch } from './keys-watch.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { OperationsFeed } from './operations-feed.ts'

/** What a server tells of itself, beside its log. */
export interface Watched {
  /** Tells whoever is to hear, and what follows. */
  readonly observe: Observe
  readonly metrics: Metrics
  readonly keys: KeysWatch
  /** What the page of operations shows. */
  readonly feed: OperationsFeed
}

/** Counts what is told from now on, and tells it on. */
export const watched = (observe: Observe, clock: Clock): Watched => {
  const metrics = createMetrics()
  const keys = watchKeys()
  const feed = new OperationsFeed(clock)
  return { metrics, keys, feed, observe: all(observe, metrics.observe, keys, feed) }
}
