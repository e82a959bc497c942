/*
 * Who is here: client id → clock, JSON, owner session, seen-at. Acceptance follows y-protocols
 * awareness.js (a higher clock wins; an equal one only to say "gone"); ownership is Quire's:
 *
 * - A session owns the ids it introduced: a message with exactly that one id, while no other live
 *   session owned it. y-websocket clients relay what they hear of others; relays own nothing.
 * - A reconnecting client keeps its id and its clock. Its first presence message on the new session, sent
 *   before the server has shown that session anybody's presence, cannot be a relay: it takes the id
 *   over even at the clock already known (R7), and the old session's late close removes nothing.
 * - If the old session's close came first, everyone has heard "gone" at that clock and would ignore the
 *   same clock again. The client is then told that it is gone and asked for its presence: it answers
 *   with the next clock at once, instead of at its next renewal up to 15 s later.
 * - Whom the server does not read cannot renew itself: the server does it, with the next clock, as the
 *   others take nothing else for a renewal. It does so more rarely than the client itself (25 s to 15 s),
 *   so that the client's own clock is ahead when it is read again, and its latest state counts.
 */
import {
  utf8Length,
  type ClientId,
  type KnownPresence,
  type Millis,
  type PresenceEntry,
  type SessionId,
} from '@quire/shared'
import { stampIdentity, type Identity } from './identity.ts'

/**
 * By how much an id's clock may rise at once. Clocks count state changes: 16 million are 19 days of ten a
 * second, without a pause, of a client that is not heard. Without a bound, one claim of a foreign id at the
 * highest clock would leave its client none.
 */
const MAX_CLOCK_STEP = 2 ** 24

/** The part of its time after which the state of somebody who is not read is renewed for it. */
const RENEWED_AT = 5 / 6

/** Bounds of one room's table. */
export interface PresenceBounds {
  /** Clients in the table, those that have gone and whose clock is remembered included. */
  readonly presenceEntries: number
  /** JSON of all states together, bytes of UTF-8: what whoever comes in is shown, and all of it is held. */
  readonly presenceTotalBytes: number
  /** Ids that one session may own. */
  readonly presenceIdsPerSession: number
  /** A state not renewed for this long is removed; clients renew every 15 s (awareness.js). */
  readonly presenceTtlMs: number
}

/** Entries to be told to somebody. */
export type PresenceEntries = readonly KnownPresence[]

interface Known {
  readonly clock: number
  readonly state: string | null
  /** Of `state` as UTF-8. */
  readonly bytes: number
  /** Null once its session has left or its time is over: anybody may claim it with a higher clock. */
  readonly owner: SessionId | null
  /** Who that is by its login. */
  readonly user: string | null
  readonly seenAt: Millis
}

/** What a presence message changed. */
export interface PresenceChange {
  /** To be announced to everyone, the sender included. */
  readonly changed: PresenceEntries
  /** The sender's ids that everyone believes gone at this clock: tell the sender, and ask it again. */
  readonly stale: PresenceEntries
  /** Entries that did not count. */
  readonly ignored: number
}

/** Who a session is by its login. */
interface Login {
  readonly user: string | null
  /** What its states say of it; undefined: what they like. */
  readonly identity?: Identity | undefined
}

/** Who sent a presence message, and whether it is the opening one of its session. */
export interface PresenceSender extends Login {
  readonly session: SessionId
  /** True until the server has shown this session anybody's presence. */
  readonly isOpening: boolean
}

/** The presence table of one live room. */
export class PresenceTable {
  readonly #known = new Map<ClientId, Known>()
  readonly #owned = new Map<SessionId, Set<ClientId>>()
  readonly #bounds: PresenceBounds
  #bytes = 0

  constructor(bounds: PresenceBounds) {
    this.#bounds = bounds
  }

  /** JSON of all states together, bytes of UTF-8. */
  get bytes(): number {
    return this.#bytes
  }

  /** Everyone who is here. */
  states(): PresenceEntries {
    const states: KnownPresence[] = []
    for (const [client, { clock, state, user }] of this.#known)
      if (state !== null) states.push({ client, clock, state, user })
    return states
  }

  /** The same, and those who have gone: for whoever may not have heard of it. */
  everyone(): PresenceEntries {
    return [...this.#known].map(([client, { clock, state, user }]) => {
      return { client, clock, state, user: state === null ? null : user }
    })
  }

