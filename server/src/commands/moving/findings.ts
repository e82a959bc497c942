/** Findings that are kept; the others are counted. */
export const MOST_FINDINGS = 1_000

/** Findings that are listed for people; with --json all of them are there that were kept. */
const MOST_LINES = 50
/** Of a name, or of a place, in a line. */
const MOST_CHARACTERS = 80

const short = (text: string): string =>
  text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS).toWellFormed()}…` : text

/** What was found, a line each; `found`: how many there are in all. */
export const listFindings = (
  findings: readonly {
    readonly name: string | null
    readonly at?: string
    readonly reason: string
  }[],
  found: number,
): readonly string[] => {
  const lines = findings.slice(0, MOST_LINES).map(({ name, at, reason }) => {
    const place = at === undefined ? '' : ` (${JSON.stringify(short(at)).slice(1, -1)})`
    return `  ${name === null ? 'unnamed' : JSON.stringify(short(name))}${place}: ${reason}`
  })
  const more = found - lines.length
  return more > 0 ? [...lines, `  and ${more} more`] : lines
}
