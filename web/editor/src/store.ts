/** A value that lives outside React, in the shape `useSyncExternalStore` reads. */
export interface Readable<T> {
  /** The current value; the same reference until it changes. */
  getSnapshot: () => T
  /** Calls `listener` after each change; returns the undo. */
  subscribe: (listener: () => void) => () => void
}

/** A {@link Readable} with a setter. Setting the value it already has notifies nobody. */
export interface Store<T> extends Readable<T> {
  set: (next: T) => void
}

/** Creates a store that holds `initial`. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    getSnapshot: () => value,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set: (next) => {
      if (Object.is(next, value)) return
      value = next
      for (const listener of Array.from(listeners)) listener()
    },
  }
}
