import { existsSync, readFileSync } from 'node:fs'

/** Counted tests. A skipped test has not passed: it is counted on its own, and printed. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The tally of a check that either holds or not. */
export const tallyOf = (isGood: boolean): Tally =>
  isGood ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }

/** The sum of tallies. */
export const total = (tallies: readonly Tally[]): Tally => ({
  passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
  failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
  skipped: tallies.reduce((sum, { skipped }) => sum + skipped, 0),
})

/**
 * Reads a test runner's JSON report. A runner that exits badly counts at least one failure, whatever
 * its report says: a file that did not load has no tests in it.
 */
export const tallyReport = (
  exitCode: number,
  file: string,
  read: (report: unknown) => Tally,
): Tally => {
  if (!existsSync(file)) return tallyOf(false)
  const tally = read(JSON.parse(readFileSync(file, 'utf8')))
  const failed = exitCode === 0 ? tally.failed : Math.max(1, tally.failed)
  return tally.passed + failed === 0 ? tallyOf(false) : { ...tally, failed }
}

/** Vitest's JSON reporter. */
export const readVitest = (report: unknown): Tally => {
  const counts = report as Record<string, number>
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = counts
  return {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests + numTodoTests,
  }
}

/** Playwright's JSON reporter. */
export const readPlaywright = (report: unknown): Tally => {
  const { stats } = report as { stats: Record<string, number> }
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = stats
  return { passed: expected, failed: unexpected + flaky, skipped }
}
