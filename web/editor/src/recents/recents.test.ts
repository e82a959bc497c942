import { millis } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseLinkableName } from '../names/doc-name.ts'
import { memoryStorage } from '../storage.ts'
import { createRecents, maxRecents, parseRecents, recentsKey } from './recents.ts'
import type { RecentDocument } from './recents.ts'

function recent(name: string, openedAt: number): RecentDocument {
  const parsed = parseLinkableName(name)
  if (!parsed.ok) throw new Error(name)
  return { name: parsed.value, title: `Title of ${name}`, openedAt: millis(openedAt) }
}

describe('the recent documents', () => {
  it('are listed newest first, each once', () => {
    const recents = createRecents(memoryStorage())
    for (const [at, name] of ['a', '__proto__', 'a'].entries()) recents.remember(recent(name, at))
    expect(recents.getSnapshot()).toEqual([recent('a', 2), recent('__proto__', 1)])
  })

  it('outlive the page', () => {
    const storage = memoryStorage()
    createRecents(storage).remember(recent('a', 1))
    expect(createRecents(storage).getSnapshot()).toEqual([recent('a', 1)])
  })

  it('can be forgotten one by one', () => {
    const recents = createRecents(memoryStorage())
    recents.remember(recent('a', 1))
    recents.remember(recent('b', 2))
    recents.forget(recent('b', 2).name)
    expect(recents.getSnapshot()).toEqual([recent('a', 1)])
  })

  it('keep what another tab wrote meanwhile', () => {
    const storage = memoryStorage()
    const [here, there] = [createRecents(storage), createRecents(storage)]
    there.remember(recent('b', 1))
    here.remember(recent('a', 2))
    expect(here.getSnapshot().map((entry) => entry.name)).toEqual(['a', 'b'])
  })

  it('are limited in number', () => {
    const recents = createRecents(memoryStorage())
    for (let at = 0; at < maxRecents + 5; at += 1) recents.remember(recent(`d${at}`, at))
    expect(recents.getSnapshot()).toHaveLength(maxRecents)
    expect(recents.getSnapshot()[0]?.name).toBe(`d${maxRecents + 4}`)
  })

  it('are read from whatever the storage holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (raw) => {
        for (const entry of parseRecents(raw)) expect(parseLinkableName(entry.name).ok).toBe(true)
      }),
    )
    const storage = memoryStorage()
    storage.setItem(recentsKey, '{broken')
    expect(createRecents(storage).getSnapshot()).toEqual([])
  })
})
