import { assertNever } from '@quire/shared'
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
 * the number of changes made here that the server has not confirmed as saved; see unconfirmed.ts.
 */

/** What a person may be told about the link between this tab and the server. */
export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'syncing' }
  | { kind: 'live'; localChanges: number }
  | { kind: 'reconnecting'; since: Millis; localChanges: number }
  | {
      kind: 'refused'
      code: number
      reason: string
      document: 'unopened' | 'open'
      localChanges: number
    }

/** What happened to the link. */
export type ConnectionEvent =
  | { kind: 'opened' }
  | { kind: 'synced' }
  | { kind: 'lost'; at: Millis }
  /** The number of changes made here and not confirmed as saved is now `localChanges`. */
  | { kind: 'counted'; localChanges: number }
  | { kind: 'closed'; code: number; reason: string }
  | { kind: 'retried'; at: Millis }

/** The next state; the same reference when the event changes nothing. */
export function nextConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.kind) {
    case 'opened':
      return state.kind === 'connecting' ? { kind: 'syncing' } : state
    case 'synced':
      return state.kind === 'live' || state.kind === 'refused'
        ? state
        : { kind: 'live', localChanges: unsentChanges(state) }
    case 'lost':
      return lose(state, event.at)
    case 'counted':
      return recount(state, event.localChanges)
    case 'closed':
      return {
        kind: 'refused',
        code: event.code,
        reason: event.reason,
        document: hasDocument(state) ? 'open' : 'unopened',
        localChanges: unsentChanges(state),
      }
    case 'retried':
      return retry(state, event.at)
    default:
      return assertNever(event)
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

function recount(state: ConnectionState, localChanges: number): ConnectionState {
  if (!hasDocument(state) || unsentChanges(state) === localChanges) return state
  switch (state.kind) {
    case 'connecting':
    case 'syncing':
      return state
    case 'live':
    case 'reconnecting':
    case 'refused':
      return { ...state, localChanges }
    default:
      return assertNever(state)
  }
}

function lose(state: ConnectionState, at: Millis): ConnectionState {
  switch (state.kind) {
    case 'syncing':
      return { kind: 'connecting' }
    case 'live':
      return { kind: 'reconnecting', since: at, localChanges: state.localChanges }
    case 'connecting':
    case 'reconnecting':
    case 'refused':
      return state
    default:
      return assertNever(state)
  }
}

function retry(state: ConnectionState, at: Millis): ConnectionState {
  if (state.kind !== 'refused') return state
  return state.document === 'open'
    ? { kind: 'reconnecting', since: at, localChanges: state.localChanges }
    : { kind: 'connecting' }
}
