import { clientId, IdSet } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuthorRange } from '../ports/storage.ts'
import { Authorship } from './authorship.ts'
import type { Effect } from './effect.ts'
import { Frontier } from './frontier.ts'
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

  test('is nobody for an anonymous login, and for what is known or denied', () => {
    const room = open(null, 'bob')
    const { type } = typist(7)
    const typed = type('a')
    expect(authorsIn(room.update(ann, typed))).toEqual([])
    room.commit()
    expect(authorsIn(room.update(bob, typed))).toEqual([])
    room.take({ kind: 'regrant', session: bob, access: 'read', user: 'bob' })
    expect(only(room.update(bob, type('b')), 'append')).toEqual([])
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

  test('is the one whose words were new, whatever pieces come in which order', () => {
    const pieces = fc.array(
      fc.record({
        client: fc.integer({ min: 1, max: 2 }),
        start: fc.nat({ max: 30 }),
        length: fc.integer({ min: 1, max: 6 }),
        user: fc.constantFrom('ann', 'bob', null),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(pieces, (all) => {
        const { frontier } = Frontier.of(emptyDocument)
        const authorship = new Authorship()
        const brought = new Map<string, string | null>()
        const stamps: AuthorRange[] = []
        for (const { client, start, length, user } of all) {
          const structs = new IdSet()
          structs.add(clientId(client), start, start + length)
          for (let clock = start; clock < start + length; clock++) {
            const id = `${client}@${clock}`
            if (!brought.has(id)) brought.set(id, user)
          }
          stamps.push(...authorship.stamp(structs, frontier, user))
          frontier.accept({ ...contentsOf(typist(9).type('x').update), structs })
        }
        // each stamp begins something that its user brought
        for (const { client, clock, user } of stamps)
          expect(brought.get(`${client}@${clock}`)).toBe(user)
        // and of each client's words the first is stamped, if somebody is to be named for it
        for (const client of [1, 2]) {
          const clocks = [...brought.keys()]
            .filter((id) => id.startsWith(`${client}@`))
            .map((id) => Number(id.slice(2)))
          if (clocks.length === 0) continue
          const first = Math.min(...clocks)
          const user = brought.get(`${client}@${first}`)
          const stamp = stamps.find((stamp) => stamp.client === client && stamp.clock === first)
          expect(stamp?.user ?? null).toBe(user)
        }
      }),
    )
  })
})
