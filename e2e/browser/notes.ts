import { expect, type BrowserContext, type Locator, type Page } from 'playwright/test'
import type { Application } from './application.ts'
import { watchTrouble, type Trouble } from './trouble.ts'

/** How a page of the application is opened; see pages/y-sweet-react/setup.ts. */
export interface NotesSetup {
  readonly doc: string
  readonly name: string
  /** Where its client tokens come from, if not from the application. */
  readonly auth?: string
  /** True if the page fetches them by itself. */
  readonly asFunction?: boolean
  /** A client token to begin with, encoded. */
  readonly token?: string
  readonly offline?: boolean
  /** As a developer has it. */
  readonly inDevelopment?: boolean
}

/** A page of the application in a browser. */
export interface Notes {
  readonly name: string
  readonly page: Page
  readonly trouble: Trouble
  readonly text: Locator
  /** The names of everybody else. */
  readonly others: Locator
  readonly status: Locator
  /** Types into the line with this label, and Enter. */
  enter(label: string, line: string): Promise<void>
  /** Presses a button by the keyboard: a click would wait for frames, which a page behind another has few of. */
  press(button: string): Promise<void>
  isSaved(): Promise<void>
  isUnsaved(): Promise<void>
  /** True if the browser would ask whether the page is to be left. */
  asksBeforeLeaving(): Promise<boolean>
  /** Closes the page. */
  leave(): Promise<void>
}

/** Opens a page of the application. */
export const openNotes = async (
  context: BrowserContext,
  { url }: Application,
  setup: NotesSetup,
): Promise<Notes> => {
  const page = await context.newPage()
  const trouble = await watchTrouble(page)
  const {
    doc,
    name,
    auth,
    asFunction = false,
    token,
    offline = false,
    inDevelopment = false,
  } = setup
  const query = new URLSearchParams({
    doc,
    name,
    ...(auth !== undefined && { auth }),
    ...(asFunction && { function: '' }),
    ...(token !== undefined && { token }),
    ...(offline && { offline: '' }),
  })
  await page.goto(`${url}${inDevelopment ? '/development/' : '/'}?${query.toString()}`)
  const saving = page.getByTestId('saving')
  return {
    name,
    page,
    trouble,
    text: page.getByTestId('text'),
    others: page.getByTestId('others'),
    status: page.getByTestId('status'),
    enter: async (label, line) => {
      const field = page.getByLabel(label, { exact: true })
      await field.fill(line)
      await field.press('Enter')
    },
    press: (button) => page.getByRole('button', { name: button }).press('Enter'),
    isSaved: () => expect(saving).toHaveText('saved'),
    isUnsaved: () => expect(saving).toHaveText('unsaved'),
    asksBeforeLeaving: () =>
      page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))),
    leave: async () => {
      trouble.stop()
      await page.close()
    },
  }
}

/** Watches from now on whether a page that shows this text is ever shown as saved; says so when it is asked. */
export const watchSaved = async (
  { page }: Notes,
  text: string,
): Promise<() => Promise<boolean>> => {
  const watch = await page.locator('main').evaluateHandle((main, awaited) => {
    const seen = { saved: false }
    const shown = (id: string): string =>
      main.querySelector(`[data-testid=${id}]`)?.textContent ?? ''
    new MutationObserver(() => {
      if (shown('text').includes(awaited) && shown('saving') === 'saved') seen.saved = true
    }).observe(main, { characterData: true, childList: true, subtree: true })
    return seen
  }, text)
  return () => watch.evaluate(({ saved }) => saved)
}
