/*
 * One question that is asked again and again. On a bad line an answer takes longer than the pause between two
 * questions: then the next one waits, as requests that pile up make the line worse.
 */
import { createStore } from '@quire/editor/store.ts'
import type { Readable } from '@quire/editor/store.ts'

/** What was asked of the server. The last answer stays while it is asked anew, and where that fails. */
export interface Answer<T> {
  readonly value: T | undefined
  readonly problem: string | null
}

/** A question, and what is known of its answer. */
export interface Asking<T> extends Readable<Answer<T>> {
  /** Asks, unless an answer is on its way. */
  poll: () => Promise<void>
  /** Asks anew: what is on its way may be older than what was just done. Resolves when it was answered. */
  again: () => Promise<void>
  /** Waits for no answer any more. */
  stop: () => void
}

/** Nobody looks longer at figures that do not come than this, milliseconds. */
const ANSWER_MS = 20_000

/** Prepares a question; nothing is asked yet. `signal` aborts where the answer takes too long, or is not wanted. */
export function createAsking<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  answerMs = ANSWER_MS,
): Asking<T> {
  const store = createStore<Answer<T>>({ value: undefined, problem: null })
  let under: AbortController | null = null

  const again = async (): Promise<void> => {
    under?.abort()
    const own = new AbortController()
    under = own
    const late = setTimeout(() => own.abort(TOO_LATE), answerMs)
    try {
      const value = await ask(own.signal)
      if (under === own) store.set({ value, problem: null })
    } catch (error) {
      const cause = own.signal.reason === TOO_LATE ? TOO_LATE : error
      const problem = cause instanceof Error ? cause.message : String(cause)
      if (under === own) store.set({ ...store.getSnapshot(), problem })
    } finally {
      clearTimeout(late)
      if (under === own) under = null
    }
  }

  return {
    ...store,
    again,
    poll: () => (under === null ? again() : Promise.resolve()),
    stop: () => {
      under?.abort()
      under = null
    },
  }
}

const TOO_LATE = new Error('The server does not answer.')
