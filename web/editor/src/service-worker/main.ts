/*
 * Keeps the pages and scripts of the editor for when the network is away. Documents are none of its business.
 *
 *     install    all files of this build, or none: whatever is not what the build wrote is not kept
 *     wait       until no tab of an earlier build lives (the browser does that)
 *     activate   forgets earlier builds
 *
 * Until the tabs of an earlier build are gone, its worker serves both builds; the page, the last one that was
 * kept. So no tab goes back to an earlier build than it has seen here.
 */
import { keepBuild, keepOnly, keptFile } from './kept-builds.ts'
import type { FetchedFile } from './kept-builds.ts'
import { handlingOf, isAway, pagePath } from './shell.ts'
import type { Shell, ShellFile } from './shell.ts'

/** Put here by the build. */
declare const SHELL: Shell

/** A network that says nothing for longer is taken for none, milliseconds. */
const patienceMs = 3_000

const shell = SHELL
const worker = self as unknown as ServiceWorkerGlobalScope // the browser runs it as such

/**
 * Pages that came from what is kept: the rest of them need not wait for the network once more. A worker that is
 * stopped forgets them; what such a page asks for later waits as long as a page does.
 */
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
  const files = await Promise.all(shell.files.map(fetchExactly))
  await keepBuild(caches, { version: shell.version, attempt: crypto.randomUUID(), files })
}

/** A login page of some network in place of the file is an error here: its bytes are others. */
async function fetchExactly({ path, integrity }: ShellFile): Promise<FetchedFile> {
  const response = await fetch(path, { integrity, cache: 'no-cache', redirect: 'error' })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return [path, response]
}

async function takeOver(): Promise<void> {
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (tabs.length === 0) await keepOnly(caches, shell.version)
  // the first visit's page, whose later parts are to come from here already
  await worker.clients.claim()
}

async function page({ request, resultingClientId }: FetchEvent): Promise<Response> {
  return fetchOr(request, async () => {
    const kept = await keptFile(caches, pagePath)
    if (kept !== null) shownFromCache.add(resultingClientId)
    return kept
  })
}

async function asset(request: Request): Promise<Response> {
  return (await keptAt(request)) ?? fetch(request)
}

async function file({ request, clientId }: FetchEvent): Promise<Response> {
  if (shownFromCache.has(clientId)) return asset(request)
  return fetchOr(request, () => keptAt(request))
}

const keptAt = ({ url }: Request): Promise<Response | null> =>
  keptFile(caches, new URL(url).pathname)

/** What the network says, or what is kept where that is away, or says nothing for a while. */
async function fetchOr(request: Request, kept: () => Promise<Response | null>): Promise<Response> {
  const answer = fetch(request)
  const inTime = await Promise.race([answer.catch(() => null), after(patienceMs)])
  if (inTime !== null && !isAway(inTime.status)) return inTime
  return (await kept()) ?? answer
}

const after = (ms: number): Promise<null> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(null), ms)
  })
