/* The page of operations, with ten thousand documents in the store, on good lines and bad ones. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AxeBuilder } from '@axe-core/playwright'
import { connect, type Connected } from '@quire/provider'
import { SignJWT } from 'jose'
import { expect, test as base, type Page } from 'playwright/test'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { startProxy } from '../harness/tcp-proxy.ts'
import { fillStore, storedName } from './operations-store.ts'
import { lostConnection, watchTrouble, type Trouble } from './trouble.ts'

const DOCUMENTS = 10_000
const SECRET = 'a secret of more than thirty-two bytes'

/** A page whose trouble fails its test. */
type Visit = (url: string, size?: { width: number; height: number }) => Promise<Visitor>

interface Visitor {
  readonly page: Page
  readonly trouble: Trouble
}

const test = base.extend<
  { readonly visit: Visit; readonly write: (name: string) => Writer },
  { readonly server: ServerProcess }
>({
  server: [
    async ({}, use) => {
      const dataDir = await fillStore(DOCUMENTS)
      const server = await startServer({ dataDir })
      await use(server)
      await server.remove()
      await rm(dataDir, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  visit: async ({ browser }, use) => {
    const visitors: Visitor[] = []
    await use(async (url, size = { width: 1280, height: 900 }) => {
      const context = await browser.newContext({ viewport: size, acceptDownloads: true })
      const page = await context.newPage()
      const trouble = await watchTrouble(page)
      visitors.push({ page, trouble })
      await page.goto(url)
      return { page, trouble }
    })
    const list = visitors.flatMap(({ trouble }) => trouble.list)
    for (const { page, trouble } of visitors) {
      trouble.stop()
      await page.context().close()
    }
    expect(list, 'trouble in the pages').toEqual([])
  },
  write: async ({ server }, use) => {
    const open: Connected[] = []
    await use((name) => {
      const doc = new Y.Doc()
      const connected = connect({ url: server.url, document: name, doc, presence: false })
      open.push(connected)
      return { doc, connected }
    })
    for (const connected of open) connected.close()
  },
})

/** Somebody at a document. */
interface Writer {
  readonly doc: Y.Doc
  readonly connected: Connected
}

const line = (page: Page) => page.getByTestId('line')

const expectLive = (page: Page): Promise<void> =>
  expect(line(page)).toHaveAttribute('data-line', 'live', { timeout: 30_000 })

const accessible = async (page: Page, place: string): Promise<void> => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))
        }),
    )
    const { violations, passes } = await new AxeBuilder({ page })
      .setLegacyMode()
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
      .analyze()
    const found = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
    expect(found, `${place}, ${colorScheme}`).toEqual([])
    expect(passes.length, `${place}: rules that applied`).toBeGreaterThan(5)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

const documentUrl = (server: ServerProcess, name: string): string =>
  `${server.url}/admin/#/documents/${encodeURIComponent(name)}`

