import { clientId, millis, sessionId, utf8Length, type KnownPresence } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stampIdentity } from './identity.ts'
import { PresenceTable } from './presence.ts'
import { ann, bob, cyd, here } from './testing/test-room.ts'

const bounds = {
  presenceEntries: 3,
  presenceTotalBytes: 100,
  presenceIdsPerSession: 2,
  presenceTtlMs: 30_000,
}
const at = millis(0)
const opening = (session = ann) => ({ session, user: null, isOpening: true })
const later = (session = ann) => ({ session, user: null, isOpening: false })
const ignored = (entries = 1) => ({ changed: [], stale: [], ignored: entries })
const changed = (...entries: readonly KnownPresence[]) => ({
  changed: entries,
  stale: [],
  ignored: 0,
})

describe('owning', () => {
  test('[R7] a session owns an id that it introduces, and others cannot change it', () => {
    const table = new PresenceTable(bounds)
    expect(table.accept([here(1, 1)], later(), at)).toEqual(changed(here(1, 1)))
    expect(table.accept([here(1, 2, '"forged"')], later(bob), at)).toEqual(ignored())
    expect(table.accept([here(1, 1, null)], later(bob), at)).toEqual(ignored())
    expect(table.states()).toEqual([here(1, 1)])
  })

  test('[R7] relays own nothing: neither of one, nor of several, nor of those who have gone', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 1)], later(), at)
    expect(table.accept([here(1, 1)], later(bob), at)).toEqual(ignored())
    expect(table.accept([here(8, 1), here(9, 1)], later(bob), at)).toEqual(ignored(2))
    table.leave(ann)
    expect(table.accept([here(1, 1)], later(bob), at)).toEqual(ignored())
    expect(table.accept([here(1, 1, null)], later(bob), at)).toEqual(ignored())
    expect(table.leave(bob)).toEqual([])
  })

  test('[R7] of several entries in one message those count that the session owns', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 1)], later(), at)
    table.accept([here(2, 1)], later(bob), at)
    expect(table.accept([here(2, 1), here(1, 2)], later(), at)).toEqual({
      changed: [here(1, 2)],
      stale: [],
      ignored: 1,
    })
  })

  test('[R7] a lower or an equal clock changes nothing; an equal one may say "gone", once', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], later(), at)
    expect(table.accept([here(1, 4, '"old"')], later(), at)).toEqual(ignored())
    expect(table.accept([here(1, 5, '"same"')], later(), at)).toEqual(ignored())
    expect(table.accept([here(1, 5, null)], later(), at)).toEqual(changed(here(1, 5, null)))
    expect(table.accept([here(1, 5, null)], later(), at)).toEqual(ignored())
    expect(table.accept([here(1, 6)], later(), at)).toEqual(changed(here(1, 6)))
  })

  test('[R7] a null state introduces nobody', () => {
    const table = new PresenceTable(bounds)
    expect(table.accept([here(1, 1, null)], opening(), at)).toEqual(ignored())
    expect(table.accept([here(1, 2, null)], later(), at)).toEqual(ignored())
  })
})

describe('[P27] the user of an entry', () => {
  const as = (user: string, session = ann) => ({ ...opening(session), user })

  test('is told anew where its session says another login', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], as('ann'), at)
    expect(table.rename(ann, { user: 'eve' })).toEqual([{ ...here(1, 5), user: 'eve' }])
    expect(table.states()).toEqual([{ ...here(1, 5), user: 'eve' }])
    table.accept([here(1, 6, null)], as('eve'), at)
    expect(table.rename(ann, { user: 'ann' })).toEqual([])
    expect(table.rename(bob, { user: 'ann' })).toEqual([])
  })

  test('is told anew where another session takes its id over at the same clock', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], as('ann'), at)
    expect(table.accept([here(1, 5)], as('eve', bob), at)).toEqual(
      changed({ ...here(1, 5), user: 'eve' }),
    )
    expect(table.accept([here(1, 5)], as('eve', cyd), at)).toEqual(changed())
  })
})

