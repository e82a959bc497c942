/*
 * Keeps the pages and scripts of the editor for when the network is away. Documents are none of its business.
 *
 *     install    all files of this build, or none: whatever is not what the build wrote is not kept
 *     wait       until no tab of an earlier build lives (the browser does that)
 *     activate   forgets earlier builds
 *
 * A build's cache is whole once the page is in it, which comes last. Until the tabs of an earlier build are
 * gone, its worker serves both builds; the page, the last one that was kept. So no tab goes back to an
 * earlier build than it has seen here.
 */
import { handlingOf, isAway, pagePath } from './shell.ts'
import type { Shell, ShellFile } from './shell.ts'

/** Put here by the build. */
declare const SHELL: Shell

/** A network that says nothing for longer is taken for none, milliseconds. */
const patienceMs = 3_000

const cachePrefix = 'quire-shell-'
const shell = SHELL
const ownCache = cachePrefix + shell.version
const worker = self as unknown as ServiceWorkerGlobalScope // the browser runs it as such

/** Pages that came from what is kept: the rest of them must not wait for the network once more. */
const shownFromCache = new Set<string>()

worker.addEventListener('install', (event) => event.waitUntil(keepShell()))
worker.addEventListener('activate', (event) => event.waitUntil(takeOver()))
worker.addEventListener('fetch', (event) => {
  switch (handlingOf(event.request, worker.location.origin, shell)) {
    case 'pass':
      return
    case 'page':
      return event.respondWith(page(event))
    case 'asset':
      return event.respondWith(asset(event.request))
    case 'file':
      return event.respondWith(file(event))
  }
})

async function keepShell(): Promise<void> {
  const fetched = await Promise.all(shell.files.map(fetchExactly))
  // anew even where it is there: the last one that was begun is the newest
  await caches.delete(ownCache)
  const cache = await caches.open(ownCache)
  const isPage = ([path]: (typeof fetched)[number]): boolean => path === pagePath
  for (const part of [fetched.filter((one) => !isPage(one)), fetched.filter(isPage)])
    await Promise.all(part.map(([path, response]) => cache.put(path, response)))
}

/** A login page of some network in place of the file is an error here: its bytes are others. */
async function fetchExactly({ path, integrity }: ShellFile): Promise<readonly [string, Response]> {
  const response = await fetch(path, { integrity, cache: 'no-cache', redirect: 'error' })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return [path, response]
}

async function takeOver(): Promise<void> {
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (tabs.length === 0) {
    const names = await shellCaches()
    await Promise.all(names.filter((name) => name !== ownCache).map((name) => caches.delete(name)))
  }
  // the first visit's page, whose later parts are to come from here already
  await worker.clients.claim()
}

async function page({ request, resultingClientId }: FetchEvent): Promise<Response> {
  const answer = fetch(request)
  const inTime = await Promise.race([answer.catch(() => null), after(patienceMs)])
  if (inTime !== null && !isAway(inTime.status)) return inTime
  const kept = await keptFile(pagePath)
  if (kept === null) return answer
  shownFromCache.add(resultingClientId)
  return kept
}

async function asset(request: Request): Promise<Response> {
  return (await keptFile(new URL(request.url).pathname)) ?? fetch(request)
}

async function file({ request, clientId }: FetchEvent): Promise<Response> {
  const fetchIt = (): Promise<Response> => fetch(request)
  const keptIt = (): Promise<Response | null> => keptFile(new URL(request.url).pathname)
  if (shownFromCache.has(clientId)) return (await keptIt()) ?? fetchIt()
  try {
    return await fetchIt()
  } catch (error) {
    const kept = await keptIt()
    if (kept === null) throw error
    return kept
  }
}

/** What is kept at a path by the newest build that has it. */
async function keptFile(path: string): Promise<Response | null> {
  for (const name of (await shellCaches()).toReversed()) {
    const kept = await caches.match(path, { cacheName: name, ignoreVary: true })
    if (kept !== undefined) return kept
  }
  return null
}

/** The oldest first (Service Workers §5.5.5: in the order in which they were added). */
async function shellCaches(): Promise<readonly string[]> {
  const names = await caches.keys()
  return names.filter((name) => name.startsWith(cachePrefix))
}

const after = (ms: number): Promise<null> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(null), ms)
  })
