import { useReadable } from '@quire/editor/use-readable.ts'
import { useEffect, useMemo } from 'react'

import { createAsking } from './asking.ts'
import type { Answer } from './asking.ts'

/** What was asked, and how it is asked anew. */
export interface Asked<T> extends Answer<T> {
  /** Asks anew; resolves when it was answered. */
  readonly again: () => Promise<void>
}

/** Asks the server as a view is shown, and every `everyMs` while the page can be seen. */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs?: number): Asked<T> {
  const asking = useMemo(() => createAsking(ask), [ask])
  useEffect(() => {
    const first = setTimeout(() => void asking.poll(), 0)
    const timer =
      everyMs === undefined
        ? undefined
        : setInterval(() => {
            if (!document.hidden) void asking.poll()
          }, everyMs)
    return () => {
      clearTimeout(first)
      clearInterval(timer)
      asking.stop()
    }
  }, [asking, everyMs])
  return { ...useReadable(asking), again: asking.again }
}
