import { afterAll, describe, expect, test } from 'vitest'
import { peers, quire } from '../servers/hosts.ts'
import type { Theme } from './case.ts'
import { runCase, SharedServers, verdictOf } from './scene.ts'

/** What a case may take, with others beside it. */
const CASE_MS = 120_000

/** Tries each case with every family, on Quire and on the family's own server. */
export const testTheme = (theme: Theme): void => {
  const servers = new SharedServers()
  afterAll(() => servers.close())
  for (const host of [quire, ...peers]) {
    const runs = theme.cases.flatMap((one) =>
      host.families.flatMap((family) => {
        const exception = one.exception?.(family, host) ?? null
        return exception?.kind === 'none' ? [] : [{ one, family, exception }]
      }),
    )
    describe.skipIf(runs.length === 0)(`${theme.title}, ${host.name}`, () => {
      for (const { one, family, exception } of runs) {
        const fails = exception === null ? '' : ` (not here: ${exception.why})`
        test.concurrent(
          `[compat] ${one.title}: ${family.name}${fails}`,
          { timeout: CASE_MS },
          async () => {
            const outcome = await runCase({ case: one, family, host }, servers)
            expect(verdictOf(outcome, exception)).toBe('as expected')
          },
        )
      }
    })
  }
}
