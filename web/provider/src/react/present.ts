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
  source === null || 'getStates' in source ? source : source.presence

/** Who is here now: what is as `before` is the same object, each of them and the whole. */
export const presentIn = <State>(
  source: PresenceSource,
  before: Presents<State>,
): Presents<State> => {
  const awareness = awarenessOf(source)
  const users = source !== null && 'users' in source ? source.users : null
  const now = new Map<number, Present<State>>()
  for (const [client, said] of awareness?.getStates() ?? []) {
    const state = said as State // what the application says its clients set
    const user = users?.get(client) ?? null
    const last = before.get(client)
    now.set(
      client,
      last !== undefined && last.user === user && equalityDeep(last.state, state)
        ? last
        : { state, user, isSelf: client === awareness?.clientID },
    )
  }
  const isSame =
    now.size === before.size && [...now].every(([client, one]) => before.get(client) === one)
  return isSame ? before : now
}
