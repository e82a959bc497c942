/*
 * What is kept of builds. Each install fills a cache of its own, and the page comes into it last:
 *
 *   quire-shell-<version>-<attempt>    a part, which nothing is taken from, until the page is in it; then whole
 *
 * So an install that fails, or whose worker is stopped, changes nothing of what is served. A name in /assets/
 * says the content, so any whole build may have it. The page and the other files go together: they come from
 * the newest whole build, and from no other.
 */
import { isHashed, pagePath } from './shell.ts'

/** The part of the browser's caches that is needed. */
export type Caches = Pick<CacheStorage, 'open' | 'delete' | 'keys' | 'match'>

/** A file of a build, fetched. */
export type FetchedFile = readonly [path: string, response: Response]

/** A cache, and which of the paths that were looked for are in it. */
export interface KeptCache {
  readonly name: string
  readonly paths: readonly string[]
}

const prefix = 'quire-shell-'

const isWhole = ({ paths }: KeptCache): boolean => paths.includes(pagePath)
const isOf = (name: string, version: string): boolean => name.startsWith(`${prefix}${version}-`)

/** The cache to take a path from, of these, the oldest first; null for none. */
export function sourceOf(path: string, kept: readonly KeptCache[]): string | null {
  const whole = kept.filter(isWhole)
  const sources = isHashed(path) ? whole : whole.slice(-1)
  return sources.findLast(({ paths }) => paths.includes(path))?.name ?? null
}

/** What is kept at a path; null for nothing. */
export async function keptFile(caches: Caches, path: string): Promise<Response | null> {
  const cacheName = sourceOf(path, await look(caches, path))
  if (cacheName === null) return null
  return (await caches.match(path, { cacheName, ignoreVary: true })) ?? null
}

/** What is to be kept: which build, and a word that no other install of it has. */
export interface Install {
  readonly version: string
  readonly attempt: string
  readonly files: readonly FetchedFile[]
}

/** Keeps all of a build, which is the newest then, or throws and keeps nothing of it that was not kept before. */
export async function keepBuild(
  caches: Caches,
  { version, attempt, files }: Install,
): Promise<void> {
  const before = await look(caches, pagePath)
  // Browsers install one worker of an origin's at a time: nobody fills these any more.
  await forget(caches, before, (cache) => !isWhole(cache))
  const name = `${prefix}${version}-${attempt}`
  try {
    const cache = await caches.open(name)
    for (const part of [files.filter(([path]) => path !== pagePath), files.filter(isPage)])
      await Promise.all(part.map(([path, response]) => cache.put(path, response)))
  } catch (error) {
    await caches.delete(name)
    throw error
  }
  await forget(caches, before, (cache) => isOf(cache.name, version))
}

/** Forgets all but this build; nothing if that is not kept whole. */
export async function keepOnly(caches: Caches, version: string): Promise<void> {
  const kept = await look(caches, pagePath)
  const own = kept.findLast((cache) => isWhole(cache) && isOf(cache.name, version))
  if (own !== undefined) await forget(caches, kept, (cache) => cache !== own)
}

const isPage = ([path]: FetchedFile): boolean => path === pagePath

/** The oldest first (Service Workers §5.5.5: in the order in which they were added). */
async function look(caches: Caches, path: string): Promise<readonly KeptCache[]> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix))
  const has = async (cacheName: string, one: string): Promise<readonly string[]> =>
    (await caches.match(one, { cacheName, ignoreVary: true })) === undefined ? [] : [one]
  return Promise.all(
    names.map(async (name) => {
      const found = await Promise.all([pagePath, path].map((one) => has(name, one)))
      return { name, paths: found.flat() }
    }),
  )
}

async function forget(
  caches: Caches,
  kept: readonly KeptCache[],
  isForgotten: (cache: KeptCache) => boolean,
): Promise<void> {
  await Promise.all(kept.filter(isForgotten).map(({ name }) => caches.delete(name)))
}
