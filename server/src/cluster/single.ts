import type { DocName } from '@quire/shared'
import type { Cluster, Hint } from '../ports/cluster.ts'

type Listener = (hint: Hint) => void

/**
 * Nodes that live in one process. A server alone is the only node of its hub and never hears a hint;
 * tests join several nodes over one storage.
 */
export const createClusterHub = (): { node(): Cluster } => {
  const listeners = new Map<DocName, Map<Listener, object>>()
  return {
    node() {
      const self = {}
      return {
        subscribe(document, listener) {
          const own = listeners.get(document) ?? new Map<Listener, object>()
          listeners.set(document, own)
          own.set(listener, self)
          return () => {
            own.delete(listener)
            if (own.size === 0 && listeners.get(document) === own) listeners.delete(document)
          }
        },
        publish(document, hint) {
          const heard = listeners.get(document)
          for (const [listener, node] of heard ?? [])
            if (node !== self)
              queueMicrotask(() => {
                if (heard?.has(listener)) listener(hint) // unless it was undone meanwhile
              })
        },
        async close() {
          for (const own of listeners.values())
            for (const [listener, node] of own) if (node === self) own.delete(listener)
        },
      }
    },
  }
}
