import type { Observe } from '../ports/observe.ts'
import { all } from './all.ts'
import { watchKeys, type KeysWatch } from './keys-watch.ts'
import { createMetrics, type Metrics } from './metrics.ts'

/** What a server tells of itself, beside its log. */
export interface Watched {
  /** Tells whoever is to hear, and what follows. */
  readonly observe: Observe
  readonly metrics: Metrics
  readonly keys: KeysWatch
}

/** Counts what is told from now on, and tells it on. */
export const watched = (observe: Observe): Watched => {
  const metrics = createMetrics()
  const keys = watchKeys()
  return { metrics, keys, observe: all(observe, metrics.observe, keys) }
}
