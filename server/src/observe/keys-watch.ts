import type { Observe } from '../ports/observe.ts'

/** Hears whether the keys of logins can be read, and says what is wrong with them. */
export interface KeysWatch extends Observe {
  /** Why they cannot be read at this moment, or null. */
  problem(): string | null
}

/** Hears from now on. */
export const watchKeys = (): KeysWatch => {
  let problem: string | null = null
  return {
    event(event) {
      if (event.kind === 'keys-failed')
        problem = `keys of logins cannot be read, those that are known go on being good: ${event.problem}`
      if (event.kind === 'keys-recovered') problem = null
    },
    problem: () => problem,
  }
}
