import { expect, type Browser, type BrowserContext, type Locator, type Page } from 'playwright/test'
import { watchTrouble, type Trouble } from './trouble.ts'

/** Who sits at a browser of their own. */
export interface Who {
  readonly name: string
  readonly colour: `#${string}`
}

/** How their browser is set up. */
export interface Seat {
  /** Base address of the server, without a slash at the end. */
  readonly url: string
  /** Null for a first visit: the page does not know them. */
  readonly who: Who | null
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
}

/** A browser of its own: no storage, cache or cookie is shared with another context. */
export const openContext = (browser: Browser, seat: Seat): Promise<BrowserContext> =>
  browser.newContext({
    viewport: seat.viewport ?? { width: 1280, height: 800 },
    colorScheme: seat.colorScheme ?? 'light',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...(seat.who === null ? {} : { storageState: knownTo(seat.url, seat.who) }),
  })

/** One person at a page in a browser context of their own. */
export interface Person {
  readonly who: Who | null
  readonly url: string
  readonly context: BrowserContext
  readonly page: Page
  readonly trouble: Trouble
  /** The writing surface; there once the document has arrived. */
  readonly text: Locator
  readonly connection: Locator
  /** Opens a document by its address and waits until it can be written in. */
  open(name: string): Promise<void>
  /** Waits until the document is live and editable. */
  canWrite(): Promise<void>
  /** Puts the caret at the end of the document and types. */
  write(text: string): Promise<void>
  /** All that was written is on the server's disk, so that leaving the page asks nothing. */
  isSaved(): Promise<void>
  /** Closes the page. */
  leave(): Promise<void>
}

/** Opens a page for a person in their browser. */
export const seatPerson = async (context: BrowserContext, seat: Seat): Promise<Person> => {
  const { url, who } = seat
  const page = await context.newPage()
  const trouble = await watchTrouble(page)
  const text = page.locator('[data-testid=editor] .ProseMirror')
  const connection = page.getByTestId('connection-state')
  const canWrite = async (): Promise<void> => {
    await expect(connection).toHaveAttribute('data-state', 'live')
    await expect(text).toHaveAttribute('contenteditable', 'true')
  }
  return {
    who,
    url,
    context,
    page,
    trouble,
    text,
    connection,
    canWrite,
    open: async (name) => {
      await page.goto(url + documentPath(name))
      await canWrite()
    },
    write: async (typed) => {
      await toEnd(text)
      await page.keyboard.type(typed)
    },
    isSaved: () => expect(page.getByTestId('saving-state')).toHaveText('Saved'),
    leave: async () => {
      trouble.stop()
      await page.close()
    },
  }
}

/** The address of a document below the server's: each segment of its name percent-encoded. */
export const documentPath = (name: string): string =>
  `/p/${name.split('/').map(encodeURIComponent).join('/')}`

/** Puts the caret at the very end of the text. */
export const toEnd = async (text: Locator): Promise<void> => {
  await text.focus()
  await text.press('Control+End')
}

/** How many people someone sees, themselves included. */
export const expectPeople = (person: Person, count: number, timeout = 15_000): Promise<void> =>
  expect(person.page.getByTestId('people')).toHaveAttribute('data-count', String(count), {
    timeout,
  })

/** The key of the identity is the page's own; see web/editor/src/identity/me.ts. */
const knownTo = (url: string, who: Who) => ({
  cookies: [],
  origins: [{ origin: url, localStorage: [{ name: 'quire:me', value: JSON.stringify(who) }] }],
})
