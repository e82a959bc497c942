/* The editor without a network, or without a server: what a person sees, and what the server has in the end. */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import type { ServerProcess } from '../harness/server-process.ts'
import { expectSame, expectText, wordsOf } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import { documentPath, seatPerson, type Person } from './person.ts'
import { lostConnection } from './trouble.ts'

/** Waits until the browser could open the editor by itself. */
const keepsShell = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (navigator.serviceWorker.controller !== null) return
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true })
    })
  })

/** Another tab of the same browser. */
const tabOf = async ({ context, url, who }: Person): Promise<Person> => {
  const tab = await seatPerson(context, { url, who })
  tab.trouble.expect(lostConnection)
  return tab
}

const expectAccessible = async (page: Page): Promise<void> => {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
}

const openAway = async (tab: Person, name: string): Promise<void> => {
  await tab.page.goto(tab.url + documentPath(name))
  await expect(tab.text).toHaveAttribute('contenteditable', 'true')
}

const kept = (changes: number): string =>
  `Offline: ${changes === 1 ? '1 change' : `${changes} changes`} kept on this device`

/** Another document under every name: what the server had is gone. */
const startAnew = async (server: ServerProcess): Promise<void> => {
  await server.end('SIGKILL')
  await rm(server.dataDir, { recursive: true, force: true })
  await server.restart()
}

test('a reload without a server shows the text and what is not saved; so does a new tab', async ({
  ownServer,
  join,
  doc,
}, info) => {
  const person = await join(ownServer, ada)
  person.trouble.expect(lostConnection)
  await person.open(doc)
  await person.write('Saved.')
  await person.isSaved()
  await keepsShell(person.page)
  await ownServer.end('SIGKILL')
  await person.write(' Not')
  await expect(person.connection).toHaveText(kept(4))
  await person.page.reload()
  await expect(person.connection).toHaveText(kept(4))
  expect(await wordsOf(person.text)).toBe('Saved. Not')

  const tab = await tabOf(person)
  await openAway(tab, doc)
  expect(await wordsOf(tab.text)).toBe('Saved. Not')
  await tab.write(' yet')
  await expectText(person, 'Saved. Not yet')
  await person.write('!')
  await expectText(tab, 'Saved. Not yet!')

  await tab.page.goto(tab.url)
  await expect(tab.page.getByTestId('recent-documents')).toContainText('Saved. Not yet')
  await expect(tab.page.getByTestId('kept-here')).toHaveCount(1)
  await expectAccessible(tab.page)
  await tab.page.screenshot({ path: info.outputPath('home.png') })
  await person.page.screenshot({ path: info.outputPath('offline.png') })
  await tab.leave()
  await ownServer.restart()
  await person.canWrite()
  await person.isSaved()
  const other = await join(ownServer, bob)
  await other.open(doc)
  expect(await expectSame(person, other)).toContain('Saved. Not yet!')
})

test('what a captive portal answers is not kept: the next reload without a network shows the editor', async ({
  ownServer,
  join,
  doc,
}) => {
  const person = await join(ownServer, ada)
  const { page } = person
  for (const pattern of [lostConnection, /WebSocket|service worker|ServiceWorker|MIME/])
    person.trouble.expect(pattern)
  await person.open(doc)
  await person.write('Saved.')
  await person.isSaved()
  await keepsShell(page)
  await ownServer.end('SIGKILL')
  const portal = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<title>Portal</title>Log in')
  })
  portal.listen(Number(new URL(ownServer.url).port), '127.0.0.1')
  await once(portal, 'listening')
  await page.reload()
  await expect(page).toHaveTitle('Portal')
  const answers = await page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith('quire-shell-'))
    const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
    const assets = kept.flat().filter(({ url }) => new URL(url).pathname.startsWith('/assets/'))
    const registration = await navigator.serviceWorker.ready
    await registration.update().catch(() => undefined) // the portal's answer is no script
    return Promise.all(
      assets.map(async ({ url }) => (await fetch(url)).headers.get('content-type')),
    )
  })
  expect(answers.length).toBeGreaterThan(0)
  for (const type of answers) expect(type).not.toContain('text/html')
  portal.close()
  portal.closeAllConnections()
  await once(portal, 'close')
  await page.reload()
  await expectText(person, 'Saved.')
  await ownServer.restart()
  await person.canWrite()
})