describe('[P27] what a state says of its client', () => {
  const login = (user: string | null, name: string | null = null) => ({ user, name })
  const by = (user: string | null, session = ann) => ({
    ...opening(session),
    user,
    identity: login(user),
  })
  const says = (id: string): string => JSON.stringify({ user: { id, color: 'red' }, at: 1 })
  const states = (table: PresenceTable) =>
    table.states().map(({ state }): unknown => JSON.parse(state ?? 'null'))

  test('is who its login says it is, whatever it says', () => {
    const table = new PresenceTable(bounds)
    const { changed: told } = table.accept([here(1, 1, says('bob'))], by('ann'), at)
    expect(told).toMatchObject([
      { state: '{"user":{"color":"red","id":"ann"},"at":1}', user: 'ann' },
    ])
    expect(states(table)).toEqual([{ user: { id: 'ann', color: 'red' }, at: 1 }])
    expect(table.bytes).toBe(told[0]?.state?.length)
  })

  test('is nobody by a login without a user, and what it likes by an application', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 1, says('bob'))], by(null), at)
    table.accept([here(2, 1, says('bob'))], opening(bob), at)
    expect(states(table)).toEqual([
      { user: { color: 'red' }, at: 1 },
      { user: { id: 'bob', color: 'red' }, at: 1 },
    ])
  })

  test('goes over to another login, and to who takes an id over, with what it says', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5, says('ann'))], by('ann'), at)
    expect(table.rename(ann, { user: 'eve', identity: login('eve') })).toMatchObject([
      { user: 'eve' },
    ])
    expect(states(table)).toEqual([{ user: { id: 'eve', color: 'red' }, at: 1 }])
    table.accept([here(1, 5, says('eve'))], by('cyd', bob), at)
    expect(states(table)).toEqual([{ user: { id: 'cyd', color: 'red' }, at: 1 }])
    expect(table.bytes).toBe(JSON.stringify(states(table)[0]).length)
    table.leave(bob)
    expect(table.bytes).toBe(0)
  })

  test.each([
    ['{"user":"bob"}', '{"user":"bob"}'],
    ['{"user":["bob"]}', '{"user":["bob"]}'],
    ['[{"user":{"id":"bob"}}]', '[{"user":{"id":"bob"}}]'],
    ['{"users":{"id":"bob"}}', '{"users":{"id":"bob"}}'],
    ['{ "user" : {"id":"ann"} }', '{ "user" : {"id":"ann"} }'],
    ['{"user":{}}', '{"user":{"id":"ann"}}'],
    ['{"user":{"id":"ann"},"user":{"id":"bob"}}', '{"user":{"id":"ann"}}'],
    [String.raw`{"\u0075ser":{"i\u0064":"bob"}}`, '{"user":{"id":"ann"}}'],
    ['{"user":{"id":{"toString":"bob"}}}', '{"user":{"id":"ann"}}'],
  ])('is stamped where a client reads it, and nowhere else: %s', (state, shown) => {
    expect(stampIdentity(state, login('ann'))).toBe(shown)
  })

  test('has the name that its login has', () => {
    const state = '{"user":{"id":"ann","name":"Bob"}}'
    expect(stampIdentity(state, login('ann', 'Ann'))).toBe('{"user":{"name":"Ann","id":"ann"}}')
    expect(stampIdentity(state, login('ann'))).toBe(state)
    expect(stampIdentity(state, undefined)).toBe(state)
  })
})

describe('taking over', () => {
  test('[R7] a reconnecting client takes its id over without a gap; the late close removes nothing', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], opening(), at)
    expect(table.accept([here(1, 5)], opening(bob), at)).toEqual(changed())
    expect(table.leave(ann)).toEqual([])
    expect(table.accept([here(1, 6)], later(), at)).toEqual(ignored())
    expect(table.accept([here(1, 6)], later(bob), at)).toEqual(changed(here(1, 6)))
    expect(table.leave(bob)).toEqual([here(1, 6, null)])
  })

  test('[R7] if the old close came first, the sender hears that it is gone, and may say it is not', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], opening(), at)
    table.leave(ann)
    expect(table.accept([here(1, 5)], opening(bob), at)).toEqual({
      changed: [],
      stale: [here(1, 5, null)],
      ignored: 0,
    })
    // the answer to the question for its presence names everyone that the client knows
    expect(table.accept([here(7, 1), here(1, 6)], later(bob), at)).toEqual({
      changed: [here(1, 6)],
      stale: [],
      ignored: 1,
    })
  })

  test('[R7] a takeover counts as a sign of life', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], opening(), at)
    table.accept([here(1, 5)], opening(bob), millis(20_000))
    expect(table.expire(millis(49_999))).toEqual([])
    expect(table.expire(millis(50_000))).toEqual([here(1, 5, null)])
  })

  test('[R7] nobody who has been shown presence can take an id over, at any clock', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('"forged"', null), (clock, state) => {
        const table = new PresenceTable(bounds)
        table.accept([here(1, 5)], opening(), at)
        expect(table.accept([here(1, clock, state)], later(bob), at)).toEqual(ignored())
        expect(table.states()).toEqual([here(1, 5)])
      }),
    )
  })

  test('[R7] no claim lifts a clock so far that its client could not go on', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], opening(), at)
    expect(table.accept([here(1, 2 ** 53 - 1)], opening(bob), at)).toEqual(ignored())
    expect(table.accept([here(1, 2 ** 53 - 1)], later(), at)).toEqual(ignored())
    expect(table.accept([here(1, 5_000_000)], later(), at).changed.length).toBe(1)
  })
})

