import { useCallback, useEffect, useState } from 'react'

/** What was asked of the server. The last answer stays while it is asked anew, and where that fails. */
export interface Asked<T> {
  readonly value: T | undefined
  readonly problem: string | null
  /** Asks anew; resolves when it was answered. */
  readonly again: () => Promise<void>
}

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
    void again()
    if (everyMs === undefined) return undefined
    const timer = setInterval(() => {
      if (!document.hidden) void again()
    }, everyMs)
    return () => clearInterval(timer)
  }, [again, everyMs])
  return { ...state, again }
}
