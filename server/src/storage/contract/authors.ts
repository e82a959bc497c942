import { clientId, docId } from '@quire/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AuthorRange, AuthorStamp } from '../../ports/storage.ts'
import { plainCreation } from './cataloguing.ts'
import {
  appendTexts,
  bothLives,
  kindOf,
  type MakeStorage,
  nameOf,
  noon,
  openId,
  snapshotOf,
  storageForTest,
  textUpdate,
  unwrap,
} from './fixture.ts'

const range = (client: number, clock: number, user: string | null): AuthorRange => {
  return { client: clientId(client), clock, user }
}

const ending = (client: number, clock: number, user: string | null, until: number): AuthorStamp => {
  return { ...range(client, clock, user), until }
}

const isOf = (client: number, clock: number) => (other: AuthorRange) =>
  other.client === client && other.clock <= clock

const ascending = (one: AuthorRange, other: AuthorRange): number =>
  one.client - other.client || one.clock - other.clock

/** Ranges without those that say nothing new, as a map would keep them. */
const modelOf = (stamped: readonly AuthorStamp[]): AuthorRange[] => {
  const kept: AuthorRange[] = []
  for (const { client, clock, user, until } of stamped) {
    const before = kept.toSorted(ascending).findLast(isOf(client, clock))
    const was = before?.user ?? null
    if (before?.clock === clock || was === user) continue
    const isClosed = kept.some((other) => isOf(client, until ?? 0)(other) && other.clock > clock)
    if (until !== undefined && !isClosed) kept.push({ client, clock: until, user: was })
    kept.push({ client, clock, user })
  }
  return kept.toSorted(ascending)
}

/** ST22. */
export const authorRules = (make: MakeStorage): void => {
  test('[ST22] authors come with updates, or with a seed, and stay through folds and restarts', async () => {
    const { storage, reopen } = await storageForTest(make)
    const authors = [range(2 ** 53 - 1, 0, 'ann'), range(1, 7, 'bob'), range(1, 9, 'Ann 📝')]
    const [x, y] = [await openId(storage, 'x'), await openId(storage, 'y')]
    const batch = [
      { doc: x, updates: [textUpdate('a'), textUpdate('b')], authors },
      { doc: y, updates: [textUpdate('c')] },
      { doc: x, updates: [textUpdate('d')], authors: [range(1, 7, 'bob')] },
    ]
    expect(unwrap(await storage.append(batch, noon))).toHaveLength(3)
    const seed = { update: textUpdate('seed'), authors: [range(5, 0, 'eve')] }
    const { facts } = unwrap(await storage.create(nameOf('z'), { ...plainCreation, seed }))
    unwrap(await storage.compact(x, snapshotOf(3, 'abd'), []))
    for await (const one of bothLives(storage, reopen)) {
      expect(unwrap(await one.authors(x))).toEqual([authors[1], authors[2], authors[0]])
      const among = unwrap(await one.authorsAmong(x, ['Ann 📝', 'eve', 'bob', 'BOB', '']))
      expect(among.toSorted()).toEqual(['Ann 📝', 'bob'])
      expect(unwrap(await one.authorsAmong(y, ['bob']))).toEqual([])
      expect(kindOf(await one.authorsAmong(docId(1e9), ['bob']))).toBe('unknown-document')
      expect(unwrap(await one.authors(y))).toEqual([])
      expect(unwrap(await one.authors(facts.id))).toEqual(seed.authors)
      expect(kindOf(await one.authors(docId(1e9)))).toBe('unknown-document')
    }
  })

  test('[ST4] [ST22] where a batch fails, nobody is stamped', async () => {
    const { storage } = await storageForTest(make)
    const doc = await openId(storage)
    const authors = [range(1, 0, 'ann')]
    const batch = [doc, docId(1e9)].map((id) => ({ doc: id, updates: [], authors }))
    expect(kindOf(await storage.append(batch, noon))).toBe('unknown-document')
    expect(unwrap(await storage.authors(doc))).toEqual([])
    await appendTexts(storage, doc, 'a')
    expect(unwrap(await storage.authors(doc))).toEqual([])
  })

  test('[ST22] what follows a stamp that ends stays whose it was, somebody’s or nobody’s', async () => {
    const { storage, reopen } = await storageForTest(make)
    const doc = await openId(storage)
    const stamp = async (...authors: AuthorStamp[]) =>
      unwrap(await storage.append([{ doc, updates: [], authors }], noon))
    await stamp(range(1, 0, 'ann'), range(1, 9, 'ann'), range(2, 0, null))
    await stamp(ending(1, 5, 'bob', 9), ending(2, 3, 'bob', 7))
    // the next to end says the same, and what ends where a range begins already ends there
    await stamp(ending(1, 7, 'bob', 8), ending(2, 5, null, 7))
    for await (const one of bothLives(storage, reopen))
      expect(unwrap(await one.authors(doc))).toEqual([
        range(1, 0, 'ann'),
        range(1, 5, 'bob'),
        range(1, 9, 'ann'),
        range(2, 3, 'bob'),
        range(2, 5, null),
        range(2, 7, null),
      ])
  })

  test('[ST22] whatever is stamped in whatever order, each range says something new', async () => {
    const { storage } = await storageForTest(make)
    const users = fc.constantFrom('ann', 'bob', '', null)
    const stamp = fc
      .tuple(fc.nat(1), fc.nat(5), users, fc.nat(3))
      .map(([client, clock, user, size]) =>
        size === 0 ? range(client, clock, user) : ending(client, clock, user, clock + size),
      )
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(stamp)), async (stamps) => {
        const doc = await openId(storage, `${++run}`)
        for (const authors of stamps)
          unwrap(await storage.append([{ doc, updates: [], authors }], noon))
        expect(unwrap(await storage.authors(doc))).toEqual(modelOf(stamps.flat()))
      }),
      { numRuns: 20 },
    )
  })
}
