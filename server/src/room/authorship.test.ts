import { clientId, EMPTY_UPDATE, IdSet, ok, seq } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuthorRange } from '../ports/storage.ts'
import { stampAuthors, type AuthorsByClient } from '../storage/stamping.ts'
import { Authorship, MOST_PIECES } from './authorship.ts'
import type { Effect } from './effect.ts'
import { Frontier } from './frontier.ts'
import { waitingCost } from './saving.ts'
import { ann, bob, contentsOf, emptyDocument, only, TestRoom, typist } from './testing/test-room.ts'

const authorsIn = (effects: readonly Effect[]): readonly AuthorRange[] =>
  only(effects, 'append').flatMap(({ authors }) => authors)

/** A room that these users have joined, in this order. */
const open = (...users: readonly (string | null)[]): TestRoom => {
  const room = new TestRoom()
  users.forEach((user, i) => {
    const session = [ann, bob][i] ?? ann
    room.take({ kind: 'join', session, access: 'write', user, asking: 'on-join' })
  })
  room.load()
  return room
}

describe('[R20] who brought it', () => {
  test('is stamped with the first of what a client brings, and not again', () => {
    const room = open('ann')
    const { type } = typist(7)
    const stamp = { client: 7, clock: 0, user: 'ann' }
    expect(authorsIn(room.update(ann, type('ab')))).toEqual([stamp])
    expect(authorsIn(room.commit())).toEqual([])
    expect(authorsIn(room.update(ann, type('c')))).toEqual([])
  })

  test('is stamped anew where another user goes on, and where the login of a session changes', () => {
    const room = open('ann', 'bob')
    const { type } = typist(7)
    room.update(ann, type('ab'))
    room.update(bob, type('c'))
    room.take({ kind: 'regrant', session: bob, access: 'write', user: 'cyd' })
    room.update(bob, type('d'))
    expect(authorsIn(room.commit())).toEqual([
      { client: 7, clock: 2, user: 'bob' },
      { client: 7, clock: 3, user: 'cyd' },
    ])
  })

  test('is nobody for an anonymous login, and nothing is stamped of what is known or denied', () => {
    const room = open(null, 'bob')
    const { type } = typist(7)
    const typed = type('a')
    expect(authorsIn(room.update(ann, typed))).toEqual([{ client: 7, clock: 0, user: null }])
    room.commit()
    expect(authorsIn(room.update(ann, type('b')))).toEqual([])
    room.commit()
    expect(authorsIn(room.update(bob, typed))).toEqual([])
    room.take({ kind: 'regrant', session: bob, access: 'read', user: 'bob' })
    expect(only(room.update(bob, type('b')), 'append')).toEqual([])
  })

  test('is nobody where somebody without a name goes on behind a user', () => {
    const room = open('ann', null)
    const { type } = typist(7)
    room.update(ann, type('ab'))
    room.commit()
    const said = authorsIn(room.update(bob, type('c')))
    expect(said).toEqual([{ client: 7, clock: 2, user: null }])
  })

  test('is who a session was as it said it, also where the document was still to be read', () => {
    const room = new TestRoom()
    room.take({ kind: 'join', session: ann, access: 'write', user: 'ann', asking: 'on-join' })
    const { type } = typist(7)
    room.update(ann, type('a'))
    room.take({ kind: 'regrant', session: ann, access: 'write', user: null })
    room.update(ann, type('b'))
    const appended = [...authorsIn(room.load()), ...authorsIn(room.commit())]
    expect(appended).toEqual([
      { client: 7, clock: 0, user: 'ann' },
      { client: 7, clock: 1, user: null },
    ])
  })

  test('comes again with the updates after a failure', () => {
    const room = open('ann')
    room.update(ann, typist(7).type('a'))
    room.failAppend()
    expect(authorsIn(room.tick(1_000))).toEqual([{ client: 7, clock: 0, user: 'ann' }])
  })

  test('of a write is who it says, whatever its login', () => {
    const room = open('application')
    const contents = typist(7).type('a')
    const effects = room.says(ann, { kind: 'write', contents, expected: null, author: 'agent' })
    expect(authorsIn(effects)).toEqual([{ client: 7, clock: 0, user: 'agent' }])
  })

  test('is one stamp for each client of a message, in however many pieces it comes', () => {
    const structs = new IdSet()
    const pieces = Array.from({ length: 10_000 }, (_, i) => [2 * i, 2 * i + 1]).flat()
    for (const client of [1, 2]) structs.addFlat(clientId(client), pieces)
    const { frontier } = Frontier.of(emptyDocument)
    frontier.accept(holding(1, 50_000, 50_001))
    expect(new Authorship().stampsOf(structs, frontier, 'ann')).toEqual(
      ok([
        { client: 1, clock: 0, user: 'ann', until: 50_000 },
        { client: 2, clock: 0, user: 'ann' },
      ]),
    )
  })

  test('is refused where more pieces lie between what is known than may, in however many messages', () => {
    const room = open('ann', 'bob')
    const known = new IdSet()
    const halves = [new IdSet(), new IdSet(), new IdSet()]
    for (let i = 0; i <= MOST_PIECES + 3; i++) {
      known.add(clientId(7), 2 * i, 2 * i + 1)
      const half = halves[i <= MOST_PIECES / 2 ? 0 : i <= MOST_PIECES + 1 ? 1 : 2]
      half?.add(clientId(7), 2 * i + 1, 2 * i + 2)
    }
    room.update(ann, { ...holding(7, 0, 1), structs: known })
    room.commit()
    const outcomes = halves.map((structs) => {
      const effects = room.update(bob, { ...holding(7, 0, 1), structs })
      return only(effects, 'close')
    })
    expect(outcomes).toMatchObject([
      [],
      [],
      [{ to: [bob], reason: expect.stringContaining(`${MOST_PIECES} pieces`) as string }],
    ])
    const structs = halves[2] ?? new IdSet()
    expect(only(room.update(ann, { ...holding(7, 0, 1), structs }), 'close')).toEqual([])
  })

  test('counts among what waits for the disk', () => {
    const structs = new IdSet()
    for (let client = 1; client <= 100; client++) structs.add(clientId(client), 0, 1)
    const contents = { ...holding(7, 0, 1), structs }
    const fits = (user: string | null, unsavedBytes: number): boolean => {
      const room = new TestRoom({ unsavedBytes })
      room.take({ kind: 'join', session: ann, access: 'write', user, asking: 'on-join' })
      room.load()
      return only(room.update(ann, contents), 'close').length === 0
    }
    const cost = waitingCost(contents.update.length)
    expect(fits('ann', cost + 100 * 64)).toBe(true)
    expect(fits('ann', cost + 100 * 64 - 1)).toBe(false)
  })

  test('is asked of the storage again once another node has brought something', () => {
    const room = open('ann')
    const { type } = typist(7)
    room.update(ann, type('a'))
    room.commit()
    const { update } = type('b')
    const hint = { first: seq(2), last: seq(2), updates: [update], writer: 9 }
    room.take({ kind: 'remote', hint })
    const said = authorsIn(room.update(ann, type('c')))
    expect(said).toEqual([{ client: 7, clock: 2, user: 'ann' }])
  })

  test.each([
    [
      'the gap that somebody else fills',
      [
        [0, 5, 'ann'],
        [9, 12, 'ann'],
        [5, 9, 'bob'],
      ],
    ],
    [
      'what somebody without a name fills',
      [
        [9, 12, 'ann'],
        [0, 9, null],
      ],
    ],
    [
      'what goes on behind it',
      [
        [0, 5, 'ann'],
        [9, 12, 'ann'],
        [5, 9, 'bob'],
        [12, 13, 'ann'],
      ],
    ],
    [
      'a gap in a gap',
      [
        [0, 1, 'ann'],
        [9, 12, 'ann'],
        [4, 5, 'bob'],
        [1, 4, 'ann'],
        [5, 9, null],
      ],
    ],
  ] as const)('is right around %s', (_, pieces) => {
    const said = new Saying()
    for (const [start, end, user] of pieces) said.say(7, start, end, user)
    expect(said.told()).toEqual(said.brought())
  })

  test('is who brought each clock first, whatever pieces come in which order and in how many lives', () => {
    const piece = fc.record({
      client: fc.integer({ min: 1, max: 2 }),
      starts: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 3 }),
      length: fc.integer({ min: 1, max: 6 }),
      user: fc.constantFrom('ann', 'bob', null),
      isFirstOfALife: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
    })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (all) => {
        const said = new Saying()
        for (const { client, starts, length, user, isFirstOfALife } of all) {
          if (isFirstOfALife) said.live()
          const ranges = starts.map((start) => [start, start + length] as const)
          said.sayAll(client, ranges, user)
        }
        expect(said.told()).toEqual(said.brought())
      }),
      { numRuns: 1_000 },
    )
  })
})