describe('ending', () => {
  test('[R7] a leaving session’s ids are announced once, at the clocks they had', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], later(), at)
    table.accept([here(2, 7)], later(), at)
    table.accept([here(2, 8, null)], later(), at)
    table.accept([here(3, 1)], later(bob), at)
    expect(table.leave(ann)).toEqual([here(1, 5, null)])
    expect(table.leave(ann)).toEqual([])
    expect(table.states()).toEqual([here(3, 1)])
  })

  test('[R7] a state ends 30 s after its last renewal, and may come back with the next clock', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], later(), at)
    table.accept([here(1, 6)], later(), millis(15_000))
    expect(table.expire(millis(44_999))).toEqual([])
    expect(table.expire(millis(45_000))).toEqual([here(1, 6, null)])
    expect(table.expire(millis(90_000))).toEqual([])
    expect(table.accept([here(1, 7)], later(), millis(90_000))).toEqual(changed(here(1, 7)))
    expect(table.leave(ann)).toEqual([here(1, 7, null)])
  })
})

describe('renewing', () => {
  test('[R7] whom the server does not read is renewed in time, with the next clock, and does not end', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5, '"is"')], later(), at)
    expect(table.renew([ann], millis(24_999))).toEqual([])
    expect(table.renew([ann], millis(25_000))).toEqual([here(1, 6, '"is"')])
    expect(table.renew([ann], millis(25_000))).toEqual([])
    expect(table.expire(millis(54_999))).toEqual([])
    expect(table.renew([ann], millis(54_999))).toEqual([here(1, 7, '"is"')])
    expect(table.expire(millis(84_999))).toEqual([here(1, 7, null)]) // read again, and silent
  })

  test('[R7] nobody else is renewed, and nobody who has gone', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5)], later(), at)
    table.accept([here(2, 5)], later(bob), at)
    table.accept([here(2, 6, null)], later(bob), at)
    expect(table.renew([bob, cyd], millis(29_999))).toEqual([])
    expect(table.expire(millis(30_000))).toEqual([here(1, 5, null)])
    expect(table.renew([ann], millis(60_000))).toEqual([])
  })

  test('[R7] what a client has said meanwhile counts when it is read: it renews itself more often', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 5, '"before"')], later(), at)
    table.renew([ann], millis(25_000))
    table.renew([ann], millis(50_000))
    const said = [here(1, 6, '"moved"'), here(1, 7, '"moved"'), here(1, 8, '"moved"')]
    for (const entry of said) table.accept([entry], later(), millis(51_000))
    expect(table.states()).toEqual([here(1, 8, '"moved"')])
  })
})

describe('bounds', () => {
  test('a session owns so many ids and no more', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 1)], later(), at)
    table.accept([here(2, 1)], later(), at)
    expect(table.accept([here(3, 1)], later(), at)).toEqual(ignored())
    expect(table.accept([here(2, 2)], later(), at)).toEqual(changed(here(2, 2)))
    expect(table.accept([here(3, 1)], later(bob), at)).toEqual(changed(here(3, 1)))
  })

  test('an id that was given up by a takeover no longer counts', () => {
    const table = new PresenceTable(bounds)
    table.accept([here(1, 1)], opening(), at)
    table.accept([here(1, 1)], opening(bob), at)
    table.accept([here(2, 1)], later(), at)
    expect(table.accept([here(3, 1)], later(), at)).toEqual(changed(here(3, 1)))
  })

  test('a table full of those who are here takes no one in', () => {
    const table = new PresenceTable(bounds)
    const sessions = [ann, bob, cyd]
    sessions.forEach((session, i) => table.accept([here(i, 1)], later(session), at))
    expect(table.accept([here(9, 1)], later(sessionId(4)), at)).toEqual(ignored())
  })

  test('a full table forgets the clock of whoever has been gone longest', () => {
    const table = new PresenceTable(bounds)
    for (const [i, session] of [ann, bob, cyd].entries())
      table.accept([here(i, 5)], later(session), at)
    table.leave(bob)
    table.leave(ann)
    expect(table.accept([here(9, 1)], later(sessionId(4)), at)).toEqual(changed(here(9, 1)))
    // bob's is forgotten, so any clock will do; ann's is not
    expect(table.accept([here(0, 5)], later(sessionId(5)), at)).toEqual(ignored())
    table.leave(cyd)
    expect(table.accept([here(1, 1)], later(sessionId(5)), at)).toEqual(changed(here(1, 1)))
  })
})

