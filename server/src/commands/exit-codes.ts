/** How a command ends, by what came of it. */
export const exitCodes = {
  /** All of it is done. */
  done: 0,
  /** It could not be done, and nothing half-done is left where others look. */
  failed: 1,
  /** The command line, or an option in the environment, is wrong: the same again helps nobody. */
  usage: 2,
  /** All of it is done, and something was found wrong, or was left out; what, it has said. */
  findings: 3,
} as const