const holding = (client: number, start: number, end: number) => {
  const structs = new IdSet()
  structs.add(clientId(client), start, end)
  return { ...contentsOf(EMPTY_UPDATE), structs }
}

/** A document in which people say pieces, and a storage with who is stamped for them. */
class Saying {
  readonly #frontier = Frontier.of(emptyDocument).frontier
  readonly #stored: AuthorsByClient = new Map()
  readonly #brought = new Map<number, Map<number, string | null>>()
  #authorship = new Authorship()

  /** The document is closed and opened again. */
  live(): void {
    this.#authorship = new Authorship()
  }

  say(client: number, start: number, end: number, user: string | null): void {
    this.sayAll(client, [[start, end]], user)
  }

  sayAll(
    client: number,
    ranges: readonly (readonly [number, number])[],
    user: string | null,
  ): void {
    const brought = this.#brought.get(client) ?? new Map<number, string | null>()
    this.#brought.set(client, brought)
    const structs = new IdSet()
    for (const [start, end] of ranges) {
      structs.add(clientId(client), start, end)
      for (let clock = start; clock < end; clock++)
        if (!brought.has(clock)) brought.set(clock, user)
    }
    const stamps = this.#authorship.stampsOf(structs, this.#frontier, user)
    if (!stamps.ok) throw new Error(stamps.error)
    this.#authorship.note(stamps.value)
    stampAuthors(this.#stored, stamps.value)
    this.#frontier.accept({ ...contentsOf(EMPTY_UPDATE), structs })
  }

  /** Who brought each clock first. */
  brought(): ReadonlyMap<string, string | null> {
    return new Map(
      [...this.#brought].flatMap(([client, clocks]) =>
        [...clocks].map(([clock, user]) => [`${client}@${clock}`, user] as const),
      ),
    )
  }

  /** Who is stamped for each of them. */
  told(): ReadonlyMap<string, string | null> {
    return new Map(
      [...this.#brought].flatMap(([client, clocks]) =>
        [...clocks.keys()].map((at) => {
          const ranges = this.#stored.get(clientId(client)) ?? []
          const range = ranges.findLast(({ clock }) => clock <= at)
          return [`${client}@${at}`, range?.user ?? null] as const
        }),
      ),
    )
  }
}
