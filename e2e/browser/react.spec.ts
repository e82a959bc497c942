/* The package's hooks in real React, as a developer has it: every component is mounted twice. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import type { Page } from 'playwright/test'
import { SECRET, sign } from '../compat/servers/login.ts'
import { startServer, type ServerOptions, type ServerProcess } from '../harness/server-process.ts'
import { expect, test as base } from './fixtures.ts'
import { buildPage } from './page-build.ts'
import { serveFiles, type ServedPage } from './served-page.ts'
import { lostConnection, watchTrouble, type Trouble } from './trouble.ts'

/** A page of the application. */
interface Notes {
  readonly page: Page
  readonly trouble: Trouble
  /** Sockets that were opened, and those of them that are open. */
  readonly sockets: { opened: number; open: number }
  press(button: string): Promise<void>
  /** The page shows these, by their test ids. */
  shows(expected: Readonly<Record<string, string>>): Promise<void>
}

interface TestFixtures {
  readonly serve: (options?: ServerOptions) => Promise<ServerProcess>
  /** Opens a page whose address says this beside the server and the document. */
  readonly notes: (server: ServerProcess, query: Record<string, string>) => Promise<Notes>
}

const test = base.extend<TestFixtures, { readonly served: ServedPage }>({
  served: [
    async ({}, use) => {
      const served = await serveFiles(
        await buildPage({ page: 'react', base: '/', mode: 'development' }),
      )
      await use(served)
      await served.close()
    },
    { scope: 'worker' },
  ],
  serve: async ({ served }, use) => {
    const servers: ServerProcess[] = []
    await use(async ({ env, ...options } = {}) => {
      const QUIRE_ALLOWED_ORIGINS = new URL(served.url).origin
      const server = await startServer({ ...options, env: { ...env, QUIRE_ALLOWED_ORIGINS } })
      servers.push(server)
      return server
    })
    for (const server of servers) await server.remove()
  },
  notes: async ({ served, context, doc, serve }, use) => {
    void serve // it ends after the pages
    const opened: Notes[] = []
    await use(async (server, query) => {
      const page = await context.newPage()
      const notes = await openNotes(page)
      opened.push(notes)
      const asked = new URLSearchParams({ server: server.url, doc, ...query })
      await page.goto(`${served.url}?${asked}`)
      return notes
    })
    for (const { trouble } of opened) trouble.stop()
    expect(opened.flatMap(({ trouble }) => trouble.list)).toEqual([])
  },
})

const openNotes = async (page: Page): Promise<Notes> => {
  const trouble = await watchTrouble(page)
  const sockets = { opened: 0, open: 0 }
  page.on('websocket', (socket) => {
    sockets.opened++
    sockets.open++
    socket.on('close', () => sockets.open--)
  })
  return {
    page,
    trouble,
    sockets,
    // by the keyboard: a click would wait for frames, which a page behind another has few of
    press: (button) => page.getByRole('button', { name: button }).press('Enter'),
    shows: async (expected) => {
      for (const [id, text] of Object.entries(expected))
        await expect(page.getByTestId(id)).toHaveText(text)
    },
  }
}

const open = async ({ sockets }: Notes, expected: Notes['sockets']): Promise<void> =>
  expect.poll(() => ({ ...sockets })).toEqual(expected)

test('a component that is mounted twice has one connection, and shows the state and who is here', async ({
  serve,
  notes,
}) => {
  const server = await serve()
  const ada = await notes(server, { name: 'Ada' })
  await ada.shows({ kind: 'live', saved: 'true', people: 'Ada here' })
  const bob = await notes(server, { name: 'Bob' })
  await bob.shows({ kind: 'live', people: 'Ada, Bob here' })
  await ada.shows({ people: 'Ada here, Bob' })

  const people = ada.page.getByTestId('people')
  const maps = await people.getAttribute('data-maps')
  await bob.press('Write')
  for (const each of [ada, bob]) await each.shows({ text: 'Written.', saved: 'true' })
  await ada.press('Render again')
  await ada.shows({ renders: '2' })
  expect(await people.getAttribute('data-maps')).toBe(maps)

  await bob.press('Leave')
  await open(bob, { opened: 1, open: 0 })
  await ada.shows({ people: 'Ada here', kind: 'live' })
  await open(ada, { opened: 1, open: 1 })
})

test('a token function may be another one with each render', async ({ serve, notes, doc }) => {
  const server = await serve({ env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET } })
  const token = sign({ sub: 'ada', docs: [{ name: doc, access: 'write' }] })
  const ada = await notes(server, { name: 'Ada', token })
  await ada.shows({ kind: 'live', people: 'Ada (ada) here', tokens: '1' })
  for (let i = 0; i < 5; i++) await ada.press('Render again')
  await ada.press('Write')
  await ada.shows({ renders: '6', kind: 'live', saved: 'true', tokens: '1' })
  await open(ada, { opened: 1, open: 1 })
})

test('another document is another connection, and nothing of the one is in the other', async ({
  serve,
  notes,
}) => {
  const server = await serve()
  const ada = await notes(server, { name: 'Ada' })
  await ada.press('Write')
  await ada.shows({ text: 'Written.', saved: 'true' })
  const bob = await notes(server, { name: 'Bob' })
  await bob.shows({ people: 'Ada, Bob here' })

  await ada.press('Second')
  await bob.shows({ people: 'Bob here' })
  await ada.shows({ kind: 'live', text: '', people: 'Ada here' })
  await ada.press('Write')
  await ada.shows({ text: 'Written.', saved: 'true' })
  await bob.press('Second')
  await bob.shows({ text: 'Written.', people: 'Ada, Bob here' })
  await ada.press('First')
  await ada.shows({ kind: 'live', text: 'Written.', people: 'Ada here' })
})

test('what was written without a server is sent, though its component has gone', async ({
  serve,
  notes,
}) => {
  const server = await serve()
  const ada = await notes(server, { name: 'Ada' })
  await ada.shows({ kind: 'live' })
  ada.trouble.expect(lostConnection)
  await server.end('SIGKILL')
  await ada.press('Write')
  await ada.shows({ kind: 'waiting', saved: 'false' })
  await ada.press('Leave')
  // who comes back before it is sent has it, and is the same client
  await ada.press('First')
  await ada.shows({ kind: 'waiting', saved: 'false', text: 'Written.', people: 'Ada here' })
  await ada.press('Leave')
  await server.restart()
  const bob = await notes(server, { name: 'Bob' })
  await bob.shows({ kind: 'live', text: 'Written.', people: 'Bob here' })
  await expect.poll(() => ada.sockets.open).toBe(0)
})

test("a document of the application's outlives the component", async ({ serve, notes }) => {
  const server = await serve()
  const ada = await notes(server, { name: 'Ada', owns: '' })
  await ada.press('Write')
  await ada.shows({ kind: 'live', saved: 'true', text: 'Written.' })
  await ada.press('Leave')
  await open(ada, { opened: 1, open: 0 })
  await ada.press('First')
  await ada.shows({ kind: 'live', text: 'Written.', people: 'Ada here' })
  await ada.press('Write')
  await ada.shows({ saved: 'true', text: 'Written. Written.' })
  await open(ada, { opened: 2, open: 1 })
  const bob = await notes(server, { name: 'Bob' })
  await bob.shows({ text: 'Written. Written.', people: 'Ada, Bob here' })
})