test('an operator finds one document of ten thousand, sees why it is big, and acts on it', async ({
  server,
  visit,
  write,
}, info) => {
  const name = storedName(7_777)
  const { doc, connected } = write(name)
  for (let i = 0; i < 20; i++) write(storedName(i))
  await expect.poll(() => connected.state.kind).toBe('live')
  for (let i = 0; i < 30; i++) doc.getText('body').insert(0, `words ${i} `)
  doc.getText('body').delete(0, 80)
  await connected.flush()

  const { page } = await visit(`${server.url}/admin`)
  await expect(page).toHaveURL(`${server.url}/admin/#/`.replace('#/', ''))
  await expectLive(page)
  await expect(page.getByTestId('busiest')).toContainText(storedName(1))
  await expect(page.locator('canvas')).toHaveCount(8)
  const cut = await page
    .locator('.plot')
    .evaluateAll((plots) =>
      plots.map((plot) => [
        plot.scrollWidth - plot.clientWidth,
        plot.scrollHeight - plot.clientHeight,
      ]),
    )
  expect(cut, 'what is cut off of plots').toEqual(cut.map(() => [0, 0]))
  await accessible(page, 'overview')
  await page.screenshot({ path: info.outputPath('overview.png'), fullPage: true })

  await page.getByRole('link', { name: 'Documents' }).click()
  await expect(page.getByTestId('listed')).toHaveText('50 shown')
  await page.getByTestId('more').click()
  await expect(page.getByTestId('listed')).toHaveText('100 shown')
  await page.getByTestId('sort-bytes').click()
  await expect(page.getByTestId('documents').locator('tbody tr').first()).toContainText(name)
  await accessible(page, 'documents')
  await page.getByTestId('search').fill('07777')
  await expect(page.getByTestId('listed')).toHaveText('1 shown, which is all')
  await page.getByRole('link', { name }).click()

  await expect(page.getByRole('heading', { name })).toBeVisible()
  await expect(page.getByTestId('sessions').locator('tbody tr')).toHaveCount(1)
  await expect(page.getByTestId('sessions')).toContainText('Quire, WebSocket')
  await page.getByTestId('take-apart').click()
  await expect(page.getByTestId('structs')).toContainText('in one update')
  const bytes = await page
    .getByTestId('anatomy')
    .locator('[data-bytes]')
    .evaluateAll((parts) =>
      parts.reduce((sum, part) => sum + Number(part.getAttribute('data-bytes')), 0),
    )
  const path = `/api/v1/operations/documents/${encodeURIComponent(name)}/export`
  const whole = await (await fetch(server.url + path)).arrayBuffer()
  expect(bytes, 'the parts are the whole').toBe(whole.byteLength)
  await accessible(page, 'one document')
  await page.screenshot({ path: info.outputPath('document.png'), fullPage: true })

  await page.getByTestId('compact').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByTestId('done')).toContainText('0 updates behind it')
  await expect(page.getByTestId('facts')).toContainText('Tail, updates0')

  await page.getByTestId('name-version').click()
  await accessible(page, 'naming a version')
  await page.getByTestId('keep-version').click()
  await expect(page.getByText('Give it a name.')).toBeVisible()
  await page.getByTestId('version-name').fill('before the move')
  await page.getByTestId('keep-version').click()
  await expect(page.getByTestId('versions')).toContainText('before the move')

  const downloading = page.waitForEvent('download')
  await page.getByTestId('export').click()
  const copy = new Y.Doc()
  Y.applyUpdate(copy, readFileSync(await (await downloading).path()))
  expect(copy.getText('body').toJSON()).toBe(doc.getText('body').toJSON())

  await page.getByTestId('kick').click()
  await page.getByTestId('confirm').click()
  await expect.poll(() => connected.state.kind).toBe('refused')
  await expect(page.getByTestId('sessions')).toContainText('Nobody has it open.')
})

test('who is refused appears as it happens, on a telephone as well', async ({
  server,
  visit,
}, info) => {
  const name = storedName(5)
  const { page } = await visit(`${server.url}/admin/#/trouble`, { width: 360, height: 740 })
  await expectLive(page)
  const bad = new WebSocket(`${server.yjsUrl}/${name}`)
  bad.once('open', () => bad.send(Uint8Array.of(0, 2, 5, 255, 255, 1)))
  const row = page.getByTestId('troubles').locator('tbody tr').filter({ hasText: name })
  await expect(row).toContainText('Refusal')
  await expect(row).toContainText('Sync message claims 5 bytes')
  await expect(row.locator('time')).toHaveAttribute('title', /\d{4}/)
  await page.getByRole('button', { name: 'Denials' }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: 'All' }).click()
  await accessible(page, 'trouble')
  for (const path of ['/', '/documents', `/documents/${encodeURIComponent(name)}`, '/trouble']) {
    await page.goto(`${server.url}/admin/#${path}`)
    await expect(page.locator('#main')).not.toBeEmpty()
    await expect(page.getByTestId('line')).toBeVisible()
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(beyond, `${path} is wider than a telephone`).toBeLessThanOrEqual(0)
    const tabs = await page.locator('.tabs').evaluate((own) => own.scrollWidth - own.clientWidth)
    expect(tabs, 'tabs that reach beyond their bar').toBe(0)
    await page.screenshot({ path: info.outputPath(`phone${path.replaceAll(/\W/g, '-')}.png`) })
  }
  await accessible(page, 'on a telephone')
})

