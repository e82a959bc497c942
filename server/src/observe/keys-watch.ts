import type { Observe } from '../ports/observe.ts'

/** Hears whether the keys of logins can be read. */
export interface KeysWatch extends Observe {
  /** That they cannot be read at this moment, or null. Anybody may be told: whom the server asks for them is left out. */
  problem(): string | null
}

const UNREADABLE =
  'keys of logins cannot be read, those that are known go on being good; the log says why'

/** Hears from now on. */
export const watchKeys = (): KeysWatch => {
  let problem: string | null = null
  return {
    event(event) {
      if (event.kind === 'keys-failed') problem = UNREADABLE
      if (event.kind === 'keys-recovered') problem = null
    },
    problem: () => problem,
  }
}
