import { useCallback, useEffect, useState } from 'react'

/** What was asked of the server. The last answer stays while it is asked anew, and where that fails. */
export interface Asked<T> {
  readonly value: T | undefined
  readonly problem: string | null
  /** Asks anew; resolves when it was answered. */
  readonly again: () => Promise<void>
}

/** The longest that timers wait, milliseconds (HTML §8.7). */
const NEVER_MS = 2 ** 31 - 1

/** Asks the server as a view is shown, and every `everyMs` while the page can be seen. */
export function useAsked<T>(ask: () => Promise<T>, everyMs?: number): Asked<T> {
  const [state, setState] = useState<{ value: T | undefined; problem: string | null }>({
    value: undefined,
    problem: null,
  })
  const again = useCallback(async () => {
    try {
      const value = await ask()
      setState({ value, problem: null })
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      setState((known) => ({ ...known, problem }))
    }
  }, [ask])
  useEffect(() => {
    const first = setTimeout(() => void again(), 0)
    const timer = setInterval(() => {
      if (everyMs !== undefined && !document.hidden) void again()
    }, everyMs ?? NEVER_MS)
    return () => {
      clearTimeout(first)
      clearInterval(timer)
    }
  }, [again, everyMs])
  return { ...state, again }
}
