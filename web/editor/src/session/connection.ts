import { assertNever } from '../assert-never.ts'

/*
 *                opened          synced               lost
 *   connecting ─────────▶ syncing ─────▶ live ◀─────────────▶ reconnecting
 *        ▲                  │             │       synced            │
 *        └───── lost ───────┘             └──────── closed ─────────┤
 *        ▲                                                          ▼
 *        └────────────────────── retried ──────────────────────  refused
 *
 * Only `live`, `reconnecting` and a `refused` with `document: 'open'` have text to show. The
 * protocol has no acknowledgement of saved changes, so no state claims one.
 */

/** Milliseconds since the epoch. */
export type Millis = number

/** What a person may be told about the link between this tab and the server. */
export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'syncing' }
  | { kind: 'live' }
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
  /** `unheard`: changes made here since the server was last heard of. */
  | { kind: 'lost'; at: Millis; unheard: number }
  | { kind: 'changedHere' }
  | { kind: 'closed'; code: number; reason: string }
  | { kind: 'retried'; at: Millis }

/** The next state; the same reference when the event changes nothing. */
export function nextConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.kind) {
    case 'opened':
      return state.kind === 'connecting' ? { kind: 'syncing' } : state
    case 'synced':
      return state.kind === 'live' || state.kind === 'refused' ? state : { kind: 'live' }
    case 'lost':
      return lose(state, event)
    case 'changedHere':
      return state.kind === 'reconnecting'
        ? { ...state, localChanges: state.localChanges + 1 }
        : state
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

/** How many changes exist in this tab only and would be lost with it. */
export function unsentChanges(state: ConnectionState): number {
  return state.kind === 'reconnecting' || state.kind === 'refused' ? state.localChanges : 0
}

function lose(
  state: ConnectionState,
  lost: Extract<ConnectionEvent, { kind: 'lost' }>,
): ConnectionState {
  switch (state.kind) {
    case 'syncing':
      return { kind: 'connecting' }
    case 'live':
      return { kind: 'reconnecting', since: lost.at, localChanges: lost.unheard }
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
