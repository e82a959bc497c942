/*
 * Pictures of the editor for people to look at, in SCREENSHOT_DIR or else in test-results/pictures.
 */
import { join as joinPath } from 'node:path'
import type { Locator } from 'playwright/test'
import { expectSame } from './content.ts'
import { ada, bob, cleo, expect, test } from './fixtures.ts'
import { writeShowcase } from './showcase.ts'

const folder = (outputDir: string): string =>
  process.env['SCREENSHOT_DIR'] ?? joinPath(outputDir, 'pictures')

const labels = (text: Locator): Locator => text.locator('.collaboration-carets__label')

test('pictures of three people writing, light and dark', async ({ server, join, doc }, info) => {
  const [first, second, third] = [
    await join(server, ada, {}),
    await join(server, bob),
    await join(server, cleo),
  ]
  const name = `lisbon/${doc}`
  await first.open(name)
  await writeShowcase(first, `${server.url}/favicon.svg`)
  await Promise.all([second.open(name), third.open(name)])
  await expectSame(first, second, third)

  await second.text.locator('p', { hasText: 'Collect everyone’s questions' }).click()
  await second.text.press('End')
  await third.text.getByText('to agree on').click()
  await third.text.press('Home')
  for (let word = 0; word < 4; word++) await third.text.press('Control+Shift+ArrowRight')
  await first.text.getByText('Plans are nothing').click()
  await expect(labels(first.text)).toHaveCount(2)
  await expect(first.text.locator('.collaboration-carets__selection').first()).toBeVisible()
  await expect(first.text.locator('.hljs-keyword')).not.toHaveCount(0)
  await first.page.evaluate(() => scrollTo(0, 0))

  for (const colorScheme of ['light', 'dark'] as const) {
    await first.page.emulateMedia({ colorScheme })
    const path = joinPath(folder(info.project.outputDir), `editor-${colorScheme}.png`)
    const picture = await first.page.screenshot({ path, animations: 'disabled', caret: 'initial' })
    expect(picture.length).toBeGreaterThan(20_000)
  }
})
