/* What people see of what programs do to their documents, and what programmers see of the API. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { createApiClient } from '@quire/server/client'
import { expectText } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import { documentPath } from './person.ts'

const expectAccessible = async (page: Page): Promise<void> => {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
}

test('a document that is deleted while it is open can be kept as a copy', async ({
  server,
  join,
  doc,
}, info) => {
  const api = createApiClient({ url: server.url })
  const person = await join(server, ada)
  await person.open(doc)
  await person.write('What I wrote here.')
  await person.isSaved()
  await api.document(doc).delete()
  const { page } = person
  const banner = page.getByTestId('deleted')
  await expect(banner).toContainText('This document was deleted.')
  await expect(person.text).toHaveAttribute('contenteditable', 'false')
  await page.screenshot({ path: info.outputPath('deleted.png') })
  await expectAccessible(page)

  const other = await join(server, bob)
  await other.page.goto(server.url + documentPath(doc))
  await expect(
    other.page.getByRole('heading', { name: 'This document was deleted.' }),
  ).toBeVisible()

  await banner.getByRole('button', { name: 'Keep as a copy' }).click()
  await expectText(person, 'What I wrote here.')
  await expect(page).toHaveURL(/copy/)
  await person.isSaved() // it is on the device first
  const { documents } = await api.list({ search: 'copy' })
  expect(documents.map(({ name }) => name)).toEqual([expect.stringContaining(doc)])

  await api.document(doc).undelete()
  await other.page.getByRole('button', { name: 'Try again' }).click()
  await expectText(other, 'What I wrote here.')
})

test('what a program writes in Markdown appears under the caret of who types, and moves nothing', async ({
  server,
  join,
  doc,
}) => {
  const api = createApiClient({ url: server.url })
  const person = await join(server, ada)
  await person.open(doc)
  await person.write('One two')
  await person.isSaved()
  await api.document(doc).append('markdown', '## From a program\n\nIts **words**.')
  await expect(person.text.locator('h2')).toHaveText('From a program')
  await person.page.keyboard.type(' three')
  await expect(person.text.locator('p').first()).toHaveText('One two three')
  await person.isSaved()
  const { content, etag } = await api.document(doc).read('markdown')
  await api
    .document(doc)
    .write('markdown', content.replace('Its **words**.', 'Its _own_ words.'), { ifMatch: etag })
  await expect(person.text.locator('em')).toHaveText('own')
  await person.page.keyboard.type(' four')
  await expect(person.text.locator('p').first()).toHaveText('One two three four')
})

test('the reference of the API reads well, also on a phone', async ({ server, join }, info) => {
  const { page } = await join(server, ada)
  await page.goto(`${server.url}/api/v1/reference`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Quire’s API')
  await expect(page.getByRole('link', { name: 'Changes part of a document' })).toBeVisible()
  await page.screenshot({ path: info.outputPath('reference.png') })
  await expectAccessible(page)
  await page.setViewportSize({ width: 360, height: 740 })
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
  await page.screenshot({ path: info.outputPath('reference-phone.png') })
})
