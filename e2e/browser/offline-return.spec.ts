/* A long document on a device: how soon it is there without a server, and how soon the server has what was changed. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import type { Page } from 'playwright/test'
import { expect, test as base } from 'playwright/test'
import { connect } from '@quire/provider'
import { applyUpdate, Doc } from 'yjs'
import { baseOf, transactionsOf } from '../bench/load/corpus.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { buildPage } from './page-build.ts'
import { serveFiles, type ServedPage } from './served-page.ts'

const EDITS = 1_000
const DOCUMENT = 'automerge-paper'

const test = base.extend<{ readonly server: ServerProcess }, { readonly served: ServedPage }>({
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
  server: async ({ served }, use) => {
    const origin = new URL(served.url).origin
    const server = await startServer({ env: { QUIRE_ALLOWED_ORIGINS: origin } })
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

test('with a thousand changes it opens from the device, and is saved once the server is back', async ({
  server,
  served,
  context,
}) => {
  const length = await writeLong(server)
  const tab = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(served.url)
    return page
  }
  const open = (page: Page): Promise<number> =>
    page.evaluate(([url, name]) => window.offline.connect(url, name), [
      server.url,
      DOCUMENT,
    ] as const)

  const first = await tab()
  await open(first)
  await expect.poll(() => first.evaluate(() => window.offline.connected().state.kind)).toBe('live')
  await server.end('SIGTERM')
  await first.evaluate((edits) => window.offline.edit(edits), EDITS)
  await first.close()
  let page = first
  for (let i = 0; i < 3; i++) {
    if (i > 0) await page.close()
    page = await tab()
    const openMs = await open(page)
    process.stdout.write(`      without a server it is there after ${openMs.toFixed(0)} ms\n`)
    const { state, characters } = await page.evaluate(() => window.offline.connected())
    expect(state.unsaved).toMatchObject({ changes: EDITS, unkept: 0 })
    expect(characters).toBe(length + EDITS)
  }
  await server.restart()
  const savedMs = await page.evaluate(() => window.offline.comeBack())
  process.stdout.write(`      with it all is saved after ${savedMs.toFixed(0)} ms\n`)
  const text = await page.evaluate(() => window.offline.connected().characters)
  expect((await readBack(server)).length).toBe(text)
  expect(text).toBe(length + EDITS)
})
