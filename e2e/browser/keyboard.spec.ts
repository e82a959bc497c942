import type { Locator, Page } from 'playwright/test'
import { ada, expect, test } from './fixtures.ts'

/** Presses a key until something has the focus; the focus must be visible on the way. */
const moveTo = async (page: Page, key: 'Tab' | 'Shift+Tab' | 'ArrowRight', target: Locator) => {
  for (let presses = 0; presses < 25; presses++) {
    await page.keyboard.press(key)
    if (await target.evaluate((element) => element === document.activeElement)) return
  }
  throw new Error(`25 × ${key} did not reach ${String(target)}`)
}

const expectFocusRing = (target: Locator): Promise<void> =>
  expect(target).not.toHaveCSS('outline-style', 'none')

test('from the first page to a written text with keys alone', async ({ server, join }) => {
  const { page, text, ...visitor } = await join(server, null)
  await page.goto(server.url)
  const start = page.getByTestId('new-document')
  await expect(start).toBeVisible()
  await moveTo(page, 'Tab', start)
  await expectFocusRing(start)
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('person-name')).toBeFocused()
  await page.keyboard.type('Grace')
  await moveTo(page, 'Tab', page.getByTestId('person-name-save'))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await visitor.canWrite()
  await moveTo(page, 'Tab', text)
  await page.keyboard.type('Written with keys')
  await expect(text).toHaveText('Written with keys')
  await page.getByTestId('people').getByRole('button').focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('list', { name: 'People here' })).toContainText('Grace')
})

test('the skip link leads past the controls', async ({ server, join, doc }) => {
  const { page, text, ...person } = await join(server, ada)
  await person.open(doc)
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to the text' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(text).toBeFocused()
})

test('the toolbar is one stop, with arrows inside', async ({ server, join, doc }) => {
  const { page, text, ...person } = await join(server, ada)
  await person.open(doc)
  await person.write('plain ')
  const bold = page
    .getByRole('toolbar', { name: 'Formatting' })
    .getByRole('button', { name: 'Bold' })
  await page.keyboard.press('Shift+Tab')
  await expect(page.getByRole('toolbar').locator(':focus')).toHaveCount(1)
  await moveTo(page, 'ArrowRight', bold)
  await expectFocusRing(bold)
  await page.keyboard.press('Enter')
  await expect(text).toBeFocused()
  await page.keyboard.type('bold')
  await expect(text.locator('strong')).toHaveText('bold')

  await page.keyboard.press('Shift+Tab')
  const style = page.getByRole('button', { name: 'Text style' })
  await page.keyboard.press('Home')
  await moveTo(page, 'ArrowRight', style)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menu')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  await style.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menu')).toBeVisible()
  await page.keyboard.type('heading 2')
  await page.keyboard.press('Enter')
  await expect(text.locator('h2')).toHaveText('plain bold')
  await expect(text).toBeFocused()
})

test('Escape closes what is open and gives the focus back', async ({ server, join, doc }) => {
  const { page, text, connection, ...person } = await join(server, ada)
  await person.open(doc)
  const popups = [
    page.getByTestId('people').getByRole('button'),
    connection,
    page.getByRole('button', { name: 'Copy link' }),
  ]
  for (const trigger of popups.slice(0, 2)) {
    await trigger.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(trigger).toBeFocused()
  }
  await person.write('link me')
  for (const keys of ['Control+k', '/image']) {
    if (keys === '/image') await person.write(' /image\n')
    else await page.keyboard.press(keys)
    await expect(page.getByRole('dialog').getByLabel('Address')).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(text).toBeFocused()
  }
  await person.write('/')
  await expect(page.getByTestId('slash-menu')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByTestId('slash-menu')).toHaveCount(0)
  await expect(text).toBeFocused()
})

test('the bubble menu is reached from the selection and left again', async ({
  server,
  join,
  doc,
}) => {
  const { page, text, ...person } = await join(server, ada)
  await person.open(doc)
  await person.write('make this')
  await page.keyboard.press('Control+Shift+ArrowLeft')
  const menu = page.getByTestId('bubble-menu')
  await expect(menu).toBeVisible()
  await moveTo(page, 'Tab', menu.getByRole('button', { name: 'Bold' }))
  await page.keyboard.press('ArrowRight')
  await expect(menu.getByRole('button', { name: 'Italic' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(text.locator('em')).toHaveText('this')
  await expect(text).toBeFocused()
})
