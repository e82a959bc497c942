import type { Readable } from '../store.ts'

/** Whether the browser knows of a network; with one, the server may be away all the same. */
export const hasNetwork: Readable<boolean> = {
  getSnapshot: () => navigator.onLine,
  subscribe: (listener) => {
    addEventListener('online', listener)
    addEventListener('offline', listener)
    return () => {
      removeEventListener('online', listener)
      removeEventListener('offline', listener)
    }
  },
}