  /** Takes a decoded message in. */
  accept(entries: readonly PresenceEntry[], from: PresenceSender, now: Millis): PresenceChange {
    const changed: KnownPresence[] = []
    const stale: KnownPresence[] = []
    let ignored = 0
    for (const entry of entries) {
      const { client, clock } = entry
      const known = this.#known.get(client)
      const owns = known?.owner === from.session
      const isInReach = clock - (known?.clock ?? 0) <= MAX_CLOCK_STEP
      const isOwn = owns || (entries.length === 1 && this.#mayClaim(entry, known, from))
      if (!isInReach || !isOwn) ignored++
      else if (known === undefined || isNews(entry, known)) {
        const state = entry.state === null ? null : stampIdentity(entry.state, from.identity)
        const bytes = state === null ? 0 : utf8Length(state)
        if (!this.#hasSpace(bytes - (known?.bytes ?? 0))) {
          ignored++ // its clock stays as it is known, so that a smaller state counts again
          continue
        }
        const { session: owner, user } = from
        this.#put(client, { clock, state, bytes, owner, user, seenAt: now })
        changed.push({ client, clock, state, user: state === null ? null : user })
      } else if (owns) ignored++
      else {
        this.#put(client, { ...said(known, from), owner: from.session, seenAt: now })
        const taken = this.#known.get(client)
        if (known.state === null) stale.push(goneAt(client, known.clock))
        else if (known.user !== from.user)
          changed.push({ client, clock: known.clock, state: taken?.state ?? null, user: from.user })
      }
    }
    return { changed, stale, ignored }
  }

  /** Removes what a leaving session owned; returns what to announce. */
  leave(session: SessionId): PresenceEntries {
    return this.#remove([...(this.#owned.get(session) ?? [])])
  }

  /** A session is somebody else by its login now: returns what to announce of what it owns. */
  rename(session: SessionId, by: Login): PresenceEntries {
    const renamed: KnownPresence[] = []
    for (const client of this.#owned.get(session) ?? []) {
      const known = this.#known.get(client)
      if (known === undefined) continue
      const renamedTo = said(known, by)
      this.#bytes += renamedTo.bytes - known.bytes
      this.#known.set(client, renamedTo)
      const { clock, state, user } = renamedTo
      if (state !== null) renamed.push({ client, clock, state, user })
    }
    return renamed
  }

  /** Renews what sessions own that the server does not read; returns what to announce. */
  renew(unread: readonly SessionId[], now: Millis): PresenceEntries {
    const renewed: KnownPresence[] = []
    for (const owner of unread)
      for (const client of this.#owned.get(owner) ?? []) {
        const known = this.#known.get(client)
        if (known === undefined || known.state === null) continue
        if (now - known.seenAt < RENEWED_AT * this.#bounds.presenceTtlMs) continue
        const clock = known.clock + 1
        this.#known.set(client, { ...known, clock, seenAt: now })
        renewed.push({ client, clock, state: known.state, user: known.user })
      }
    return renewed
  }

  /** Removes what nobody has renewed in time; returns what to announce. */
  expire(now: Millis): PresenceEntries {
    const over: ClientId[] = []
    for (const [client, { owner, seenAt }] of this.#known)
      if (owner !== null && now - seenAt >= this.#bounds.presenceTtlMs) over.push(client)
    return this.#remove(over)
  }

  // the usual answer, to a relay of somebody else's state, comes first and costs nothing
  #mayClaim(entry: PresenceEntry, known: Known | undefined, from: PresenceSender): boolean {
    const isFree = known === undefined || (known.owner === null && entry.clock > known.clock)
    if (entry.state === null || !(isFree || from.isOpening)) return false
    const owned = this.#owned.get(from.session)?.size ?? 0
    if (owned >= this.#bounds.presenceIdsPerSession) return false
    return known !== undefined || this.#makeRoom()
  }

  /** True if states may grow by so much; a smaller one, and "gone" above all, always counts. */
  #hasSpace(grown: number): boolean {
    return grown <= 0 || this.#bytes + grown <= this.#bounds.presenceTotalBytes
  }

  /** Forgets the clock of whoever has been gone longest; false if everyone in a full table is here. */
  #makeRoom(): boolean {
    if (this.#known.size < this.#bounds.presenceEntries) return true
    for (const [client, known] of this.#known)
      if (known.owner === null) return this.#known.delete(client)
    return false
  }

  #put(client: ClientId, known: Known & { readonly owner: SessionId }): void {
    const replaced = this.#known.get(client)
    const before = replaced?.owner ?? null
    this.#bytes += known.bytes - (replaced?.bytes ?? 0)
    if (before !== known.owner) {
      if (before !== null) this.#disown(client, before)
      const owned = this.#owned.get(known.owner)
      if (owned === undefined) this.#owned.set(known.owner, new Set([client]))
      else owned.add(client)
    }
    this.#known.set(client, known)
  }

  #disown(client: ClientId, owner: SessionId): void {
    const owned = this.#owned.get(owner)
    owned?.delete(client)
    if (owned?.size === 0) this.#owned.delete(owner)
  }

  #remove(clients: readonly ClientId[]): PresenceEntries {
    const removed: KnownPresence[] = []
    for (const client of clients) {
      const known = this.#known.get(client)
      if (known === undefined) continue
      // the same clock, as y-protocols removes: clients accept "gone" at an equal clock
      if (known.state !== null) removed.push(goneAt(client, known.clock))
      if (known.owner !== null) this.#disown(client, known.owner)
      this.#bytes -= known.bytes
      this.#known.delete(client) // set anew at the end: the longest gone come first in the map
      this.#known.set(client, { ...known, state: null, bytes: 0, owner: null })
    }
    return removed
  }
}

/** What is known, in the name of whoever has it from now on: nobody keeps another one's (P27). */
const said = (known: Known, { user, identity }: Login): Known => {
  const state = known.state === null ? null : stampIdentity(known.state, identity)
  return { ...known, state, bytes: state === null ? 0 : utf8Length(state), user }
}

const goneAt = (client: ClientId, clock: number): KnownPresence => ({
  client,
  clock,
  state: null,
  user: null,
})

/** awareness.js: a higher clock wins; an equal one only to say "gone". */
const isNews = (entry: PresenceEntry, known: Known): boolean =>
  entry.clock > known.clock ||
  (entry.clock === known.clock && entry.state === null && known.state !== null)