test('[R7] whoever hears every announcement sees what the table holds', () => {
  const sessions = [ann, bob, cyd]
  const happenings = fc.oneof(
    fc.record({
      session: fc.constantFrom(...sessions),
      isOpening: fc.boolean(),
      entries: fc.array(
        fc.record({
          client: fc.nat({ max: 4 }).map(clientId),
          clock: fc.nat({ max: 6 }),
          state: fc.constantFrom('1', '2', '"é"', null),
        }),
        { maxLength: 2 },
      ),
    }),
    fc.record({ leaves: fc.constantFrom(...sessions) }),
    fc.record({ afterMs: fc.nat({ max: 40_000 }) }),
    fc.record({ unread: fc.constantFrom(...sessions) }),
  )
  fc.assert(
    fc.property(fc.array(happenings), (all) => {
      const table = new PresenceTable({ ...bounds, presenceEntries: 10, presenceTotalBytes: 5 })
      const view = new Map<number, KnownPresence>()
      let now = 0
      for (const happening of all) {
        if ('afterMs' in happening) now += happening.afterMs
        const announced =
          'afterMs' in happening
            ? table.expire(millis(now))
            : 'leaves' in happening
              ? table.leave(happening.leaves)
              : 'unread' in happening
                ? table.renew([happening.unread], millis(now))
                : table.accept(happening.entries, { ...happening, user: null }, millis(now)).changed
        for (const entry of announced) {
          const known = view.get(entry.client)
          const isGoing = known?.clock === entry.clock && entry.state === null
          expect(entry.clock > (known?.clock ?? -1) || isGoing).toBe(true)
          view.set(entry.client, entry)
        }
        const present = [...view.values()].filter(({ state }) => state !== null)
        expect(new Set(table.states())).toEqual(new Set(present))
        expect(table.bytes).toBe(
          present.reduce((sum, { state }) => sum + utf8Length(state ?? ''), 0),
        )
        expect(table.bytes).toBeLessThanOrEqual(5)
      }
      for (const session of sessions) table.leave(session)
      expect(table.states()).toEqual([])
      expect(table.bytes).toBe(0)
    }),
  )
})

describe('bytes', () => {
  const json = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`
  const table = (): PresenceTable => new PresenceTable({ ...bounds, presenceTotalBytes: 20 })

  test('of all states together may reach the limit, and not pass it by one', () => {
    const full = table()
    expect(full.accept([here(1, 1, json(12))], later(), at).changed).toHaveLength(1)
    expect(full.accept([here(2, 1, json(9))], later(bob), at)).toEqual(ignored())
    expect(full.accept([here(2, 1, json(8))], later(bob), at).changed).toHaveLength(1)
    expect(full.bytes).toBe(20)
    expect(full.accept([here(3, 1, '1')], later(cyd), at)).toEqual(ignored())
  })

  test('are those of UTF-8', () => {
    const full = table()
    expect(full.accept([here(1, 1, '"ééééééééé€"')], later(), at)).toEqual(ignored()) // 23, as 12 units
    expect(full.accept([here(1, 1, '"ééééééééé"')], later(), at).changed).toHaveLength(1)
  })

  test('come free as states shrink, go, leave and expire', () => {
    const full = table()
    full.accept([here(1, 1, json(20))], later(), at)
    expect(full.accept([here(1, 2, json(21))], later(), at)).toEqual(ignored())
    expect(full.accept([here(1, 2, json(10))], later(), at).changed).toHaveLength(1)
    full.accept([here(2, 1, json(10))], later(bob), at)
    full.accept([here(1, 3, null)], later(), at)
    expect(full.bytes).toBe(10)
    full.leave(bob)
    expect(full.bytes).toBe(0)
    full.accept([here(3, 1, json(20))], later(cyd), at)
    full.expire(millis(bounds.presenceTtlMs))
    expect(full.bytes).toBe(0)
  })
})
