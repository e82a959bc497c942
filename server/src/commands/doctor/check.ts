/** What was looked at. `change`: something should be changed; `unknown`: it could not be looked at here. */
export interface Check {
  readonly name: string
  readonly state: 'good' | 'change' | 'unknown'
  /** What it is like, with its figures. */
  readonly says: string
  /** What to change; null where there is nothing. */
  readonly change: string | null
}

/** All is well with it. */
export const good = (name: string, says: string): Check => ({
  name,
  state: 'good',
  says,
  change: null,
})

/** Something should be changed. */
export const toChange = (name: string, says: string, change: string): Check => ({
  name,
  state: 'change',
  says,
  change,
})

/** It could not be looked at. */
export const unknown = (name: string, says: string): Check => ({
  name,
  state: 'unknown',
  says,
  change: null,
})

/** A check as lines. */
export const linesOf = ({ name, state, says, change }: Check): readonly string[] => [
  `${{ good: 'ok     ', change: 'CHANGE ', unknown: '?      ' }[state]}${name}: ${says}`,
  ...(change === null ? [] : [`       → ${change}`]),
]
