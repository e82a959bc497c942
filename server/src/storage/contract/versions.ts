import { docId, seq } from '@quire/shared'
import { expect, test } from 'vitest'
import type { NewVersion, Storage, Version } from '../../ports/storage.ts'
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
      kept.push(unwrap(await storage.keepVersion(doc, version, 10)))
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
    const keep = async (text: string, name: string | null = null, unnamed = 2) =>
      unwrap(await storage.keepVersion(doc, versionOf(text, name), unnamed))
    const texts = async (page: Parameters<Storage['versions']>[1] = all) => {
      const versions = unwrap(await storage.versions(doc, page))
      const read = versions.map(async ({ id }) => unwrap(await storage.version(doc, id)))
      return (await Promise.all(read)).map((version) => version && textOf(version.update))
    }
    unwrap(await storage.keepVersion(other, versionOf('of another'), 2))
    await keep('named', 'one')
    const { id: first } = await keep('a')
    const { id: second } = await keep('b')
    expect(unwrap(await storage.nameVersion(doc, first, 'two'))).toBe(true)
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

  test('[ST23] a version is its document’s own, and its number is not given again', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const { id } = unwrap(await storage.keepVersion(doc, versionOf('a'), 1))
    for (const [where, what] of [
      [other, id],
      [doc, id + 1],
    ] as const) {
      expect(unwrap(await storage.version(where, what))).toBe(null)
      expect(unwrap(await storage.nameVersion(where, what, 'mine'))).toBe(false)
      expect(unwrap(await storage.removeVersion(where, what))).toBe(false)
    }
    expect(unwrap(await storage.removeVersion(doc, id))).toBe(true)
    expect(unwrap(await storage.versions(doc, all))).toEqual([])
    const again = await reopen()
    expect(unwrap(await again.keepVersion(other, versionOf('b'), 1)).id).toBeGreaterThan(id)
    const unknown = docId(1e9)
    expect(kindOf(await again.keepVersion(unknown, versionOf('c'), 1))).toBe('unknown-document')
    expect(kindOf(await again.versions(unknown, all))).toBe('unknown-document')
    expect(kindOf(await again.version(unknown, id))).toBe('unknown-document')
  })

  test('[ST9] the bytes of a version are the caller’s on both sides', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const update = textUpdate('mine')
    const { id } = unwrap(await storage.keepVersion(doc, { ...versionOf(''), update }, 1))
    expect(textOf(update)).toBe('mine')
    update.fill(0)
    unwrap(await storage.version(doc, id))?.update.fill(0)
    expect(unwrap(await storage.version(doc, id))?.update).toEqual(textUpdate('mine'))
  })

  test('[ST10] a version that is being kept when the storage closes is kept', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    const keeping = storage.keepVersion(doc, versionOf('last'), 1)
    const again = await reopen()
    const { id } = unwrap(await keeping)
    expect(unwrap(await again.version(doc, id))?.update).toEqual(textUpdate('last'))
  })
}
