import { useSyncExternalStore } from 'react'

import type { Readable } from './store.ts'

/** Renders with the current value of `readable` and again after each change. */
export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.getSnapshot)
}
