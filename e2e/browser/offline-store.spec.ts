/* The offline store of browsers, in a real one: its contract, and what only real tabs and a real disk show. */
/* oxlint-disable no-empty-pattern -- Playwright reads from the pattern which fixtures one needs */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test as base, type BrowserContext, type Page } from 'playwright/test'
import { baseOf, transactionsOf } from '../bench/load/corpus.ts'
import { buildPage } from './page-build.ts'
import type { Seen } from './pages/offline/api.ts'
import { serveFiles, type ServedPage } from './served-page.ts'

interface TestFixtures {
  /** Opens a tab. */
  readonly tab: () => Promise<Page>
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
  tab: async ({ context, served }, use) => use(() => tabIn(context, served)),
})

const tabIn = async (context: BrowserContext, served: ServedPage): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(served.url)
  return page
}

/** Opens the document of all these tests; resolves with the problem, or null. */
const open = (page: Page): Promise<string | null> =>
  page.evaluate(() => window.offline.open('tests', 'notes'))

const change = (page: Page, ...labels: string[]): Promise<readonly number[]> =>
  page.evaluate((all) => all.map((label) => window.offline.change(label)), labels)

const flush = (page: Page): Promise<string | null> => page.evaluate(() => window.offline.flush())

const seen = (page: Page): Promise<Seen> => page.evaluate(() => window.offline.seen())

/** Types without an end; the page says what is kept. */
const typeOn = async (page: Page): Promise<readonly string[]> => {
  const kept: string[] = []
  await page.exposeFunction('kept', (label: string) => void kept.push(label))
  await page.evaluate(() => {
    const type = async (i: number): Promise<void> => {
      const label = `edit ${i}`
      window.offline.change(label)
      if ((await window.offline.flush()) === null)
        await (window as unknown as { kept(label: string): Promise<void> }).kept(label)
      return type(i + 1)
    }
    void type(0)
  })
  await expect.poll(() => kept.length).toBeGreaterThan(30)
  return kept
}

test('it keeps the contract of offline stores', async ({ tab }) => {
  const page = await tab()
  const rules = await page.evaluate(() => window.offline.rules)
  expect(rules.length).toBeGreaterThan(20)
  for (const rule of rules)
    await test.step(rule, async () => {
      const problem = await page.evaluate(
        (title) =>
          window.offline.run(title).then(
            () => null,
            (error: unknown) => String(error),
          ),
        rule,
      )
      expect.soft(problem, rule).toBe(null)
    })
})

test('[OS5] what was kept is there after a reload, and in the next tab', async ({ tab }) => {
  const page = await tab()
  expect(await open(page)).toBe(null)
  await change(page, 'a')
  expect(await flush(page)).toBe(null)
  await page.reload()
  expect(await open(page)).toBe(null)
  await change(page, 'b', 'c')
  expect(await flush(page)).toBe(null)
  await page.close()
  const later = await tab()
  expect(await open(later)).toBe(null)
  expect(await seen(later)).toEqual({
    labels: ['a', 'b', 'c'],
    unsaved: ['a', 'b', 'c'],
    problems: [],
  })
})

test('[OS6] [OS9] tabs hear one another, and inherit from one that is closed', async ({ tab }) => {
  const [ann, ben] = [await tab(), await tab()]
  for (const page of [ann, ben]) expect(await open(page)).toBe(null)
  await change(ann, 'by ann')
  await change(ben, 'by ben')
  await expect.poll(async () => (await seen(ann)).labels).toEqual(['by ben'])
  await expect.poll(async () => (await seen(ben)).labels).toEqual(['by ann'])
  await ann.close()
  await expect.poll(async () => (await seen(ben)).unsaved).toEqual(['by ann'])
})

test('[OS9] [OS14] a tab that crashes while it writes leaves all that was kept to another', async ({
  tab,
  context,
}) => {
  const [ann, ben] = [await tab(), await tab()]
  for (const page of [ann, ben]) expect(await open(page)).toBe(null)
  const kept = await typeOn(ann)
  const crashed = ann.waitForEvent('crash')
  const session = await context.newCDPSession(ann)
  session.send('Page.crash').catch(() => undefined) // nobody is left to answer
  await crashed
  const promised = [...kept]
  await expect
    .poll(async () => {
      const { unsaved } = await seen(ben)
      return promised.filter((label) => !unsaved.includes(label))
    })
    .toEqual([])
  const { labels, unsaved } = await seen(ben)
  expect(unsaved.filter((label) => !labels.includes(label))).toEqual([])
  expect(new Set(unsaved).size).toBe(unsaved.length)
})

