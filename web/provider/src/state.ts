import type { QuireAccess } from '@quire/shared'
import type { Channel } from './connection/channel.ts'
import type { Connection } from './connection/connection.ts'

/** What is true of a document whatever its connection is in. */
interface Always {
  /** Everything that was changed here is on the server's disk. */
  readonly saved: boolean
  /** What is not: how many changes, and when the first of them was made, milliseconds since the Unix epoch. */
  readonly unsaved: { readonly changes: number; readonly since: number | null }
  /** What may be done with it; null while that is not known. */
  readonly access: QuireAccess | null
  /** Who this is by its login; null for an anonymous one. */
  readonly user: string | null
  /** False while the server says that it cannot save. */
  readonly serverSaves: boolean
  /** Why what is not saved will not be, until this client may write; null where it will. */
  readonly denied: string | null
}

/** What a document is in. */
export type ProviderState = Always &
  (
    | { readonly kind: 'connecting' }
    /** The server is reached, and what is missing here is on its way. */
    | { readonly kind: 'syncing' }
    /** What others do is seen here as they do it. */
    | { readonly kind: 'live' }
    /** It is tried again then, milliseconds since the Unix epoch, or earlier if the network is back. */
    | { readonly kind: 'waiting'; readonly until: number; readonly reason: string }
    /** For good: the same attempt would end the same way. `code` is a close code of PROTOCOL.md. */
    | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
    /** Another document has the name: what is here was merged with nothing, and is sent to nobody. */
    | { readonly kind: 'replaced'; readonly reason: string }
    | { readonly kind: 'closed' }
  )

type Kind = ProviderState extends infer S
  ? S extends Always
    ? Omit<S, keyof Always>
    : never
  : never

/** The state that a channel and its connection make. */
export const stateOf = (channel: Channel, connection: Connection): ProviderState => {
  const { pending, access, user, diskWorks, denied } = channel
  const always: Always = {
    saved: pending.length === 0,
    unsaved: {
      changes: pending.reduce((sum, { changes }) => sum + changes, 0),
      since: pending[0]?.at ?? null,
    },
    access,
    user,
    serverSaves: diskWorks,
    denied,
  }
  return { ...always, ...kindOf(channel, connection) }
}

const kindOf = ({ phase }: Channel, connection: Connection): Kind => {
  switch (phase.kind) {
    case 'over':
      return { kind: 'closed' }
    case 'refused':
    case 'replaced':
    case 'waiting':
      return phase
    case 'syncing':
    case 'live':
      return { kind: phase.kind }
    case 'asleep':
    case 'signing-in':
    case 'opening':
  }
  if (connection.kind === 'waiting')
    return { kind: 'waiting', until: connection.until, reason: connection.reason }
  if (connection.kind === 'refused')
    return { kind: 'refused', code: connection.code, reason: connection.reason }
  return { kind: 'connecting' }
}

/** True if nobody who looks at both could tell them apart. */
export const isSameState = (a: ProviderState, b: ProviderState): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
