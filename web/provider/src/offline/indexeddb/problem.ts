import type { StoreProblem } from '../store.ts'

/** What the names of a DOMException mean for a store; all others are `io`. */
const KINDS: Readonly<Record<string, StoreProblem['kind']>> = {
  QuotaExceededError: 'quota',
  VersionError: 'newer',
  SecurityError: 'unavailable',
  InvalidAccessError: 'unavailable',
  NotFoundError: 'broken', // a database of this name that somebody else has made
}

/** The problem that an error of the platform is, met while something was being done. */
export const problemOf = (error: unknown, doing: string): StoreProblem => {
  if (!(error instanceof Error) && !(error instanceof DOMException))
    return { kind: 'io', message: `${doing}: ${String(error)}` }
  const { name, message } = error
  return { kind: KINDS[name] ?? 'io', message: `${doing}: ${name}: ${message}` }
}