test('[OS14] a browser that is killed while it writes has all that was kept when it is back', async ({
  playwright,
  served,
}) => {
  const profile = await mkdtemp(join(tmpdir(), 'quire-profile-'))
  const { launchOptions } = test.info().project.use
  const launch = () => playwright.chromium.launchPersistentContext(profile, launchOptions)
  try {
    const first = await launch()
    const page = await tabIn(first, served)
    expect(await open(page)).toBe(null)
    const kept = await typeOn(page)
    const session = await first.browser()?.newBrowserCDPSession()
    const { processInfo } = (await session?.send('SystemInfo.getProcessInfo')) ?? {
      processInfo: [],
    }
    const browser = processInfo.find(({ type }) => type === 'browser')
    const closed = first.waitForEvent('close')
    process.kill(browser?.id ?? 0, 'SIGKILL')
    await closed
    const promised = [...kept]
    const second = await launch()
    const again = await tabIn(second, served)
    expect(await open(again)).toBe(null)
    const { unsaved } = await seen(again)
    expect(promised.filter((label) => !unsaved.includes(label))).toEqual([])
    await second.close()
  } finally {
    await rm(profile, { recursive: true, force: true })
  }
})

test('a full disk is told of, costs nothing that was typed, and is recovered from', async ({
  tab,
  context,
  served,
}) => {
  const [ann, ben] = [await tab(), await tab()]
  const session = await context.newCDPSession(ann)
  const { origin } = new URL(served.url)
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 300_000 })
  for (const page of [ann, ben]) expect(await open(page)).toBe(null)
  const labels: string[] = []
  const fill = async (): Promise<string | null> => {
    const label = randomBytes(40_000).toString('base64') // the browser compresses what it can
    labels.push(label)
    await change(ann, label)
    return flush(ann)
  }
  expect(await fill()).toBe(null)
  await expect.poll(fill).toMatch(/^quota: .*QuotaExceededError/)
  expect((await seen(ann)).problems).toEqual(['quota'])
  await expect.poll(async () => (await seen(ben)).labels.toSorted()).toEqual(labels.toSorted())
  const late = await tab()
  expect(await open(late)).toBe(null)
  await expect.poll(async () => (await seen(late)).labels.toSorted()).toEqual(labels.toSorted())

  await session.send('Storage.overrideQuotaForOrigin', { origin })
  await expect.poll(async () => (await seen(ann)).problems.at(-1)).toBe('works')
  for (const page of [ann, ben, late]) await page.close()
  const again = await tab()
  expect(await open(again)).toBe(null)
  expect((await seen(again)).unsaved.toSorted()).toEqual(labels.toSorted())
})

/** What a browser may refuse, by what it does and what is said of it. */
const refusals: readonly (readonly [title: string, act: () => void, problem: RegExp])[] = [
  [
    'no IndexedDB',
    () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
    /^unavailable: .*no IndexedDB/,
  ],
  [
    'IndexedDB refused to look at',
    () =>
      Object.defineProperty(window, 'indexedDB', {
        get: () => {
          throw new DOMException('denied', 'SecurityError')
        },
      }),
    /^unavailable: cannot open the database tests of this browser: SecurityError: denied/,
  ],
  [
    'no Web Locks',
    () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
    /^unavailable: .*no Web Locks/,
  ],
]

for (const [title, act, problem] of refusals)
  test(`a browser with ${title} says so, and throws nothing`, async ({ context, served }) => {
    const page = await context.newPage()
    await page.addInitScript(act)
    await page.goto(served.url)
    expect(await open(page)).toMatch(problem)
    expect(await open(page)).toMatch(problem)
  })

test('pages that may keep nothing say so', async ({ context, served }) => {
  const page = await context.newPage()
  await page.setContent(`<iframe sandbox="allow-scripts" src="${served.url}"></iframe>`)
  const frame = page.frames()[1]
  await frame?.waitForFunction(() => 'offline' in window)
  const problem = await frame?.evaluate(() => window.offline.open('tests', 'notes'))
  expect(problem).toMatch(/^unavailable: /)
})

/** Opens the database of these tests at some version, with or without the stores in it, and holds it open. */
const openRaw = (page: Page, version: number): Promise<void> =>
  page.evaluate(
    (asked) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('tests', asked)
        request.addEventListener('success', () => resolve())
        request.addEventListener('error', () => reject(request.error ?? new Error('failed')))
      }),
    version,
  )

test('what a newer version has written is left alone, while it is open as well', async ({
  tab,
}) => {
  const [ann, ben] = [await tab(), await tab()]
  expect(await open(ann)).toBe(null)
  await change(ann, 'a')
  expect(await flush(ann)).toBe(null)
  await openRaw(ben, 2) // ann gives way
  await change(ann, 'b')
  expect(await flush(ann)).toMatch(/^newer: /)
  await expect.poll(async () => (await seen(ann)).problems).toEqual(['newer'])
  expect(await open(await tab())).toMatch(/^newer: /)
})

test('a database of this name that is not ours is left alone', async ({ tab }) => {
  const page = await tab()
  await openRaw(page, 1)
  expect(await open(page)).toMatch(/^broken: /)
})

