import { expectSame } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import type { Person } from './person.ts'

const selectLastWord = async (person: Person): Promise<void> => {
  await person.text.press('Control+End')
  await person.text.press('Control+Shift+ArrowLeft')
}

test('the bubble menu formats what is selected', async ({ server, join, doc }) => {
  const [writer, reader] = [await join(server, ada), await join(server, bob)]
  await Promise.all([writer.open(doc), reader.open(doc)])
  await writer.write('make this word')
  const menu = writer.page.getByTestId('bubble-menu')
  await expect(menu).toBeHidden()
  await selectLastWord(writer)
  await expect(menu).toBeVisible()
  for (const [label, selector] of [
    ['Bold', 'strong'],
    ['Italic', 'em'],
    ['Underline', 'u'],
    ['Strikethrough', 's'],
    ['Inline code', 'code'],
  ] as const) {
    const control = menu.getByRole('button', { name: label })
    await expect(control).toHaveAttribute('aria-pressed', 'false')
    await control.click()
    await expect(control).toHaveAttribute('aria-pressed', 'true')
    await expect(reader.text.locator(selector)).toContainText('word')
    await expectSame(writer, reader)
    await control.click()
    await expect(reader.text.locator(selector)).toHaveCount(0)
  }
  await writer.text.press('ArrowRight')
  await expect(menu).toBeHidden()
})

test('a link is made, changed and removed over the selection', async ({ server, join, doc }) => {
  const [writer, reader] = [await join(server, ada), await join(server, bob)]
  await Promise.all([writer.open(doc), reader.open(doc)])
  const { page } = writer
  await writer.write('read the manual')
  await selectLastWord(writer)
  await page.getByTestId('bubble-menu').getByRole('button', { name: 'Link' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill('example.org/manual')
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(writer.text).toBeFocused()
  const link = reader.text.getByRole('link', { name: 'manual' })
  await expect(link).toHaveAttribute('href', 'https://example.org/manual')
  await expect(link).toHaveAttribute('rel', /noopener/)

  await writer.text.press('Control+k')
  await expect(dialog.getByLabel('Address')).toHaveValue('https://example.org/manual')
  await dialog.getByLabel('Address').fill('ada@example.org')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(link).toHaveAttribute('href', 'mailto:ada@example.org')

  await writer.text.press('Control+k')
  await dialog.getByRole('button', { name: 'Remove link' }).click()
  await expect(link).toHaveCount(0)
  await expect(reader.text).toContainText('read the manual')
  await expectSame(writer, reader)
})

test('links that would run script are refused', async ({ server, join, doc }) => {
  const [writer, reader] = [await join(server, ada), await join(server, bob)]
  await Promise.all([writer.open(doc), reader.open(doc)])
  const { page } = writer
  await writer.write('do not click')
  await selectLastWord(writer)
  await writer.text.press('Control+k')
  const dialog = page.getByRole('dialog')
  for (const bad of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
  ]) {
    await dialog.getByLabel('Address').fill(bad)
    await page.keyboard.press('Enter')
    await expect(dialog.getByLabel('Address')).toHaveAttribute('aria-invalid', 'true')
  }
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(writer.text.locator('a')).toHaveCount(0)
  await expect(reader.text.locator('a')).toHaveCount(0)
})

test('a pasted page keeps its text and loses its script', async ({ server, join, doc }) => {
  const [writer, reader] = [await join(server, ada), await join(server, bob)]
  await Promise.all([writer.open(doc), reader.open(doc)])
  // The clipboard is parsed in an inert document: the browser reports what it never runs.
  writer.trouble.expect(/script-src-attr|inline event handler/)
  await writer.text.focus()
  await writer.text.evaluate((editor) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData(
      'text/html',
      '<h2 onclick="alert(1)" style="position:fixed">Pasted</h2>' +
        '<p><a href="javascript:alert(1)">bad</a> <a href="https://example.org/">good</a></p>' +
        '<script>alert(1)</script><img src="javascript:alert(1)" onerror="alert(1)">' +
        '<iframe src="https://example.org/"></iframe>',
    )
    const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    editor.dispatchEvent(paste)
  })
  for (const { text } of [writer, reader]) {
    await expect(text.locator('h2')).toHaveText('Pasted')
    await expect(text.getByRole('link', { name: 'good' })).toBeVisible()
    await expect(text).toContainText('bad')
    await expect(text.locator('[onclick], [onerror], script, iframe, [style*=fixed]')).toHaveCount(
      0,
    )
    await expect(text.locator('[href^=javascript], [src^=javascript]')).toHaveCount(0)
  }
  await expectSame(writer, reader)
})
