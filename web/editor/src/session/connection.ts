import type { ProviderState } from '@quire/provider'
import { assertNever, closeCodes } from '@quire/shared'
import type { Millis } from '@quire/shared'

/*
 *                opened          synced               lost
 *   connecting ─────────▶ syncing ─────▶ live ◀─────────────▶ reconnecting
 *        ▲                  │             │       synced            │
 *        └───── lost ───────┘             └──────── closed ─────────┤
 *        ▲                                                          ▼
 *        └────────────────────── retried ──────────────────────  refused
 *
 * Only `live`, `reconnecting` and a `refused` with `document: 'open'` have text to show, and with it
 * the number of changes made here that are not on the server's disk.
 */

/** What a person may be told about the link between this tab and the server. */
export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'syncing' }
  /** `serverSaves` is false while the server's disk refuses. */
  | { kind: 'live'; localChanges: number; mayWrite: boolean; serverSaves: boolean }
  | { kind: 'reconnecting'; since: Millis; localChanges: number; mayWrite: boolean }
  | {
      kind: 'refused'
      code: number
      reason: string
      document: 'unopened' | 'open'
      localChanges: number
    }

/** The state after the client's has become this; the same reference when that changes nothing. */
export function connectionOf(
  before: ConnectionState,
  client: ProviderState,
  now: Millis,
): ConnectionState {
  const after = stateFor(before, client, now)
  return JSON.stringify(after) === JSON.stringify(before) ? before : after
}

function stateFor(before: ConnectionState, client: ProviderState, now: Millis): ConnectionState {
  const { access, serverSaves, unsaved } = client
  const localChanges = unsaved.changes
  const mayWrite = access === null ? mayWriteIn(before) : access === 'write'
  switch (client.kind) {
    case 'live':
      return { kind: 'live', localChanges, mayWrite, serverSaves }
    case 'refused':
    case 'replaced': {
      const code = client.kind === 'refused' ? client.code : closeCodes.replaced.code
      const document = hasDocument(before) ? 'open' : 'unopened'
      return { kind: 'refused', code, reason: client.reason, document, localChanges }
    }
    case 'connecting':
    case 'waiting':
    case 'syncing': {
      if (!hasDocument(before))
        return client.kind === 'syncing' ? { kind: 'syncing' } : { kind: 'connecting' }
      const since = before.kind === 'reconnecting' ? before.since : now
      return { kind: 'reconnecting', since, localChanges, mayWrite }
    }
    case 'closed':
      return before
    default:
      return assertNever(client)
  }
}

/** Whether the document has been received once, so that there is something to show and edit. */
export function hasDocument(state: ConnectionState): boolean {
  switch (state.kind) {
    case 'connecting':
    case 'syncing':
      return false
    case 'live':
    case 'reconnecting':
      return true
    case 'refused':
      return state.document === 'open'
    default:
      return assertNever(state)
  }
}

/** Whether the text may be changed: until the server says otherwise. */
export function mayWriteIn(state: ConnectionState): boolean {
  switch (state.kind) {
    case 'connecting':
    case 'syncing':
      return true
    case 'live':
    case 'reconnecting':
      return state.mayWrite
    case 'refused':
      return false
    default:
      return assertNever(state)
  }
}

/** How many changes may exist in this tab only, so that they would be lost with it. */
export function unsentChanges(state: ConnectionState): number {
  switch (state.kind) {
    case 'connecting':
    case 'syncing':
      return 0
    case 'live':
    case 'reconnecting':
    case 'refused':
      return state.localChanges
    default:
      return assertNever(state)
  }
}
