/** How long a client stays away after a failure, milliseconds: a random part of a pause that doubles. */
const FIRST_PAUSE_MS = 1_000
export const LONGEST_PAUSE_MS = 30_000
/** No pause is shorter after a failure, milliseconds: whoever fails at once must not try at once. */
const SHORTEST_PAUSE_MS = 100
/** The longest time that a server can keep a client away with one word, milliseconds: it might be wrong, or lie. */
const LONGEST_WAIT_MS = 3_600_000

/** The pause after so many failures before this one; `random` is from 0 to 1. All are to be spread over `spreadMs`. */
export const pauseMs = (failures: number, random: number, spreadMs = 0): number => {
  const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10))
  return Math.max(SHORTEST_PAUSE_MS, random * Math.max(grown, Math.min(spreadMs, LONGEST_WAIT_MS)))
}

/** What a server asks for, as far as it is obeyed. */
export const obeyedMs = (waitMs: number): number => Math.min(waitMs, LONGEST_WAIT_MS)