test('all of it is reached and done with keys alone', async ({ server, visit }) => {
  const { page } = await visit(documentUrl(server, storedName(42)))
  await expect(page.getByTestId('compact')).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByText('Skip to the figures')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('#main')).toBeFocused()
  await page.getByTestId('compact').focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByTestId('compact')).toBeFocused()
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const duration = await page
    .getByTestId('compact')
    .evaluate((button) => getComputedStyle(button).transitionDuration)
  expect(Number.parseFloat(duration)).toBeLessThan(0.001)
})

test('a slow line shows it all, and one that is cut keeps the last figures and says how old they are', async ({
  server,
  visit,
}) => {
  const slow = await startProxy(server.port, { bytesPerSecond: 120_000 })
  const url = slow.yjsUrl.replace('ws:', 'http:').replace('/yjs', '/admin/')
  const { page, trouble } = await visit(url)
  trouble.expect(lostConnection)
  await expectLive(page)
  const tile = page.locator('.tile').first()
  const before = await tile.textContent()
  slow.freeze()
  await expect(line(page)).toContainText(/as of \d+ s ago/, { timeout: 20_000 })
  await expect(page.getByTestId('figures')).toHaveClass(/is-old/)
  await expect(tile).toHaveText(before ?? '')
  await slow.close()
  await expect(line(page)).toContainText('Reconnecting')
})

test('a server that is started anew is followed again, from its own beginning', async ({
  visit,
}) => {
  const own = await startServer()
  const { page, trouble } = await visit(`${own.url}/admin/`)
  trouble.expect(lostConnection)
  trouble.expect(/50[0-9]/)
  await expectLive(page)
  await own.end('SIGKILL')
  await expect(line(page)).toContainText(/Reconnecting · as of/, { timeout: 20_000 })
  await own.restart()
  await expectLive(page)
  await expect(page.getByTestId('figures')).not.toHaveClass(/is-old/)
  const runningFor = page.locator('.tile').filter({ hasText: 'Running for' })
  await expect(runningFor.locator('dd').first()).toHaveText(/^(\d+(\.\d)?) s$/)
  await own.remove()
})

const token = (claims: Readonly<Record<string, unknown>>, expires: string | number = '1h') =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(SECRET))

