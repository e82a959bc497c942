import { docId, millis } from '@quire/shared'
import { expect, test } from 'vitest'
import type { PatchLimits, PatchPart, Storage } from '../../ports/storage.ts'
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
} from './fixture.ts'

/** A part of somebody's patch that holds `text`. */
export const partOf = (user: string | null, text: string, ms = 0): PatchPart => ({
  user,
  at: millis(noon + ms),
  update: textUpdate(text),
})

/** Two users with ten bytes each. */
export const fewPatches: PatchLimits = { users: 2, bytesPerUser: 10 }

const textsOf = async (storage: Storage, doc: Parameters<Storage['patch']>[0], id: number) =>
  unwrap(await storage.patch(doc, id))?.map(textOf)

/** ST24. */
export const patchRules = (make: MakeStorage): void => {
  test('[ST24] each user has one patch, of all parts that are not known, in order', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const keep = async (user: string | null, text: string, ms: number) =>
      unwrap(await storage.keepPatch(doc, partOf(user, text, ms), fewPatches))
    expect(await keep('ann', 'a', 1)).toBe('kept')
    expect(await keep(null, 'a', 2)).toBe('kept')
    expect(await keep('ann', 'bb', 3)).toBe('kept')
    expect(await keep('ann', 'a', 4)).toBe('known')
    expect(await keep(null, '', 5)).toBe('kept')
    expect(await keep(null, '', 6)).toBe('known')
    for await (const one of bothLives(storage, reopen)) {
      const [ann, nobody, ...more] = unwrap(await one.patches(doc))
      expect(more).toEqual([])
      const times = { firstAt: noon + 1, lastAt: noon + 3 }
      expect(ann).toEqual({ id: ann?.id, user: 'ann', ...times, parts: 2, bytes: 3 })
      expect(nobody).toMatchObject({ user: null, lastAt: noon + 5, parts: 2, bytes: 1 })
      expect(await textsOf(one, doc, ann?.id ?? 0)).toEqual(['a', 'bb'])
      expect(await textsOf(one, doc, nobody?.id ?? 0)).toEqual(['a', ''])
      expect(unwrap(await one.patches(other))).toEqual([])
    }
  })

  test('[ST24] at a bound nothing is kept, and what is known stays known', async () => {
    const { storage } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const keep = async (user: string | null, text: string, where = doc) =>
      unwrap(await storage.keepPatch(where, partOf(user, text), fewPatches))
    expect(await keep('ann', '0123456789+')).toBe('full')
    expect(unwrap(await storage.patches(doc))).toEqual([])
    expect(await keep('ann', '0123456789')).toBe('kept')
    expect(await keep('ann', 'x')).toBe('full')
    expect(await keep('ann', '0123456789')).toBe('known')
    expect(await keep(null, 'x')).toBe('kept')
    expect(await keep('bob', 'x')).toBe('full')
    expect(await keep('bob', 'x', other)).toBe('kept')
    expect(unwrap(await storage.patches(doc))).toMatchObject([
      { user: 'ann', parts: 1, bytes: 10 },
      { user: null, parts: 1, bytes: 1 },
    ])
  })

  test('[ST24] places are asked for by the bounds that come with a part, and who has one keeps it', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const keep = async (user: string, text: string, users: number) =>
      unwrap(await storage.keepPatch(doc, partOf(user, text), { users, bytesPerUser: 10 }))
    expect(await keep('ann', 'a', 1)).toBe('kept')
    expect(await keep('bob', 'a', 1)).toBe('full')
    expect(await keep('bob', 'a', 2)).toBe('kept')
    expect(await keep('bob', 'b', 1)).toBe('kept')
    expect(await keep('cyd', 'a', 1)).toBe('full')
  })

  test('[ST24] the parts of a patch are replaced by one that is made of all of them', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    for (const text of ['0123', '4567'])
      unwrap(await storage.keepPatch(doc, partOf('ann', text, 1), fewPatches))
    unwrap(await storage.keepPatch(doc, partOf(null, '0123', 1), fewPatches))
    const [{ id } = { id: 0 }] = unwrap(await storage.patches(doc))
    const whole = { at: millis(noon + 5), update: textUpdate('all'), parts: 2 }
    expect(unwrap(await storage.replacePatch(other, id, whole))).toBe(false)
    expect(unwrap(await storage.replacePatch(doc, id + 100, whole))).toBe(false)
    expect(unwrap(await storage.replacePatch(doc, id, { ...whole, parts: 1 }))).toBe(false)
    expect(await textsOf(storage, doc, id)).toEqual(['0123', '4567'])
    expect(unwrap(await storage.replacePatch(doc, id, whole))).toBe(true)
    expect(textOf(whole.update)).toBe('all')
    whole.update.fill(0)
    for await (const one of bothLives(storage, reopen)) {
      expect(await textsOf(one, doc, id)).toEqual(['all'])
      expect(unwrap(await one.patches(doc))).toMatchObject([
        { id, user: 'ann', firstAt: noon + 1, lastAt: noon + 5, parts: 1, bytes: 3 },
        { user: null, parts: 1, bytes: 4 },
      ])
      expect(kindOf(await one.replacePatch(docId(1e9), id, whole))).toBe('unknown-document')
    }
    const again = await reopen()
    const keep = async (text: string) =>
      unwrap(await again.keepPatch(doc, partOf('ann', text), fewPatches))
    expect(await keep('all')).toBe('known')
    expect(await keep('0123')).toBe('kept')
    expect(await textsOf(again, doc, id)).toEqual(['all', '0123'])
  })

  test('[ST24] a patch that is removed makes room, and its number is not given again', async () => {
    const { storage, reopen } = await storageForTest(make)
    const [doc, other] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const limits = { users: 1, bytesPerUser: 10 }
    unwrap(await storage.keepPatch(doc, partOf('ann', 'a'), limits))
    const [{ id } = { id: 0 }] = unwrap(await storage.patches(doc))
    expect(unwrap(await storage.patch(other, id))).toBe(null)
    expect(unwrap(await storage.removePatch(other, id))).toBe(false)
    expect(unwrap(await storage.removePatch(doc, id))).toBe(true)
    expect(unwrap(await storage.removePatch(doc, id))).toBe(false)
    expect(unwrap(await storage.patch(doc, id))).toBe(null)
    const again = await reopen()
    expect(unwrap(await again.keepPatch(doc, partOf('bob', 'a'), limits))).toBe('kept')
    expect(unwrap(await again.patches(doc))[0]?.id).toBeGreaterThan(id)
    const unknown = docId(1e9)
    expect(kindOf(await again.keepPatch(unknown, partOf('ann', 'a'), limits))).toBe(
      'unknown-document',
    )
    expect(kindOf(await again.patches(unknown))).toBe('unknown-document')
  })

  test('[ST9] the bytes of a patch are the caller’s on both sides', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const part = partOf('ann', 'mine')
    unwrap(await storage.keepPatch(doc, part, fewPatches))
    expect(textOf(part.update)).toBe('mine')
    part.update.fill(0)
    const [{ id } = { id: 0 }] = unwrap(await storage.patches(doc))
    unwrap(await storage.patch(doc, id))?.[0]?.fill(0)
    expect(await textsOf(storage, doc, id)).toEqual(['mine'])
  })

  test('[ST21] with a purged document all goes that belongs to it', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    unwrap(await storage.keepPatch(doc, partOf('ann', 'a'), fewPatches))
    unwrap(await storage.remove(doc, millis(1)))
    // a deleted document is a document still
    expect(unwrap(await storage.keepPatch(doc, partOf('ann', 'b'), fewPatches))).toBe('kept')
    expect(unwrap(await storage.purge(millis(2), 1))).toBe(1)
    expect(kindOf(await storage.patches(doc))).toBe('unknown-document')
    const fresh = await openId(storage)
    expect(unwrap(await storage.patches(fresh))).toEqual([])
    expect(unwrap(await storage.versions(fresh, { before: null, limit: 1 }))).toEqual([])
    expect(unwrap(await storage.authors(fresh))).toEqual([])
  })
}
