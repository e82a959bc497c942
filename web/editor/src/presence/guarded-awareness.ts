import type { Awareness } from 'y-protocols/awareness'

import { parsePerson } from '../identity/person.ts'
import type { Person } from '../identity/person.ts'
import { isRecord, ownField } from '../json.ts'
import { parseCursor } from './cursor.ts'
import type { Cursor } from './cursor.ts'

/*
 * Awareness states are whatever JSON any peer sent: null, arrays, numbers, forged cursors, even a
 * state under our own client id. Everything in the page reads them through this guard, which shows
 * only parsed people and cursors, and publishes only what it holds itself.
 */

/** One peer's presence, checked, in the shape that y-tiptap's cursor plugin reads. */
export interface Presence {
  readonly user: { readonly name: string; readonly color: string }
  readonly cursor: Cursor | null
}

/** Someone with the document open; one entry per tab. */
export interface Peer {
  readonly clientId: number
  readonly person: Person
  readonly isSelf: boolean
}

type Local = { kind: 'here'; person: Person; cursor: unknown } | { kind: 'away' }

/** The part of y-protocols' `Awareness` that caret plugins use, without what peers may forge. */
export interface GuardedAwareness {
  readonly clientID: number
  readonly states: Map<number, Presence>
  getStates: () => Map<number, Presence>
  getLocalState: () => { user: Presence['user']; cursor: unknown } | null
  /** Publishes our `cursor`; any other field is ours to set and is ignored. */
  setLocalStateField: (field: string, value: unknown) => void
  on: (event: 'change' | 'update', listener: (...args: unknown[]) => void) => void
  off: (event: 'change' | 'update', listener: (...args: unknown[]) => void) => void
  /** Publishes a changed name or colour; nothing while away. */
  introduce: (person: Person) => void
  /** Takes our presence back until {@link GuardedAwareness.rejoin}. */
  leave: () => void
  /** Is present again, without a cursor until the editor has one. */
  rejoin: (person: Person) => void
  /** Everyone present, ourselves first. */
  peers: () => Peer[]
}

/** Guards `awareness`; `field` is the fragment that cursors may point into. */
export function guardAwareness(
  awareness: Awareness,
  field: string,
  person: Person,
): GuardedAwareness {
  const parsed = new WeakMap<object, Presence>()
  let local: Local = { kind: 'here', person, cursor: null }

  const presenceOf = (clientId: number, raw: unknown): Presence | null => {
    if (!isRecord(raw)) return null
    const known = parsed.get(raw)
    if (known !== undefined) return known
    const presence = parsePresence(clientId, raw, field)
    parsed.set(raw, presence)
    return presence
  }
  const states = (): Map<number, Presence> => {
    const present = new Map<number, Presence>()
    for (const [clientId, raw] of awareness.getStates()) {
      const presence = presenceOf(clientId, raw)
      if (presence !== null) present.set(clientId, presence)
    }
    return present
  }
  const publish = (): void => {
    awareness.setLocalState(
      local.kind === 'away' ? null : { user: published(local.person), cursor: local.cursor },
    )
  }

  publish()
  return {
    clientID: awareness.clientID,
    get states() {
      return states()
    },
    getStates: states,
    getLocalState: () =>
      local.kind === 'away' ? null : { user: published(local.person), cursor: local.cursor },
    setLocalStateField: (name, value) => {
      if (name !== 'cursor' || local.kind === 'away') return
      if (value === null && local.cursor === null) return
      local = { ...local, cursor: value }
      publish()
    },
    on: (event, listener) => awareness.on(event, listener),
    off: (event, listener) => awareness.off(event, listener),
    introduce: (next) => {
      if (local.kind === 'away') return
      local = { ...local, person: next }
      publish()
    },
    leave: () => {
      local = { kind: 'away' }
      publish()
    },
    rejoin: (next) => {
      local = { kind: 'here', person: next, cursor: null }
      publish()
    },
    peers: () => {
      const others = [...states()]
        .filter(([clientId]) => clientId !== awareness.clientID)
        .map(([clientId, { user }]) => peer(clientId, parsePerson(user, clientId), false))
      return local.kind === 'away'
        ? others
        : [peer(awareness.clientID, local.person, true), ...others]
    },
  }
}

function peer(clientId: number, person: Person, isSelf: boolean): Peer {
  return { clientId, person, isSelf }
}

function parsePresence(clientId: number, raw: Record<string, unknown>, field: string): Presence {
  const user = published(parsePerson(ownField(raw, 'user'), clientId))
  return { user, cursor: parseCursor(ownField(raw, 'cursor'), field) }
}

/** Spelled `color` on the wire, as y-prosemirror's and Tiptap's clients do. */
function published(person: Person): Presence['user'] {
  return { name: person.name, color: person.colour }
}
