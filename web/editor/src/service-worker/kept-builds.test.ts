import { describe, expect, it } from 'vitest'

import { keepBuild, keepOnly, keptFile, sourceOf } from './kept-builds.ts'
import type { Caches, FetchedFile } from './kept-builds.ts'

const page = '/'
const theme = '/theme.js'
const script = (version: string): string => `/assets/main-${version}.js`

/** Caches in memory, whose disk may refuse what is put at a path. */
class MemoryCaches {
  readonly kept = new Map<string, Map<string, string>>()
  refused: string | null = null

  async open(name: string): Promise<Cache> {
    const cache = this.kept.get(name) ?? new Map<string, string>()
    this.kept.set(name, cache)
    const put = async (path: string, response: Response): Promise<void> => {
      if (path === this.refused) throw new DOMException('there is no space', 'QuotaExceededError')
      cache.set(path, await response.text())
    }
    return { put } as Cache // of which nothing else is used
  }

  async match(path: string, { cacheName = '' }: MultiCacheQueryOptions): Promise<unknown> {
    const text = this.kept.get(cacheName)?.get(path)
    return text === undefined ? undefined : new Response(text)
  }

  async keys(): Promise<string[]> {
    return [...this.kept.keys()]
  }

  async delete(name: string): Promise<boolean> {
    return this.kept.delete(name)
  }
}

const filesOf = (version: string): FetchedFile[] =>
  [page, theme, script(version)].map((path) => [path, new Response(`${path} of ${version}`)])

const start = (): {
  memory: MemoryCaches
  caches: Caches
  install: (version: string, attempt: string) => Promise<void>
  textAt: (path: string) => Promise<string | undefined>
} => {
  const memory = new MemoryCaches()
  const caches = memory as unknown as Caches // as far as it is used
  return {
    memory,
    caches,
    install: (version, attempt) => keepBuild(caches, { version, attempt, files: filesOf(version) }),
    textAt: async (path) => (await keptFile(caches, path))?.text(),
  }
}

describe('where a path comes from', () => {
  const whole = (name: string, ...paths: string[]) => ({ name, paths: [...paths, page] })
  const part = (name: string, ...paths: string[]) => ({ name, paths })
  it.each([
    ['nothing is kept', theme, [], null],
    ['the page: from the newest', page, [whole('1'), whole('2')], '2'],
    ['a file: from where the page is from', theme, [whole('1', theme), whole('2', theme)], '2'],
    ['a file that the newest has not: from nowhere', theme, [whole('1', theme), whole('2')], null],
    ['a file: never from a part', theme, [whole('1', theme), part('2', theme)], '1'],
    ['an asset: from any', script('1'), [whole('1', script('1')), whole('2')], '1'],
    ['an asset: never from a part', script('1'), [part('1', script('1')), whole('2')], null],
  ])('%s', (_what, path, kept, source) => {
    expect(sourceOf(path, kept)).toBe(source)
  })
})

describe('what is kept of builds', () => {
  it('is what was installed last, and the assets of those before', async () => {
    const { install, textAt } = start()
    await install('1', 'a')
    await install('2', 'b')
    expect(await textAt(page)).toBe('/ of 2')
    expect(await textAt(theme)).toBe('/theme.js of 2')
    expect(await textAt(script('1'))).toBe('/assets/main-1.js of 1')
    await install('1', 'c')
    expect(await textAt(page)).toBe('/ of 1')
  })

  it.each([page, theme, script('2')])(
    'is what it was when there is no space for %s of another',
    async (refused) => {
      const { memory, install, textAt } = start()
      await install('1', 'a')
      memory.refused = refused
      await expect(install('2', 'b')).rejects.toThrow('there is no space')
      expect(memory.kept.size).toBe(1)
      expect(await textAt(page)).toBe('/ of 1')
      expect(await textAt(theme)).toBe('/theme.js of 1')
    },
  )

  it('is whole while the same build is installed again, also where that fails', async () => {
    const { memory, install, textAt } = start()
    await install('1', 'a')
    memory.refused = script('1')
    await expect(install('1', 'b')).rejects.toThrow('there is no space')
    for (const path of [page, theme, script('1')]) expect(await textAt(path)).toBe(`${path} of 1`)
    memory.refused = null
    await install('1', 'c')
    expect(memory.kept.size).toBe(1)
    expect(await textAt(page)).toBe('/ of 1')
  })

  it('does not serve what a worker that was stopped left, and the next install removes it', async () => {
    const { memory, install, textAt } = start()
    await install('1', 'a')
    memory.kept.set('quire-shell-2-b', new Map([[theme, 'of 2']]))
    expect(await textAt(theme)).toBe('/theme.js of 1')
    await install('3', 'c')
    expect([...memory.kept.keys()]).toEqual(['quire-shell-1-a', 'quire-shell-3-c'])
  })

  it('is one build once that took over, and nobody else’s caches are touched', async () => {
    const { memory, caches, install } = start()
    memory.kept.set('others', new Map())
    await install('1', 'a')
    await install('2', 'b')
    await keepOnly(caches, '3')
    expect(memory.kept.size).toBe(3)
    await keepOnly(caches, '2')
    expect([...memory.kept.keys()]).toEqual(['others', 'quire-shell-2-b'])
  })
})
