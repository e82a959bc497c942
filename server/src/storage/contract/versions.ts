import { type DocId, docId, seq } from '@quire/shared'
import { expect, test } from 'vitest'
import type { NewVersion, Storage, Version, VersionLimits } from '../../ports/storage.ts'
import {
  bothLives,
  kindOf,
  type MakeStorage,
  noon,
  openId,
  storageForTest,
  textOf,
  textUpdate,
  unwrap,
  updateOf,
} from './fixture.ts'

/** A version that holds `text`. */
export const versionOf = (text: string, name: string | null = null): NewVersion => ({
  seq: seq(3),
  at: noon,
  name,
  author: 'ann',
  update: textUpdate(text),
})

/** Room for many names, and for so many versions without one. */
export const room = (unnamed: number, named = 100): VersionLimits => ({ unnamed, named })

/** Keeps a version for which there is room. */
export const keepIn = async (
  storage: Storage,
  doc: DocId,
  version: NewVersion,
  limits = room(1),
): Promise<Version> => {
  const kept = unwrap(await storage.keepVersion(doc, version, limits))
  if (kept === 'full') throw new Error(`document ${doc} has no room for a version with a name`)
  return kept
}

const all = { before: null, limit: 100 }

/** ST23. */
export const versionRules = (make: MakeStorage): void => {
  test('[ST23] versions come back as they went in, after a restart as well', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    const mixed = updateOf(...Array.from({ length: 70_000 }, (_, i) => (i * i) % 251))
    const updates = [textUpdate('x'.repeat(9_000)), updateOf(), updateOf(0), mixed]
    const kept: Version[] = []
    for (const [i, update] of updates.entries()) {
      const version = { ...versionOf('', i === 1 ? 'Draft 📝' : null), update, author: null }
      kept.push(await keepIn(storage, doc, version, room(10)))
    }
    expect(kept).toEqual(
      updates.map((update, i) => ({
        id: kept[i]?.id,
        seq: 3,
        at: noon,
        name: i === 1 ? 'Draft 📝' : null,
        author: null,
        bytes: update.length,
      })),
    )
    for await (const one of bothLives(storage, reopen)) {
      expect(unwrap(await one.versions(doc, all))).toEqual(kept.toReversed())
      for (const [i, version] of kept.entries())
        expect(unwrap(await one.version(doc, version.id))).toEqual({
          ...version,
          update: updates[i],
        })
    }
  })

  test('[ST23] of the unnamed versions the newest stay, of the named ones all', async () => {
    const { storage } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const keep = (text: string, name: string | null = null, unnamed = 2) =>
      keepIn(storage, doc, versionOf(text, name), room(unnamed))
    const texts = async (page: Parameters<Storage['versions']>[1] = all) => {
      const versions = unwrap(await storage.versions(doc, page))
      const read = versions.map(async ({ id }) => unwrap(await storage.version(doc, id)))
      return (await Promise.all(read)).map((version) => version && textOf(version.update))
    }
    await keepIn(storage, other, versionOf('of another'))
    await keep('named', 'one')
    const { id: first } = await keep('a')
    const { id: second } = await keep('b')
    const naming = { id: first, name: 'two' }
    expect(unwrap(await storage.nameVersion(doc, naming, room(2)))).toBe('named')
    await keep('c')
    expect(await texts()).toEqual(['c', 'b', 'a', 'named'])
    const { id: newest } = await keep('d')
    expect(await texts()).toEqual(['d', 'c', 'a', 'named'])
    expect(unwrap(await storage.version(doc, second))).toBe(null)
    expect(await texts({ before: newest, limit: 2 })).toEqual(['c', 'a'])
    await keep('e', 'three', 1)
    expect(await texts()).toEqual(['e', 'd', 'a', 'named'])
    await keep('f', null, 0)
    expect(await texts()).toEqual(['e', 'a', 'named'])
    expect(unwrap(await storage.versions(other, all))).toHaveLength(1)
  })

  test('[ST23] one more name than there is room for changes nothing, however many come at once', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const limits = room(2, 2)
    const keep = (text: string, name: string | null = null) =>
      storage.keepVersion(doc, versionOf(text, name), limits)
    const [first, second] = [unwrap(await keep('a')), unwrap(await keep('b'))]
    if (first === 'full' || second === 'full') throw new Error('they have no names')
    const racing = ['c', 'd', 'e'].map(async (name) => unwrap(await keep(name, name)))
    const kept = (await Promise.all(racing)).filter((outcome) => outcome !== 'full')
    expect(kept).toHaveLength(2)
    const before = unwrap(await storage.versions(doc, all))
    expect(before).toEqual([...kept.toReversed(), second, first])
    const nameIn = async (one: Storage, { id }: Version, name: string) =>
      unwrap(await one.nameVersion(doc, { id, name }, limits))
    for await (const one of bothLives(storage, reopen)) {
      const outcome = await one.keepVersion(doc, versionOf('f', 'f'), limits)
      expect(unwrap(outcome)).toBe('full')
      expect(await nameIn(one, first, 'mine')).toBe('full')
      expect(unwrap(await one.versions(doc, all))).toEqual(before)
    }
    const again = await reopen()
    const [named] = kept
    if (named === undefined) throw new Error('two were kept')
    expect(await nameIn(again, named, 'anew')).toBe('named')
    expect(unwrap(await again.version(doc, named.id))?.name).toBe('anew')
    await keepIn(again, other, versionOf('of another', 'its own'), limits)
    await keepIn(again, doc, versionOf('without one'), room(3, 2))
    expect(unwrap(await again.removeVersion(doc, named.id))).toBe(true)
    const naming = [first, second].map((version) => nameIn(again, version, 'at once'))
    expect((await Promise.all(naming)).toSorted()).toEqual(['full', 'named'])
  })

  test('[ST23] a version is its document’s own, and its number is not given again', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const { id } = await keepIn(storage, doc, versionOf('a'))
    for (const [where, what] of [
      [other, id],
      [doc, id + 1],
    ] as const) {
      expect(unwrap(await storage.version(where, what))).toBe(null)
      const naming = { id: what, name: 'mine' }
      for (const named of [0, 1])
        expect(unwrap(await storage.nameVersion(where, naming, { named }))).toBe('unknown')
      expect(unwrap(await storage.removeVersion(where, what))).toBe(false)
    }
    expect(unwrap(await storage.removeVersion(doc, id))).toBe(true)
    expect(unwrap(await storage.versions(doc, all))).toEqual([])
    const again = await reopen()
    expect((await keepIn(again, other, versionOf('b'))).id).toBeGreaterThan(id)
    const unknown = docId(1e9)
    for (const name of [null, 'c']) {
      const outcome = await again.keepVersion(unknown, versionOf('c', name), room(1))
      expect(kindOf(outcome)).toBe('unknown-document')
    }
    expect(kindOf(await again.versions(unknown, all))).toBe('unknown-document')
    expect(kindOf(await again.version(unknown, id))).toBe('unknown-document')
  })

  test('[ST9] the bytes of a version are the caller’s on both sides', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const update = textUpdate('mine')
    const { id } = await keepIn(storage, doc, { ...versionOf(''), update })
    expect(textOf(update)).toBe('mine')
    update.fill(0)
    unwrap(await storage.version(doc, id))?.update.fill(0)
    expect(unwrap(await storage.version(doc, id))?.update).toEqual(textUpdate('mine'))
  })

  test('[ST10] a version that is being kept when the storage closes is kept', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    const keeping = [null, 'named'].map((name) => keepIn(storage, doc, versionOf('last', name)))
    const again = await reopen()
    for (const { id } of await Promise.all(keeping))
      expect(unwrap(await again.version(doc, id))?.update).toEqual(textUpdate('last'))
  })
}