test('a database that is held by another is waited for, but not for ever', async ({
  tab,
  context,
  served,
}) => {
  const [holder, deleter] = [await tab(), await tab()]
  await openRaw(holder, 1)
  await deleter.evaluate(() => void indexedDB.deleteDatabase('tests'))
  const page = await context.newPage()
  await page.clock.install()
  await page.goto(served.url)
  const problem = page.evaluate(() => window.offline.open('tests', 'notes'))
  await expect
    .poll(async () => {
      await page.clock.runFor(1_000)
      return Promise.race([problem, Promise.resolve('it waits')])
    })
    .toMatch(/^unavailable: cannot open the database tests .*another tab has held it/)
  await holder.close()
  await expect.poll(() => open(page)).toBe(null)
  await change(page, 'a')
  expect(await flush(page)).toBe(null)
})

test('what is encrypted opens with its key only, and shows nothing without it', async ({ tab }) => {
  const words = 'correct horse battery staple'
  const [ann, ben] = [await tab(), await tab()]
  for (const page of [ann, ben]) {
    await page.evaluate((all) => window.offline.unlock(all), words)
    expect(await open(page)).toBe(null)
  }
  await change(ann, 'a secret')
  expect(await flush(ann)).toBe(null)
  await expect.poll(async () => (await seen(ben)).labels).toEqual(['a secret'])
  const all = await ann.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.open('tests')
        request.addEventListener('success', () => {
          const { result } = request
          const parts: string[] = []
          const read = result.transaction([...result.objectStoreNames])
          for (const name of result.objectStoreNames) {
            const cursor = read.objectStore(name).openCursor()
            cursor.addEventListener('success', () => {
              const at = cursor.result
              if (at === null) return
              const plain = (_: string, value: unknown): unknown =>
                value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value
              parts.push(JSON.stringify([name, at.key, at.value], plain))
              at.continue()
            })
          }
          read.addEventListener('complete', () => resolve(parts.join('\n')))
        })
      }),
  )
  for (const store of ['meta', 'documents', 'updates', 'unsaved'])
    expect(all).toContain(`["${store}"`)
  expect(all).not.toMatch(/secret|notes|labels/)

  const other = await tab()
  await other.evaluate(() => window.offline.unlock('another key'))
  expect(await open(other)).toMatch(/^broken: .*encrypted with another key/)
  expect(await open(await tab())).toMatch(/^broken: .*is encrypted/)
  await ann.close()
  await ben.close()
  const again = await tab()
  await again.evaluate((key) => window.offline.unlock(key), words)
  expect(await open(again)).toBe(null)
  expect((await seen(again)).unsaved).toEqual(['a secret'])
})

test('who clears all data of the site is understood', async ({ tab, context, served }) => {
  const page = await tab()
  expect(await open(page)).toBe(null)
  await change(page, 'a')
  expect(await flush(page)).toBe(null)
  const session = await context.newCDPSession(page)
  const { origin } = new URL(served.url)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await change(page, 'b')
  expect(await flush(page)).toMatch(/^cleared: /)
  expect((await seen(page)).problems).toEqual(['cleared'])
  expect(await open(page)).toBe(null)
  await change(page, 'c')
  expect(await flush(page)).toBe(null)
})

test('what is encrypted after the data of the site was cleared is found by the next page', async ({
  tab,
  context,
  served,
}) => {
  const words = 'correct horse battery staple'
  const page = await tab()
  await page.evaluate((all) => window.offline.unlock(all), words)
  expect(await open(page)).toBe(null)
  await change(page, 'a')
  expect(await flush(page)).toBe(null)
  const session = await context.newCDPSession(page)
  const { origin } = new URL(served.url)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await change(page, 'b')
  expect(await flush(page)).toMatch(/^cleared: /)
  expect(await open(page)).toBe(null)
  await change(page, 'c')
  expect(await flush(page)).toBe(null)
  await page.close()
  const later = await tab()
  await later.evaluate((all) => window.offline.unlock(all), words)
  expect(await open(later)).toBe(null)
  expect((await seen(later)).unsaved).toEqual(['c'])
})

for (const words of [null, 'correct horse battery staple'])
  test(`the document of 260,000 edits with a thousand unsaved ones opens at once${
    words === null ? '' : ', encrypted'
  }`, async ({ tab }) => {
    const unlocked = async (): Promise<Page> => {
      const page = await tab()
      if (words !== null) await page.evaluate((key) => window.offline.unlock(key), words)
      return page
    }
    const { update } = baseOf(await transactionsOf('automerge-paper'))
    const page = await unlocked()
    expect(await open(page)).toBe(null)
    const base64 = Buffer.from(update).toString('base64')
    await page.evaluate((bytes) => window.offline.fill(bytes, 1_000), base64)
    await page.close()
    for (let i = 0; i < 3; i++) {
      const again = await unlocked()
      const timing = await again.evaluate(() => window.offline.time('tests', 'notes'))
      const { openMs, loadedMs, updates, unsaved } = timing
      process.stdout.write(
        `      opened in ${openMs.toFixed(0)} ms, loaded after ${loadedMs.toFixed(0)} ms: ` +
          `${updates} updates, ${unsaved} unsaved\n`,
      )
      expect(unsaved).toBe(1_000)
      expect(timing.characters).toBeGreaterThan(100_000)
      expect(loadedMs).toBeLessThan(2_000)
      await again.close()
    }
  })
