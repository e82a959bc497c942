/* The examples of editors: two people write in each, in browsers of their own, with a real server. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import type { Browser, Locator, Page } from 'playwright/test'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { expect, test as base } from './fixtures.ts'
import { buildPage } from './page-build.ts'
import { serveFiles, type ServedPage } from './served-page.ts'
import { lostConnection, watchTrouble, type Trouble } from './trouble.ts'

interface Example {
  readonly name: 'tiptap' | 'prosemirror' | 'codemirror' | 'lexical' | 'monaco'
  /** What is typed into. */
  readonly input: string
  /** What shows the text. */
  readonly text: string
  /** What stands at the caret of somebody else who is called Ada. */
  readonly caret: (page: Page) => Promise<void>
}

const named = (selector: string) => (page: Page) =>
  expect(page.locator(selector, { hasText: 'Ada' }).last()).toBeAttached()

const EXAMPLES: readonly Example[] = [
  {
    name: 'tiptap',
    input: '.tiptap',
    text: '.tiptap',
    caret: named('.collaboration-carets__label'),
  },
  {
    name: 'prosemirror',
    input: '.ProseMirror',
    text: '.ProseMirror',
    caret: named('.ProseMirror-yjs-cursor'),
  },
  {
    name: 'codemirror',
    input: '.cm-content',
    text: '.cm-content',
    caret: named('.cm-ySelectionInfo'),
  },
  {
    name: 'lexical',
    input: '[contenteditable]',
    text: '[contenteditable]',
    caret: named('body > div span'),
  },
  {
    name: 'monaco',
    input: '.monaco-editor .native-edit-context',
    text: '.monaco-editor .view-lines',
    caret: async (page) => {
      const label = page.locator('.yRemoteSelectionHead')
      const content = (): Promise<string> =>
        label.evaluate((element) => getComputedStyle(element, '::after').content)
      await expect(label).toHaveCount(1)
      await expect.poll(content).toBe('"Ada"')
    },
  },
]

interface Writer {
  readonly page: Page
  readonly trouble: Trouble
  readonly text: Locator
  readonly status: Locator
  write(text: string): Promise<void>
}

interface Opening {
  readonly example: Example
  readonly url: string
  readonly name: string
}

const openExample = async (browser: Browser, { example, url, name }: Opening): Promise<Writer> => {
  const page = await (await browser.newContext()).newPage()
  const trouble = await watchTrouble(page)
  await page.goto(`${url}&name=${name}`)
  const input = page.locator(example.input)
  return {
    page,
    trouble,
    text: page.locator(example.text),
    status: page.getByRole('status'),
    write: async (text) => {
      await input.focus()
      await input.press('ControlOrMeta+End')
      await page.keyboard.type(text)
    },
  }
}

const test = base.extend<{ readonly documents: ServerProcess }, { readonly served: ServedPage }>({
  served: [
    async ({}, use) => {
      const built = []
      for (const { name } of EXAMPLES)
        built.push(
          await buildPage({
            page: `web/examples/${name}`,
            base: `/${name}/`,
            mode: 'production',
          }),
        )
      const served = await serveFiles(built.flat())
      await use(served)
      await served.close()
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  documents: async ({ served }, use) => {
    const server = await startServer({
      env: { QUIRE_ALLOWED_ORIGINS: new URL(served.url).origin },
    })
    await use(server)
    await server.remove()
  },
})

for (const example of EXAMPLES)
  test(`${example.name}: what one writes the other sees, with their caret, and a reload shows it`, async ({
    browser,
    served,
    documents,
    doc,
  }) => {
    const asked = new URLSearchParams({ server: documents.url, doc })
    const url = `${served.url}${example.name}/?${asked}`
    const ada = await openExample(browser, { example, url, name: 'Ada' })
    const bob = await openExample(browser, { example, url, name: 'Bob' })
    for (const { status } of [ada, bob]) await expect(status).toHaveText('Saved')
    await ada.write('By Ada.')
    await expect(bob.text).toContainText('By Ada.')
    await expect(ada.status).toHaveText('Saved')
    await example.caret(bob.page)
    await bob.write(' By Bob.')
    await expect(ada.text).toContainText('By Ada. By Bob.')

    for (const { trouble } of [ada, bob]) trouble.expect(lostConnection)
    await documents.end('SIGTERM')
    await ada.write(' Offline.')
    await expect(ada.status).toHaveText(/^Offline: \d+ changes? kept on this device$/)
    // another tab hears of it once it is on the device's disk
    const tab = await ada.page.context().newPage()
    await tab.goto(`${url}&name=Ada`)
    await expect(tab.locator(example.text)).toContainText('By Bob. Offline.')
    await tab.close()
    await ada.page.reload()
    await expect(ada.text).toContainText('By Bob. Offline.')
    await documents.restart()
    for (const { status, text } of [ada, bob]) {
      await expect(text).toContainText('By Ada. By Bob. Offline.')
      await expect(status).toHaveText('Saved')
    }
    await bob.page.reload()
    await expect(bob.text).toContainText('By Ada. By Bob. Offline.')
    for (const { page, trouble } of [ada, bob]) {
      trouble.stop()
      expect(trouble.list).toEqual([])
      await page.context().close()
    }
  })
