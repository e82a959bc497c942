import type { Readable } from '../store.ts'

const narrow = matchMedia('(width < 40rem)')

/** Whether the window is as narrow as a telephone, where labels have to be short. */
export const narrowScreen: Readable<boolean> = {
  getSnapshot: () => narrow.matches,
  subscribe: (listener) => {
    narrow.addEventListener('change', listener)
    return () => narrow.removeEventListener('change', listener)
  },
}
