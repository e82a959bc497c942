/*
 * `test` with a running server and people at browsers of their own. A test fails if any of its pages
 * had an error on the console, a failed request or a violation of the content security policy.
 */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import { test as base, type BrowserContext } from 'playwright/test'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { openContext, seatPerson, type Person, type Seat, type Who } from './person.ts'

/** Ada: the first at the table. */
export const ada: Who = { name: 'Ada Lovelace', colour: '#4f46e5' }
/** Bob: the second. */
export const bob: Who = { name: 'Bob Noyce', colour: '#b42318' }
/** Cleo: who comes late. */
export const cleo: Who = { name: 'Cleo Rocha', colour: '#0f766e' }

/** Seats someone at a server; `null` is a first visit. Given a seat, in a browser never used before. */
export type Join = (
  server: ServerProcess,
  who: Who | null,
  seat?: Omit<Seat, 'url' | 'who'>,
) => Promise<Person>

/** Browsers that are kept from test to test, by person: their caches make the pages load faster. */
type Browsers = Map<Who, BrowserContext>

export interface TestFixtures {
  /** A name that no other test uses. */
  readonly doc: string
  readonly join: Join
  /** A server for this test alone, to be stopped and killed. */
  readonly ownServer: ServerProcess
}

export interface WorkerFixtures {
  /** A server that the tests share; each has its own documents. */
  readonly server: ServerProcess
  readonly browsers: Browsers
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  server: [
    async ({}, use) => {
      const server = await startServer()
      await use(server)
      await server.remove()
    },
    { scope: 'worker' },
  ],
  ownServer: async ({}, use) => {
    const server = await startServer()
    await use(server)
    await server.remove()
  },
  doc: async ({}, use, info) => use(`test-${info.testId}`),
  browsers: [
    async ({}, use) => {
      const browsers: Browsers = new Map()
      await use(browsers)
      for (const context of browsers.values()) await context.close()
    },
    { scope: 'worker' },
  ],
  join: async ({ browser, browsers, server: shared }, use) => {
    const people: Person[] = []
    const fresh: BrowserContext[] = []
    await use(async (server, who, options) => {
      const seat = { ...options, url: server.url, who }
      const keeps = server === shared && options === undefined
      const kept = keeps && who !== null ? browsers.get(who) : undefined
      const context = kept ?? (await openContext(browser, seat))
      if (keeps && who !== null) browsers.set(who, context)
      else fresh.push(context)
      const person = await seatPerson(context, seat)
      people.push(person)
      return person
    })
    const trouble = people.flatMap((person) =>
      person.trouble.list.map((text) => `${person.who?.name ?? 'a visitor'}: ${text}`),
    )
    for (const person of people) await person.leave()
    for (const context of fresh) await context.close()
    if (trouble.length > 0) throw new Error(`trouble in the pages:\n${trouble.join('\n')}`)
  },
})

export { expect } from 'playwright/test'
