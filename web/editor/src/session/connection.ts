import type { ProviderState, StoreProblem } from '@quire/provider'
import { assertNever } from '@quire/shared'

/*
 *                opened          synced               lost                  not reached
 *   connecting ─────────▶ syncing ─────▶ live ─────────────▶ reconnecting ─────────────▶ offline
 *    │  ▲  ▲                │             ▲                     │    ▲                      │
 *    │  │  └───── lost ─────┘             └────── synced ───────┘    └────── reached ───────┘
 *    ▼  │                                           ▲
 *   absent                                          │ something of it is kept on this device
 *
 *   from everywhere: refused ──retried──▶ where it was      replaced: until somebody decides
 *
 * Only `live`, `reconnecting`, `offline` and a `refused` or `replaced` with `document: 'open'` have text to
 * show, and with it the number of changes made here that are not on the server's disk.
 */

/** Whether this device keeps what is changed here, or why it does not. */
export type Keeping = 'kept' | StoreProblem['kind']

/** What is not on the server's disk, and whether it outlives this tab. */
interface Unsaved {
  readonly localChanges: number
  /** How many of them are not on this device's disk (yet). */
  readonly unkept: number
  readonly keeping: Keeping
  /** Why some of it never will be on the server's; null as long as all of it may. */
  readonly denied: string | null
}

/** A document that was received once, or begun here, is `open`. */
interface Ended extends Unsaved {
  readonly document: 'unopened' | 'open'
  readonly reason: string
}

/** What a person may be told about the link between this tab and the server. */
export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'syncing' }
  /** The server cannot be reached, and this device has nothing of the document. */
  | { kind: 'absent' }
  /** `serverSaves` is false while the server's disk refuses. */
  | ({ kind: 'live'; mayWrite: boolean; serverSaves: boolean } & Unsaved)
  | ({ kind: 'reconnecting'; mayWrite: boolean } & Unsaved)
  | ({ kind: 'offline'; mayWrite: boolean } & Unsaved)
  | ({ kind: 'refused'; code: number } & Ended)
  /** Another document has the name now. */
  | ({ kind: 'replaced' } & Ended)

/** What the state follows from. */
export interface Facts {
  readonly client: ProviderState
  /** There is something of the document here, or it is begun here. */
  readonly hasSomething: boolean
}

/** The state after the facts have become these; the same reference when that changes nothing. */
export function connectionOf(before: ConnectionState, facts: Facts): ConnectionState {
  const after = stateFor(before, facts)
  return JSON.stringify(after) === JSON.stringify(before) ? before : after
}

function stateFor(before: ConnectionState, facts: Facts): ConnectionState {
  const { client } = facts
  const { access, serverSaves, unsaved, denied } = client
  const { changes: localChanges, unkept } = unsaved
  const work = { localChanges, unkept, keeping: keepingIn(client), denied }
  const mayWrite = access === null ? mayWriteIn(before) : access === 'write'
  const isShown = hasDocument(before) || (client.local === 'open' && facts.hasSomething)
  switch (client.kind) {
    case 'live':
      return { kind: 'live', mayWrite, serverSaves, ...work }
    case 'refused':
    case 'replaced': {
      const { reason } = client
      const ended = { document: isShown ? 'open' : 'unopened', reason, ...work } as const
      return client.kind === 'replaced'
        ? { kind: 'replaced', ...ended }
        : { kind: 'refused', code: client.code, ...ended }
    }
    case 'connecting':
    case 'waiting':
    case 'syncing':
      return isShown
        ? { kind: linkOf(before, client.kind), mayWrite, ...work }
        : { kind: searchOf(before, client) }
    case 'closed':
      return before
    default:
      return assertNever(client)
  }
}

type Away = Extract<ProviderState['kind'], 'connecting' | 'waiting' | 'syncing'>

/** Somebody who is offline stays so while it is tried again, every now and then, whether they still are. */
function linkOf(before: ConnectionState, client: Away): 'offline' | 'reconnecting' {
  if (client === 'waiting') return 'offline'
  return client === 'connecting' && before.kind === 'offline' ? 'offline' : 'reconnecting'
}

function searchOf(
  before: ConnectionState,
  { kind, local }: ProviderState,
): 'connecting' | 'syncing' | 'absent' {
  if (kind === 'syncing') return 'syncing'
  if (kind === 'waiting' && local !== 'opening') return 'absent'
  return before.kind === 'absent' ? 'absent' : 'connecting'
}

function keepingIn({ local, storeProblem }: ProviderState): Keeping {
  if (storeProblem !== null) return storeProblem.kind
  return local === 'off' ? 'unavailable' : 'kept'
}

/** Whether there is something to show and edit. */
export function hasDocument(state: ConnectionState): boolean {
  switch (state.kind) {
    case 'connecting':
    case 'syncing':
    case 'absent':
      return false
    case 'live':
    case 'reconnecting':
    case 'offline':
      return true
    case 'refused':
    case 'replaced':
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
    case 'absent':
      return true
    case 'live':
    case 'reconnecting':
    case 'offline':
      return state.mayWrite
    case 'refused':
    case 'replaced':
      return false
    default:
      return assertNever(state)
  }
}

/** How many changes are not on the server's disk. */
export function unsavedChanges(state: ConnectionState): number {
  return 'localChanges' in state ? state.localChanges : 0
}

/**
 * Whether a session with this state has nothing left to wait for: the server has every change, or does not take
 * what this device keeps.
 */
export function isSettled(state: ConnectionState): boolean {
  if (!('denied' in state)) return false
  if (state.denied !== null) return !holdsOnlyCopy(state)
  return state.kind === 'live' && state.localChanges === 0
}

/** Whether closing the tab would lose changes: they are nowhere else. */
export function holdsOnlyCopy(state: ConnectionState): boolean {
  if (!('keeping' in state)) return false
  return state.unkept > 0 || (state.keeping !== 'kept' && state.localChanges > 0)
}
