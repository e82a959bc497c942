import { ada, expect, test } from './fixtures.ts'

test('a first visit asks for a name once, and never again', async ({ server, join, doc }) => {
  const visitor = await join(server, null)
  const { page } = visitor
  await page.goto(server.url)
  await page.getByTestId('new-document').click()
  await expect(page.getByTestId('person-name')).toBeFocused()
  await page.getByTestId('person-name').fill('Grace')
  await page.getByTestId('person-name-save').click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await visitor.canWrite()
  await visitor.write('The first line')
  await visitor.isSaved()

  await page.reload()
  await visitor.canWrite()
  await expect(visitor.text).toContainText('The first line')
  await expect(page.getByRole('dialog')).toHaveCount(0)

  await visitor.open(doc)
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.getByTestId('people').getByRole('button').click()
  await expect(page.getByRole('list', { name: 'People here' })).toContainText('Grace')
})

test('the question for a name can be left open, and is not asked again', async ({
  server,
  join,
  doc,
}) => {
  const visitor = await join(server, null)
  await visitor.page.goto(`${server.url}/p/${doc}`)
  await expect(visitor.page.getByTestId('person-name')).toBeFocused()
  await visitor.page.keyboard.press('Escape')
  await expect(visitor.page.getByRole('dialog')).toHaveCount(0)
  await visitor.canWrite()
  await visitor.page.reload()
  await visitor.canWrite()
  await expect(visitor.page.getByRole('dialog')).toHaveCount(0)
})

test('a new document gets a name of its own in the address', async ({ server, join }) => {
  const { page } = await join(server, ada)
  const addresses = new Set<string>()
  for (let time = 0; time < 3; time++) {
    await page.goto(server.url)
    await page.getByTestId('new-document').click()
    await expect(page).toHaveURL(/\/p\/[a-z]+-[a-z]+-[a-z0-9]+$/)
    addresses.add(page.url())
  }
  expect(addresses.size).toBe(3)
})

test('recently opened documents are listed by their title and open again', async ({
  server,
  join,
  doc,
}) => {
  const reader = await join(server, ada, {})
  const { page } = reader
  await reader.open(`${doc}/older`)
  await reader.write('An older text')
  await expect(page).toHaveTitle('An older text – Quire')
  await reader.isSaved()
  await reader.open(`${doc}/newer`)
  await reader.write('A newer text')
  await expect(page).toHaveTitle('A newer text – Quire')
  await reader.isSaved()

  await page.goto(server.url)
  const list = page.getByTestId('recent-documents')
  await expect(list.getByRole('listitem')).toHaveCount(2)
  await expect(list.getByRole('listitem').first()).toContainText('A newer text')
  await list.getByRole('link', { name: 'An older text' }).click()
  await reader.canWrite()
  await expect(page).toHaveURL(`${server.url}/p/${doc}/older`)
  await expect(reader.text).toContainText('An older text')

  await page.goBack()
  await expect(list.getByRole('listitem').first()).toContainText('An older text')
  await page.getByRole('button', { name: 'Remove A newer text' }).click()
  await expect(list.getByRole('listitem')).toHaveCount(1)
  await page.reload()
  await expect(list.getByRole('listitem')).toHaveCount(1)
})

test('a document opens by a typed name; a bad name gets a message', async ({
  server,
  join,
  doc,
}) => {
  const reader = await join(server, ada)
  const { page } = reader
  await page.goto(server.url)
  const name = page.getByTestId('open-name')
  const badNames = [
    ['', 'at least one character'],
    ['notes/../secret', 'between slashes'],
    ['ä'.repeat(513), 'the limit is 1024'],
  ] as const
  for (const [typed, message] of badNames) {
    await name.fill(typed)
    await page.getByTestId('open-document').click()
    await expect(page.getByText(message)).toBeVisible()
    await expect(name).toHaveAttribute('aria-invalid', 'true')
    await expect(page).toHaveURL(`${server.url}/`)
  }
  await name.fill(`${doc}/meeting notes`)
  await expect(name).toHaveAttribute('aria-invalid', 'false')
  await name.press('Enter')
  await reader.canWrite()
  await expect(page).toHaveURL(`${server.url}/p/${doc}/meeting%20notes`)
})

test('an address that is no document says so and leads back', async ({ server, join }) => {
  const { page } = await join(server, ada)
  const heading = page.getByRole('heading', { name: 'No document has this name' })
  await page.goto(`${server.url}/p/`)
  await expect(heading).toBeVisible()
  await page.goto(`${server.url}/p/%FF`)
  await expect(heading).toBeVisible()
  await expect(page.getByText('not a valid encoding')).toBeVisible()
  await page.goto(`${server.url}/p/${'x'.repeat(1025)}`)
  await expect(page.getByText('1025 bytes long; the limit is 1024')).toBeVisible()
  await page.getByRole('link', { name: 'All documents', exact: true }).click()
  await expect(page.getByTestId('new-document')).toBeVisible()
})
