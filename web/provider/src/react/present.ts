import { equalityDeep } from 'lib0/function'
import type { Awareness } from 'y-protocols/awareness'
import type { Connected } from '../api.ts'

/** A client that is here: a page, of which one person may have several. */
export interface Present<State> {
  /** What it says of itself. Nobody has checked that. */
  readonly state: State
  /** Who it is by its login, which it cannot say of itself; null for an anonymous one, and without a `Connected`. */
  readonly user: string | null
  /** It is this page. */
  readonly isSelf: boolean
}

/** Who is here, by client id. */
export type Presents<State> = ReadonlyMap<number, Present<State>>

/** Where it is seen who is here. */
export type PresenceSource = Connected | Awareness | null

/** The awareness of a source; null where presence is off. */
export const awarenessOf = (source: PresenceSource): Awareness | null =>
  source !== null && 'users' in source ? source.presence : source

/** The document of a source; null for an awareness alone. */
export const connectedOf = (source: PresenceSource): Connected | null =>
  source !== null && 'users' in source ? source : null

/** Who is here now: what is as `before` is the same object, each of them and the whole. */
export const presentIn = <State>(
  source: PresenceSource,
  before: Presents<State>,
): Presents<State> => {
  const awareness = awarenessOf(source)
  const connected = connectedOf(source)
  const now = new Map<number, Present<State>>()
  for (const [client, said] of awareness?.getStates() ?? []) {
    const state = said as State // what the application says its clients set
    const isSelf = client === awareness?.clientID
    // the server tells nobody of themselves
    const user = (isSelf ? connected?.state.user : connected?.users.get(client)) ?? null
    const last = before.get(client)
    now.set(
      client,
      last !== undefined && last.user === user && equalityDeep(last.state, state)
        ? last
        : { state, user, isSelf },
    )
  }
  const isSame =
    now.size === before.size && [...now].every(([client, one]) => before.get(client) === one)
  return isSame ? before : now
}

/** Says who is here whenever it is called, as `presentIn` does after the call before. */
export const lookAt = <State>(source: PresenceSource): (() => Presents<State>) => {
  let seen: Presents<State> = new Map()
  return () => (seen = presentIn(source, seen))
}
