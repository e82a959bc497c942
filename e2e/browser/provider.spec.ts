/* The client package in a real browser: a long document on a device, networks that are not what they should be, sleep. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import type { Page } from 'playwright/test'
import { expect, test as base } from 'playwright/test'
import { connect, type ProviderState } from '@quire/provider'
import { applyUpdate, Doc } from 'yjs'
import { baseOf, transactionsOf } from '../bench/load/corpus.ts'
import { SECRET, sign } from '../compat/servers/login.ts'
import { startHttpProxy, type HttpProxyOptions } from '../harness/http-proxy.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { buildPage } from './page-build.ts'
import { serveFiles, type ServedPage } from './served-page.ts'

const EDITS = 1_000
const DOCUMENT = 'automerge-paper'

interface TestFixtures {
  /** Of the server, beside what lets the page in. */
  readonly env: Readonly<Record<string, string>>
  readonly server: ServerProcess
  /** Opens a tab, and in it the document by way of an address. */
  readonly open: (url: string) => Promise<Opened>
}

interface Opened {
  readonly page: Page
  /** How long it took, milliseconds. */
  readonly ms: number
}

const test = base.extend<TestFixtures, { readonly served: ServedPage }>({
  served: [
    async ({}, use) => {
      const served = await serveFiles(
        await buildPage({ page: 'offline', base: '/', mode: 'production' }),
      )
      await use(served)
      await served.close()
    },
    { scope: 'worker' },
  ],
  env: [{}, { option: true }],
  open: async ({ served, context }, use) => {
    await use(async (url) => {
      const page = await context.newPage()
      await page.goto(served.url)
      const ms = await page.evaluate(([server, name]) => window.offline.connect(server, name), [
        url,
        DOCUMENT,
      ] as const)
      return { page, ms }
    })
  },
  server: async ({ served, env }, use) => {
    const origin = new URL(served.url).origin
    const server = await startServer({ env: { ...env, QUIRE_ALLOWED_ORIGINS: origin } })
    await use(server)
    await server.remove()
  },
})

/** What a server has on its disk. */
const readBack = async ({ url }: ServerProcess): Promise<string> => {
  const doc = new Doc()
  const reader = connect({ url, document: DOCUMENT, doc, presence: false })
  await expect.poll(() => reader.state.kind).toBe('live')
  reader.close()
  return doc.getText('text').toJSON()
}

/** Writes the document of 260,000 edits, and resolves with its length. */
const writeLong = async ({ url }: ServerProcess): Promise<number> => {
  const doc = new Doc()
  applyUpdate(doc, baseOf(await transactionsOf('automerge-paper')).update)
  const writer = connect({ url, document: DOCUMENT, doc, presence: false })
  expect(await writer.flush()).toEqual({ ok: true })
  writer.close()
  return doc.getText('text').length
}

const stateOf = (page: Page): Promise<ProviderState> =>
  page.evaluate(() => window.offline.connected().state)

const isLive = (page: Page): Promise<void> =>
  expect.poll(async () => (await stateOf(page)).kind, { timeout: 60_000 }).toBe('live')

const isSaved = (page: Page): Promise<void> =>
  expect.poll(async () => (await stateOf(page)).saved, { timeout: 60_000 }).toBe(true)

const edit = (page: Page, edits: number): Promise<void> =>
  page.evaluate((count) => window.offline.edit(count), edits)

test('with a thousand changes it opens from the device, and is saved once the server is back', async ({
  server,
  open,
}) => {
  const length = await writeLong(server)
  const first = await open(server.url)
  await isLive(first.page)
  await server.end('SIGTERM')
  await edit(first.page, EDITS)
  let { page } = first
  for (let i = 0; i < 3; i++) {
    await page.close()
    const again = await open(server.url)
    ;({ page } = again)
    process.stdout.write(`      without a server it is there after ${again.ms.toFixed(0)} ms\n`)
    const { state, characters } = await page.evaluate(() => window.offline.connected())
    expect(state.unsaved).toMatchObject({ changes: EDITS, unkept: 0 })
    expect(characters).toBe(length + EDITS)
  }
  await server.restart()
  const savedMs = await page.evaluate(() => window.offline.comeBack())
  process.stdout.write(`      with it all is saved after ${savedMs.toFixed(0)} ms\n`)
  const { characters } = await page.evaluate(() => window.offline.connected())
  expect((await readBack(server)).length).toBe(characters)
  expect(characters).toBe(length + EDITS)
})

const blocked: readonly (readonly [string, HttpProxyOptions])[] = [
  ['refuses WebSockets', { webSockets: 'refuse' }],
  ['lets WebSockets hang', { webSockets: 'hang' }],
  ['cuts sockets and answers after three seconds', { webSockets: 'cut', cutAfterMs: 3_000 }],
]
for (const [what, options] of blocked)
  test(`behind a proxy that ${what}`, async ({ server, open }) => {
    test.slow()
    const proxy = await startHttpProxy(server.port, options)
    try {
      const { page } = await open(proxy.url)
      await isLive(page)
      await edit(page, 10)
      await isSaved(page)
      await expect.poll(() => proxy.asked.posts, { timeout: 90_000 }).toBeGreaterThan(0)
      await isLive(page)
      await edit(page, 10)
      await isSaved(page)
      expect(await readBack(server)).toHaveLength(20)
      proxy.setWebSockets('pass')
      await expect.poll(() => proxy.webSockets.size, { timeout: 60_000 }).toBe(1)
      await isLive(page)
      await edit(page, 10)
      await isSaved(page)
      expect(await readBack(server)).toHaveLength(30)
    } finally {
      await proxy.close()
    }
  })

test.describe('with logins', () => {
  test.use({ env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET } })

  test('after an hour of sleep, in which its login has ended, it signs in anew', async ({
    server,
    open,
    context,
  }) => {
    const given: number[] = []
    const lifeSeconds = 3
    await context.exposeFunction('token', () => {
      const exp = Math.floor(Date.now() / 1_000) + lifeSeconds
      given.push(exp)
      return sign({ sub: 'ada', exp, docs: [{ name: DOCUMENT, access: 'write' }] })
    })
    await context.clock.install()
    const { page } = await open(server.url)
    await context.clock.runFor(1_000)
    await isLive(page)
    const tokens = given.length
    await context.setOffline(true)
    await page.evaluate(() => dispatchEvent(new Event('offline')))
    await context.clock.fastForward('01:00:00')
    await expect.poll(() => Date.now() / 1_000 > (given.at(-1) ?? 0)).toBe(true)
    await page.evaluate(() => void window.offline.edit(10))
    expect((await stateOf(page)).saved).toBe(false)
    await context.setOffline(false)
    await expect(async () => {
      await context.clock.runFor(1_000)
      expect(await stateOf(page)).toMatchObject({ kind: 'live', saved: true, user: 'ada' })
    }).toPass()
    expect(given.length).toBeGreaterThan(tokens)
  })
})
