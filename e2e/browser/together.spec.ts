import type { Locator } from 'playwright/test'
import { expectSame, expectText } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import { expectPeople, toEnd, type Person } from './person.ts'

const caretsIn = (person: Person): Locator => person.page.locator('.collaboration-carets__caret')

/** A colour as `getComputedStyle` gives it. */
const computed = (hex: string): string =>
  `rgb(${[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(', ')})`

test('two people see each other’s text as it is typed', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('From Ada.')
  await expect(second.text).toContainText('From Ada.')
  await second.write(' From Bob.')
  await expectText(first, 'From Ada. From Bob.')

  await first.text.press('Enter')
  await Promise.all([first.write('a'.repeat(40)), second.write('b'.repeat(40))])
  const markup = await expectSame(first, second)
  expect(markup.match(/a/g)?.length).toBeGreaterThanOrEqual(40)
  expect(markup.match(/b/g)?.length).toBeGreaterThanOrEqual(40)
})

test('each sees the other’s caret with name and colour, and it moves', async ({
  server,
  join,
  doc,
}) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('Move through this line')
  // a key that is pressed as text arrives may find the selection being put back
  await expect(second.text).toContainText('Move through this line')
  await toEnd(second.text)
  for (const [watcher, other] of [
    [first, bob],
    [second, ada],
  ] as const) {
    await expect(caretsIn(watcher)).toHaveCount(1)
    const label = watcher.page.locator('.collaboration-carets__label')
    await expect(label).toHaveText(other.name)
    await expect(label).toBeVisible()
    await expect(label).toHaveCSS('background-color', computed(other.colour))
  }
  const before = await caretsIn(first).boundingBox()
  await second.text.press('Home')
  await expect
    .poll(async () => (await caretsIn(first).boundingBox())?.x)
    .toBeLessThan((before?.x ?? 0) - 50)
})

test('each sees what the other has selected', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('Please select the last word')
  await first.text.press('Control+Shift+ArrowLeft')
  const selection = second.page.locator('.collaboration-carets__selection')
  await expect(selection).toHaveText('word')
  await first.text.press('Control+Shift+ArrowLeft')
  await expect(selection).toHaveText('last word')
  await expect(selection).not.toHaveCSS('background-color', 'rgba(0, 0, 0, 0)')
  await first.text.press('ArrowRight')
  await expect(selection).toHaveCount(0)
})

test('both are listed as here, and who leaves vanishes at once', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await first.open(doc)
  await expectPeople(first, 1)
  await second.open(doc)
  await second.write('Here I am')
  for (const watcher of [first, second]) {
    await expectPeople(watcher, 2)
    const avatars = watcher.page.getByTestId('people').locator('.avatar')
    await expect(avatars.filter({ hasText: 'AL' })).toBeVisible()
    await expect(avatars.filter({ hasText: 'BN' })).toBeVisible()
  }
  await expect(caretsIn(first)).toHaveCount(1)
  await second.leave()
  await expectPeople(first, 1, 2_000)
  await expect(caretsIn(first)).toHaveCount(0)
})

test('who goes back to the list of documents is gone from the document', async ({
  server,
  join,
  doc,
}) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await expectPeople(first, 2)
  await second.page.getByRole('link', { name: 'Quire, all documents' }).click()
  await expect(second.page.getByTestId('new-document')).toBeVisible()
  await expectPeople(first, 1, 3_000)
  await second.page.goBack()
  await second.canWrite()
  await expectPeople(first, 2)
  await expectPeople(second, 2)
})

test('a new name and colour reach the others', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await second.write('Who is this?')
  const { page } = second
  await page.getByTestId('people').getByRole('button').click()
  await page.getByRole('button', { name: 'Change your name' }).click()
  await page.getByTestId('person-name').fill('Robert 🦉')
  await page.getByRole('radio', { name: 'Colour 5' }).check()
  await page.getByTestId('person-name-save').click()
  await second.text.focus()
  const label = first.page.locator('.collaboration-carets__label')
  await expect(label).toHaveText('Robert 🦉')
  await expect(label).toHaveCSS('background-color', computed('#15803d'))
  await first.page.getByTestId('people').getByRole('button').click()
  await expect(first.page.getByRole('list', { name: 'People here' })).toContainText('Robert 🦉')
})

test('undo takes back one’s own changes only', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('Ada stays. ')
  await expect(second.text).toContainText('Ada stays.')
  await second.write('Bob goes.')
  await expect(first.text).toContainText('Bob goes.')

  await expect(second.page.getByTestId('undo')).toBeEnabled()
  await second.page.getByTestId('undo').click()
  await expect(first.text).not.toContainText('Bob goes.')
  await expect(first.text).toContainText('Ada stays.')
  await expect(second.page.getByTestId('undo')).toBeDisabled()

  await second.page.getByTestId('redo').click()
  await expectText(first, 'Ada stays. Bob goes.')
  await expect(second.page.getByTestId('redo')).toBeDisabled()

  await first.text.press('Control+z')
  await expect(second.text).not.toContainText('Ada stays.')
  await expect(second.text).toContainText('Bob goes.')
  await first.text.press('Control+Shift+z')
  await expectText(second, 'Ada stays. Bob goes.')
  await expectSame(first, second)
})