test('a token is asked for, said what is wrong with, kept in the tab alone, and held to', async ({
  visit,
}) => {
  const own = await startServer({ env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET } })
  const { page, trouble } = await visit(`${own.url}/admin/`)
  trouble.expect(/40[13]/)
  const field = page.getByTestId('token')
  const show = async (text: string): Promise<void> => {
    await field.fill(text)
    await page.getByTestId('log-in').click()
  }
  await expect(field).toBeVisible()
  await accessible(page, 'door')
  await show('')
  await expect(page.getByText('Paste a token.')).toBeVisible()
  await show('nonsense')
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await expect(page.locator('main')).toContainText('not a JWT')
  await show(await token({ docs: [{ name: '*', access: 'write' }] }))
  await expect(page.locator('main')).toContainText(/operations|run/)
  await show(await token({ operations: 'read' }, Math.floor(Date.now() / 1_000) - 60))
  await expect(page.locator('main')).toContainText('expired')

  await show(await token({ sub: 'olaf', operations: 'read' }))
  await expectLive(page)
  const kept = await page.evaluate(() => [
    Object.keys(localStorage).filter((key) => key.includes('token')).length,
    sessionStorage.getItem('quire:operations-token')?.startsWith('eyJ'),
    location.href.includes('eyJ'),
  ])
  expect(kept).toEqual([0, true, false])
  const client = new Y.Doc()
  const login = await token({ docs: [{ name: '*', access: 'write' }] })
  const writer = connect({
    url: own.url,
    document: 'notes',
    doc: client,
    presence: false,
    token: () => login,
  })
  client.getText('body').insert(0, 'x')
  await writer.flush()
  await page.goto(documentUrl(own, 'notes'))
  await expect(page.getByText('Your token lets you look.')).toBeVisible()
  await expect(page.getByTestId('compact')).toHaveCount(0)
  await expect(page.getByTestId('kick')).toHaveCount(0)
  writer.close()

  await page.getByRole('button', { name: 'Forget the token' }).click()
  await expect(field).toBeVisible()
  expect(await page.evaluate(() => sessionStorage.getItem('quire:operations-token'))).toBe('')

  const brought = await token({ operations: 'write' })
  const other = await visit(`${own.url}/admin/#token=${brought}`)
  await expectLive(other.page)
  expect(other.page.url()).not.toContain(brought)
  await expect(other.page.getByTestId('line')).toHaveText(/Live/)

  const short = await visit(
    `${own.url}/admin/#token=${await token({ operations: 'read' }, Math.floor(Date.now() / 1_000) + 6)}`,
  )
  short.trouble.expect(/401/)
  await expectLive(short.page)
  await expect(short.page.getByTestId('token')).toBeVisible({ timeout: 40_000 })
  await expect(short.page.locator('main')).toContainText('expired')
  await own.remove()
})

test('what a target of webhooks did not take is seen, and delivered again or dropped', async ({
  visit,
}) => {
  let status = 500
  const taken: string[] = []
  const target = createServer((request, response) => {
    request.resume()
    if (status < 300) taken.push(String(request.headers['webhook-id']))
    response.writeHead(status).end()
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo // TCP: not a pipe
  const own = await startServer({
    env: {
      QUIRE_WEBHOOK_URLS: `http://127.0.0.1:${port}/hook`,
      QUIRE_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      QUIRE_WEBHOOK_EVENTS: 'document.created',
      QUIRE_WEBHOOK_ALLOW_PRIVATE: 'on',
      QUIRE_MAX_WEBHOOK_ATTEMPTS: '1',
    },
  })
  const create = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const made = await fetch(`${own.url}/api/v1/documents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      })
      expect(made.status).toBe(201)
    }
  }
  await create(['lost', 'found'])
  const { page } = await visit(`${own.url}/admin/#/trouble`)
  const letters = page.getByTestId('dead-letters')
  await expect(letters.locator('tbody tr')).toHaveCount(2, { timeout: 30_000 })
  await expect(page.getByTestId('webhooks')).toContainText('127.0.0.1')
  await accessible(page, 'dead letters')
  const row = (name: string) => letters.locator('tbody tr').filter({ hasText: name })
  status = 204
  await row('found').getByRole('button', { name: 'Deliver again' }).click()
  await page.getByTestId('confirm').click()
  await expect(row('found')).toHaveCount(0)
  await expect.poll(() => taken.length).toBe(1)
  await row('lost').getByRole('button', { name: 'Drop' }).click()
  await page.getByTestId('confirm').click()
  await expect(letters).toContainText('Everything was delivered')

  status = 500
  await create(Array.from({ length: 102 }, (_, i) => `many-${i}`))
  await expect(letters).toContainText('The oldest 100 of 102.', { timeout: 60_000 })
  await expect(letters.locator('tbody tr')).toHaveCount(10)
  await letters.getByRole('button', { name: 'Show 100' }).click()
  await expect(letters.locator('tbody tr')).toHaveCount(100)
  status = 204
  await letters.getByRole('button', { name: 'Deliver all again' }).click()
  await page.getByTestId('confirm').click()
  await expect(letters).toContainText('Everything was delivered')
  await expect.poll(() => taken.length).toBe(103)
  await own.remove()
  target.close()
})
