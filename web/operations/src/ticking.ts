import type { Readable } from '@quire/editor/store.ts'
import { createStore } from '@quire/editor/store.ts'

/** This machine's clock, told once a second while somebody listens. */
export type Ticking = Readable<number>

const EVERY_MS = 1_000

/** A clock by `now`. */
export function createTicking(now: () => number): Ticking {
  const store = createStore(now())
  let listeners = 0
  let timer: ReturnType<typeof setInterval> | undefined
  return {
    getSnapshot: store.getSnapshot,
    subscribe: (listener) => {
      const undo = store.subscribe(listener)
      listeners++
      timer ??= setInterval(() => store.set(now()), EVERY_MS)
      return () => {
        undo()
        listeners--
        if (listeners > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
