import { changesOf } from './connection/pending.ts'
import type { Always, Flushed, ProviderState, Situation } from './api.ts'
import type { Channel } from './connection/channel-state.ts'
import type { Connection } from './connection/connection.ts'

/** What is known of this device. */
export interface Device extends Pick<Always, 'local' | 'storeProblem'> {
  /** At most so many changes made here are not on it. */
  readonly unkept: number
  /** Changes that were made in this moment, while something else is being done. */
  readonly untaken: number
}

/** The state that a channel, its connection and this device make. */
export const stateOf = (
  channel: Channel,
  connection: Connection,
  device: Device,
): ProviderState => {
  const { pending, access, user, diskWorks, denied } = channel
  const { local, storeProblem } = device
  const changes = changesOf(pending) + device.untaken
  const always: Always = {
    saved: pending.length === 0 && device.untaken === 0,
    unsaved: {
      changes,
      unkept: Math.min(changes, device.unkept),
      since: pending.reduce<number | null>((first, { at }) => Math.min(first ?? at, at), null),
    },
    access,
    user,
    serverSaves: diskWorks,
    denied,
    local,
    storeProblem,
  }
  return { ...always, ...kindOf(channel, connection) }
}

const kindOf = ({ phase }: Channel, connection: Connection): Situation => {
  switch (phase.kind) {
    case 'over':
      return { kind: 'closed' }
    case 'refused':
    case 'replaced':
      return phase
    case 'waiting':
      return { kind: 'waiting', until: phase.until, reason: phase.reason }
    case 'syncing':
    case 'live':
      return { kind: phase.kind }
    case 'loading':
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

/** Why what is not saved in this state will not be; null as long as it may. */
export const failedIn = (state: ProviderState): Flushed | null => {
  if (state.denied !== null) return failed(state.denied)
  if (state.kind === 'refused' || state.kind === 'replaced') return failed(state.reason)
  return state.kind === 'closed' ? failed('the document was closed') : null
}

const failed = (message: string): Flushed => ({ ok: false, error: { message } })
