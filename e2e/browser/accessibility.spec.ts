import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { ada, bob, expect, test } from './fixtures.ts'
import { writeShowcase } from './showcase.ts'

type AxeResults = Awaited<ReturnType<AxeBuilder['analyze']>>

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']

/** Without the blank page per run that pages with foreign frames need. */
const axe = (page: Page): AxeBuilder => new AxeBuilder({ page }).setLegacyMode()

/** All rules in light, and once more in dark those that colours can break. */
const expectAccessible = async (page: Page, place: string): Promise<void> => {
  const inLight = await axe(page).withTags(standards).analyze()
  expect(findings(inLight.violations), `${place}, light`).toEqual([])
  expect(inLight.passes.length, `${place}: rules that applied`).toBeGreaterThan(5)
  await page.emulateMedia({ colorScheme: 'dark' })
  await settled(page)
  const inDark = await axe(page).withRules(['color-contrast']).analyze()
  expect(findings(inDark.violations), `${place}, dark`).toEqual([])
  expect(inDark.passes.length, `${place}: contrasts were measured`).toBe(1)
  await page.emulateMedia({ colorScheme: 'light' })
  await settled(page)
}

const findings = (violations: AxeResults['violations']) =>
  violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }))

/** Waits until the colours of a new scheme are painted. */
const settled = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
      }),
  )

test('axe finds nothing on any surface, light or dark', async ({ server, join, doc }) => {
  const visitor = await join(server, null)
  const { page } = visitor
  await page.goto(server.url)
  await expect(page.getByTestId('new-document')).toBeVisible()
  await expectAccessible(page, 'home')
  await page.getByTestId('open-document').click()
  await expect(page.getByTestId('open-name')).toHaveAttribute('aria-invalid', 'true')
  await expectAccessible(page, 'home with a message')

  await page.goto(`${server.url}/p/${doc}`)
  await expect(page.getByTestId('person-name')).toBeFocused()
  await expectAccessible(page, 'name dialog')
  await page.getByTestId('person-name-save').click()
  await visitor.canWrite()
  await expectAccessible(page, 'empty document')
  await writeShowcase(visitor, `${server.url}/favicon.svg`)
  const other = await join(server, bob)
  await other.open(doc)
  await other.text.press('Control+Home')
  await other.text.press('Shift+End')
  await expect(page.locator('.collaboration-carets__caret')).toHaveCount(1)
  await expectAccessible(page, 'document with everything in it and another caret')

  await visitor.write('\n/')
  await expect(page.getByTestId('slash-menu')).toBeVisible()
  await expectAccessible(page, 'slash menu')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Shift+Home')
  await expect(page.getByTestId('bubble-menu')).toBeVisible()
  await expectAccessible(page, 'bubble menu')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog').getByLabel('Address')).toBeFocused()
  await expectAccessible(page, 'link dialog')
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Text style' }).click()
  await expect(page.getByRole('menu')).toBeVisible()
  await expectAccessible(page, 'style menu')
  await page.keyboard.press('Escape')
  await page.getByTestId('people').getByRole('button').click()
  await expect(page.getByRole('list', { name: 'People here' })).toBeVisible()
  await expectAccessible(page, 'people list')
  await page.keyboard.press('Escape')
  await visitor.connection.click()
  await expect(page.getByText('Changes reach the server')).toBeVisible()
  await expectAccessible(page, 'connection')
  await page.goto(`${server.url}/`)
  await expect(page.getByTestId('recent-documents')).toBeVisible()
  await expectAccessible(page, 'home with recent documents')
  await page.goto(`${server.url}/p/`)
  await expect(page.getByRole('heading', { name: 'No document has this name' })).toBeVisible()
  await expectAccessible(page, 'problem page')
})

test('light or dark is chosen, kept over a reload, and follows the system again', async ({
  server,
  join,
  doc,
}) => {
  const person = await join(server, ada, { colorScheme: 'light' })
  const { page } = person
  const scheme = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const toggle = page.getByTestId('theme-toggle')
  await person.open(doc)
  const light = await scheme()
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(scheme).not.toBe(light)
  const dark = await scheme()

  await toggle.click()
  await expect(toggle).toHaveAttribute('data-theme-choice', 'light')
  await expect.poll(scheme).toBe(light)
  await page.reload({ waitUntil: 'commit' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await person.canWrite()
  await expect.poll(scheme).toBe(light)

  await toggle.click()
  await expect(toggle).toHaveAttribute('data-theme-choice', 'dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(scheme).toBe(dark)
  await page.goto(server.url)
  await expect(toggle).toHaveAttribute('data-theme-choice', 'dark')
  await expect.poll(scheme).toBe(dark)
  await toggle.click()
  await expect(toggle).toHaveAttribute('data-theme-choice', 'system')
  await expect.poll(scheme).toBe(light)
})