test('a document that is begun offline is on the server once that is reached', async ({
  ownServer,
  join,
}) => {
  const person = await join(ownServer, ada)
  const { page, context } = person
  person.trouble.expect(lostConnection)
  await page.goto(ownServer.url)
  await keepsShell(page)
  await context.setOffline(true)
  await page.reload()
  await expect(page.getByTestId('offline-notice')).toBeVisible()
  await expectAccessible(page)
  await page.getByTestId('new-document').click()
  await expect(person.text).toHaveAttribute('contenteditable', 'true')
  await person.write('Begun')
  await expect(person.connection).toHaveText(/^Offline: \d+ changes kept on this device$/)
  // all of them: until then a page that is left asks first
  const mayLeave = () => dispatchEvent(new Event('beforeunload', { cancelable: true }))
  await expect.poll(() => page.evaluate(mayLeave)).toBe(true)
  await page.reload()
  await expectText(person, 'Begun')
  await context.setOffline(false)
  await person.canWrite()
  await person.isSaved()
  const other = await join(ownServer, bob)
  await other.page.goto(page.url())
  await other.canWrite()
  await expectText(other, 'Begun')
})

test('a document that is nowhere on the device says so, and opens once the server is back', async ({
  ownServer,
  join,
  doc,
}) => {
  const person = await join(ownServer, ada)
  person.trouble.expect(lostConnection)
  await person.page.goto(ownServer.url)
  await keepsShell(person.page)
  await ownServer.end('SIGKILL')
  await person.page.goto(ownServer.url + documentPath(doc))
  await expect(person.page.getByTestId('absent')).toContainText('nothing of this document is kept')
  await expect(person.text).toHaveCount(0)
  await ownServer.restart()
  await person.canWrite()
})

test('a tab that crashes loses nothing that it has shown as kept', async ({
  ownServer,
  join,
  doc,
}) => {
  const person = await join(ownServer, ada)
  for (const pattern of [lostConnection, /the page crashed/]) person.trouble.expect(pattern)
  await person.open(doc)
  await person.write('Begin. ')
  await person.isSaved()
  await keepsShell(person.page)
  await ownServer.end('SIGKILL')
  await person.write('x'.repeat(40))
  await expect(person.connection).toHaveText(kept(40))
  const crashed = person.page.waitForEvent('crash')
  const session = await person.context.newCDPSession(person.page)
  session.send('Page.crash').catch(() => undefined) // nobody is left to answer
  await crashed
  const tab = await tabOf(person)
  await openAway(tab, doc)
  await expectText(tab, `Begin. ${'x'.repeat(40)}`)
  await expect(tab.connection).toHaveText(kept(40))
  await ownServer.restart()
  await tab.canWrite()
  await tab.isSaved()
})

for (const choice of ['Keep as a copy', 'Discard'] as const)
  test(`a document that was replaced: ${choice}`, async ({ ownServer, join, doc }, info) => {
    const colorScheme = choice === 'Discard' ? 'dark' : 'light'
    const person = await join(ownServer, ada, { colorScheme })
    const { page } = person
    person.trouble.expect(lostConnection)
    await person.open(doc)
    await person.write('The earlier text')
    await person.isSaved()
    await person.page.goto('about:blank')
    await startAnew(ownServer)
    const other = await join(ownServer, bob)
    await other.open(doc)
    await other.write('The later text')
    await other.isSaved()

    await page.goto(ownServer.url + documentPath(doc))
    const banner = page.getByTestId('replaced')
    await expect(banner).toContainText('Another document is called')
    await expect(person.text).toHaveAttribute('contenteditable', 'false')
    expect(await wordsOf(person.text)).toBe('The earlier text')
    if (choice === 'Discard') await page.setViewportSize({ width: 400, height: 800 })
    await expectAccessible(page)
    await page.screenshot({ path: info.outputPath('replaced.png') })
    await banner.getByRole('button', { name: choice }).click()
    await person.canWrite()
    await expect(banner).toHaveCount(0)
    if (choice === 'Discard') {
      await expectText(person, 'The later text')
      await person.page.reload()
      await person.canWrite()
      expect(await expectSame(person, other)).not.toContain('earlier')
      return
    }
    await expect(page).toHaveURL(/-copy-[a-z0-9]{6}$/)
    await expectText(person, 'The earlier text')
    await person.isSaved()
    expect(await wordsOf(other.text)).toBe('The later text')
    await other.page.goto(page.url())
    await other.canWrite()
    expect(await expectSame(person, other)).not.toContain('later')
  })

