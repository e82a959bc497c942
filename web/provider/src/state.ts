import type { Always, ProviderState, Situation } from './api.ts'
import type { Channel } from './connection/channel.ts'
import type { Connection } from './connection/connection.ts'

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

const kindOf = ({ phase }: Channel, connection: Connection): Situation => {
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
