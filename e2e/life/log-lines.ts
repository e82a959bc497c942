/* What a server's log tells. */

/** One line. */
export interface LogLine {
  readonly kind: string
  readonly [field: string]: unknown
}

/** Reads a log, each of whose lines has to be JSON; throws with the first that is not. */
export const readLog = (log: string): readonly LogLine[] =>
  log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as LogLine // log.ts
      } catch (error) {
        throw new Error(`not a line of the log: ${line}`, { cause: error })
      }
    })

/** The kinds of a story in the order in which they were first told, each after the one before; a missing one ends it. */
export const toldInOrder = (
  lines: readonly LogLine[],
  story: readonly string[],
): readonly string[] => {
  let from = 0
  const told: string[] = []
  for (const kind of story) {
    const at = lines.findIndex((line, i) => i >= from && line.kind === kind)
    if (at < 0) break
    told.push(kind)
    from = at + 1
  }
  return told
}
