import {
  clientId,
  millis,
  sessionId,
  type ClientId,
  type PresenceEntry,
  type SessionId,
} from '@quire/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check } from './testing/model-shell.ts'
import { PresenceTable } from './presence.ts'

const bounds = {
  presenceEntries: 6,
  presenceTotalBytes: 40,
  presenceIdsPerSession: 2,
  presenceTtlMs: 30_000,
}
const CLIENTS = 4
const IDS_PER_CLIENT = 3

/** What a client may do: numbers choose among what is there. */
const happenings = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('connect' as const), client: fc.nat() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      client: fc.nat(),
      which: fc.nat(),
      step: fc.constantFrom(0, 1, 1, 1, 3, 2 ** 25),
      text: fc.option(fc.string({ maxLength: 12, unit: 'binary' })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('relay' as const),
      client: fc.nat(),
      ids: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      step: fc.nat({ max: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), session: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 40_000 }) }),
  },
)
type Happening = typeof happenings extends fc.Arbitrary<infer H> ? H : never

/** Clients of a few ids each, which keep their clocks over their connections, and the table they share. */
class Room {
  readonly table = new PresenceTable(bounds)
  /** Whose each id is and since when, by what the table has answered so far. */
  readonly #owners = new Map<ClientId, { readonly session: SessionId; readonly at: number }>()
  readonly live: SessionId[] = []
  readonly #sessions: (SessionId | undefined)[] = []
  readonly #opening = new Set<SessionId>()
  readonly #clocks = new Map<ClientId, number>()
  #nextSession = 1
  #now = 0

  happen(happening: Happening): void {
    switch (happening.kind) {
      case 'connect': {
        // its old session, if it has one, is half-open from here on
        const session = sessionId(this.#nextSession++)
        this.#sessions[happening.client % CLIENTS] = session
        this.#opening.add(session)
        return void this.live.push(session)
      }
      case 'say': {
        const owner = happening.client % CLIENTS
        const id = clientId(owner * IDS_PER_CLIENT + (happening.which % IDS_PER_CLIENT))
        const clock = (this.#clocks.get(id) ?? 0) + happening.step
        if (happening.step < 10) this.#clocks.set(id, clock)
        const state = happening.text === null ? null : JSON.stringify(happening.text)
        return this.#accept(this.#sessions[owner], [{ client: id, clock, state }])
      }
      case 'relay': {
        const session = this.#sessions[happening.client % CLIENTS]
        if (session !== undefined) this.#opening.delete(session) // it has been shown whom it relays
        const all = CLIENTS * IDS_PER_CLIENT
        const ids = [...new Set(happening.ids.map((id) => clientId(id % all)))]
        const entries = ids.map((client) => {
          const clock = (this.#clocks.get(client) ?? 0) + happening.step
          return { client, clock, state: '"relayed"' }
        })
        return this.#accept(session, entries)
      }
      case 'leave': {
        const [session] = this.live.splice(happening.session % Math.max(1, this.live.length), 1)
        return session === undefined ? undefined : this.leave(session)
      }
      case 'pass': {
        this.#now += happening.ms
        for (const [client, { at }] of this.#owners)
          if (this.#now - at >= bounds.presenceTtlMs) this.#owners.delete(client)
        for (const { client } of this.table.expire(millis(this.#now)))
          check(!this.#owners.has(client), 'only what was not renewed expires')
        return
      }
    }
  }

  ownerOf(client: ClientId): SessionId | undefined {
    return this.#owners.get(client)?.session
  }

  leave(session: SessionId): void {
    for (const { client, state } of this.table.leave(session)) {
      check(state === null, 'a leave announces who is gone')
      check(this.ownerOf(client) === session, 'a leave takes its own with it')
    }
    for (const [client, owner] of this.#owners)
      if (owner.session === session) this.#owners.delete(client)
    check(this.table.leave(session).length === 0, 'a leave is announced once')
  }

  #accept(session: SessionId | undefined, entries: readonly PresenceEntry[]): void {
    if (session === undefined || !this.live.includes(session)) return
    const isOpening = this.#opening.delete(session)
    const { changed, stale, ignored } = this.table.accept(
      entries,
      { session, user: null, isOpening },
      millis(this.#now),
    )
    for (const { client } of changed) {
      const owner = this.ownerOf(client)
      const isOwn = isOpening || owner === undefined || owner === session
      check(isOwn, 'only who opens takes over what is another’s')
      this.#owners.set(client, { session, at: this.#now })
    }
    const [only] = entries
    const isTakenOver = entries.length === 1 && ignored === 0 && changed.length === 0
    if (only !== undefined && isTakenOver) this.#owners.set(only.client, { session, at: this.#now })
    for (const { state } of stale) check(state === null, 'stale is who is gone')
  }
}

const utf8Bytes = (entries: readonly PresenceEntry[]): number =>
  entries.reduce((sum, { state }) => sum + Buffer.byteLength(state ?? ''), 0)

test('[R7] claims, relays, leaves and reconnects in any order stay bounded and owned, and leave no ghost', () => {
  fc.assert(
    fc.property(fc.array(happenings, { maxLength: 80, size: 'max' }), (all) => {
      const room = new Room()
      const { table, live } = room
      for (const happening of all) {
        room.happen(happening)
        const states = table.states()
        expect(table.everyone().length).toBeLessThanOrEqual(bounds.presenceEntries)
        expect(table.everyone().filter(({ state }) => state !== null)).toEqual(states)
        expect(table.bytes).toBe(utf8Bytes(states))
        expect(table.bytes).toBeLessThanOrEqual(bounds.presenceTotalBytes)
        for (const { client } of states) expect(live).toContain(room.ownerOf(client))
        for (const session of live) {
          const own = states.filter(({ client }) => room.ownerOf(client) === session)
          expect(own.length).toBeLessThanOrEqual(bounds.presenceIdsPerSession)
        }
      }
      for (const session of live.splice(0)) room.leave(session)
      expect(table.states()).toEqual([])
      expect(table.bytes).toBe(0)
    }),
    { numRuns: 1_000 },
  )
}, 60_000)
