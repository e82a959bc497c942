/* The offline store of browsers, in a real one: its contract with frames as tabs, and with real tabs what frames cannot show. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import { expect, test as base } from 'playwright/test'
import { serveOfflinePage, type ServedPage } from './offline-page.ts'
import type {} from './pages/offline/api.ts'

const test = base.extend<object, { readonly served: ServedPage }>({
  served: [
    async ({}, use) => {
      const served = await serveOfflinePage()
      await use(served)
      await served.close()
    },
    { scope: 'worker' },
  ],
})

test('the store of browsers keeps the contract of offline stores', async ({ page, served }) => {
  await page.goto(served.url)
  const rules = await page.evaluate(() => window.offline.rules)
  expect(rules.length).toBeGreaterThan(20)
  for (const rule of rules)
    await test.step(rule, async () => {
      const problem = await page.evaluate(
        (title) =>
          window.offline.run(title).then(
            () => null,
            (error: unknown) => String(error),
          ),
        rule,
      )
      expect.soft(problem, rule).toBe(null)
    })
})