/** Has the browser refuse all writes of this page, as where there is no space, or take them again. */
const setFull = (page: Page, isFull: boolean): Promise<void> =>
  page.evaluate((full) => {
    const refuse = (): never => {
      throw new DOMException('there is no space', 'QuotaExceededError')
    }
    const store: { put: unknown; add: unknown; kept?: unknown[] } = IDBObjectStore.prototype
    store.kept ??= [store.put, store.add]
    ;[store.put, store.add] = full ? [refuse, refuse] : store.kept
  }, isFull)

test('a device without space: it is said in words, and nothing is called kept', async ({
  ownServer,
  join,
  doc,
}) => {
  const person = await join(ownServer, ada)
  person.trouble.expect(lostConnection)
  await person.open(doc)
  await person.write('Saved.')
  await person.isSaved()
  await setFull(person.page, true)
  await person.context.setOffline(true)
  await expect(person.connection).toHaveAttribute('data-state', 'offline')
  await person.write('abc')
  await expect(person.connection).toHaveText(
    'Offline: 3 changes, not kept on this device: there is no space',
  )
  await setFull(person.page, false)
  await expect(person.connection).toHaveText(kept(3))
  await person.context.setOffline(false)
  await person.canWrite()
  await person.isSaved()
})

test('the server is killed while a thousand changes are sent: all of them arrive', async ({
  ownServer,
  join,
  doc,
}) => {
  const person = await join(ownServer, ada)
  person.trouble.expect(lostConnection)
  person.trouble.expect(/ 410\b/) // the server that is back does not know the stream of the one before
  await person.open(doc)
  await person.write('Begin. ')
  await person.isSaved()
  await ownServer.end('SIGKILL')
  const typed = Array.from({ length: 250 }, (_, i) => String(1000 + i)).join('')
  await person.write(typed)
  await expect(person.connection).toHaveText(kept(1_000))
  await ownServer.restart()
  await expect(person.connection).not.toHaveAttribute('data-state', 'offline')
  await ownServer.end('SIGKILL')
  await ownServer.restart()
  await person.canWrite()
  await person.isSaved()
  const other = await join(ownServer, bob)
  await other.open(doc)
  expect(await wordsOf(other.text)).toBe(`Begin. ${typed}`)
})

/** It is an hour earlier at once. Within a minute that is noticed, and within another one no wait is left. */
const setBack = async (page: Page): Promise<void> => {
  await page.clock.setSystemTime(Date.now() - 3_600_000)
  await page.clock.fastForward('01:00')
  await page.clock.fastForward('01:00')
}

for (const [what, change] of [
  ['an hour of sleep', (page: Page) => page.clock.fastForward('01:00:00')],
  ['a clock that is set back an hour', setBack],
] as const)
  test(`${what} keeps nothing from being saved`, async ({ ownServer, join, doc }) => {
    const person = await join(ownServer, ada)
    person.trouble.expect(lostConnection)
    await person.page.clock.install()
    await person.open(doc)
    await ownServer.end('SIGKILL')
    await person.write('asleep')
    await expect(person.connection).toHaveText(kept(6))
    await ownServer.restart()
    await change(person.page)
    await person.canWrite()
    await person.isSaved()
    const other = await join(ownServer, bob)
    await other.open(doc)
    await expectText(other, 'asleep')
  })
