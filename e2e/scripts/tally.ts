import { existsSync, readFileSync } from 'node:fs'

/** Counted tests. A skipped test has not passed. */
export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** The tally of a check that either holds or not. */
export const tallyOf = (isGood: boolean): Tally =>
  isGood ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }

/** The sum of tallies. */
export const total = (tallies: readonly Tally[]): Tally => ({
  passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
  failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
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
  return tally.passed + failed === 0 ? tallyOf(false) : { passed: tally.passed, failed }
}

/** Vitest's JSON reporter. */
export const readVitest = (report: unknown): Tally => {
  const { numPassedTests = 0, numTotalTests = 0 } = report as Record<string, number>
  return { passed: numPassedTests, failed: numTotalTests - numPassedTests }
}

/** Playwright's JSON reporter. */
export const readPlaywright = (report: unknown): Tally => {
  const { stats } = report as { stats: Record<string, number> }
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = stats
  return { passed: expected, failed: unexpected + flaky + skipped }
}
