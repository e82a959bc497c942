/*
 * `test` with an application of y-sweet's React package at an origin of its own, and servers that know it.
 * A test fails if any of its pages had trouble, like those of the editor.
 */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import type { BrowserContext } from 'playwright/test'
import { startServer, type ServerOptions, type ServerProcess } from '../harness/server-process.ts'
import { startApplication, type Application } from './application.ts'
import { test as base } from './fixtures.ts'
import { openNotes, type Notes, type NotesSetup } from './notes.ts'

interface TestFixtures {
  /** Starts a server that takes the application's pages. The application shows it this token, if any. */
  readonly serve: (options?: ServerOptions, token?: string) => Promise<ServerProcess>
  /** Opens a page of the application, in the browser of the test where it is given none. */
  readonly notes: (setup: NotesSetup, context?: BrowserContext) => Promise<Notes>
}

interface WorkerFixtures {
  readonly application: Application
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  application: [
    async ({}, use) => {
      const application = await startApplication()
      await use(application)
      await application.close()
    },
    { scope: 'worker' },
  ],
  serve: async ({ application }, use) => {
    const servers: ServerProcess[] = []
    await use(async ({ env, ...options } = {}, token) => {
      const server = await startServer({
        ...options,
        env: { ...env, QUIRE_ALLOWED_ORIGINS: application.url },
      })
      servers.push(server)
      application.use(`ys://${token === undefined ? '' : `${token}@`}127.0.0.1:${server.port}`)
      return server
    })
    for (const server of servers) await server.remove()
  },
  notes: async ({ application, context, serve }, use) => {
    void serve // it ends after the pages
    const opened: Notes[] = []
    await use(async (setup, browser = context) => {
      const notes = await openNotes(browser, application, setup)
      opened.push(notes)
      return notes
    })
    const trouble = opened.flatMap(({ name, trouble: { list } }) =>
      list.map((text) => `${name}: ${text}`),
    )
    for (const notes of opened) await notes.leave()
    if (trouble.length > 0) throw new Error(`trouble in the pages:\n${trouble.join('\n')}`)
  },
})

export { expect } from './fixtures.ts'
