/*
 * One document on the shared connection, as a machine: what is said about it, what of its changes is not saved, and
 * where in the server's log it is (PROTOCOL.md P23 to P27).
 *
 *     asleep ──online──▶ signing-in ──token──▶ opening ──opened──▶ syncing ──answer──▶ live
 *       ▲                    ▲                    │                   │                 │
 *       └──── offline ───────┼────────────────────┴─── offline ───────┴─────────────────┘
 *                         waiting ◀── closed, "retry"
 *
 *     refused: closed, "stop"    replaced: it is another document now    over: closed here
 */
import type {
  ChannelNotice,
  ChannelRequest,
  KnownPresence,
  QuireAccess,
  Seq,
  StateVector,
  Update,
} from '@quire/shared'
import { mergeUpdates } from 'yjs'

/** Changes that follow each other closely leave together, once a frame of a display, milliseconds. */
export const FRAME_MS = 16
/** Changes that are merged at a time: merging many at once costs more than their number. */
const MERGED_AT_ONCE = 100
/** Pauses before a document is tried again, milliseconds. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
const SHORTEST_PAUSE_MS = 100
/** The document was replaced (PROTOCOL.md, close codes). */
const REPLACED = 4409

/** Where in a document's log a client is: what it says to a server that it was on before. */
export interface Position {
  /** Changes when a document is deleted, restored or re-imported under the same name. */
  readonly epoch: number
  /** The client has everything up to here. */
  readonly seq: Seq
}

/** Changes made here that are not known to be on the server's disk. */
export interface Pending {
  readonly update: Update
  /** How many changes it is made of. */
  readonly changes: number
  /** When the first of them was made, milliseconds. */
  readonly at: number
  /** Under which it was sent on this connection; null before. */
  readonly number: number | null
}

/** What a channel is in. */
export type Phase =
  | { readonly kind: 'asleep' }
  | { readonly kind: 'signing-in' }
  /** `resumes`: with its position, and not with a question. */
  | { readonly kind: 'opening'; readonly resumes: boolean }
  /** `maySend`: the server has been told what it lacks, or knows where this client is. */
  | { readonly kind: 'syncing' | 'live'; readonly maySend: boolean }
  | { readonly kind: 'waiting'; readonly until: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'replaced'; readonly reason: string }
  | { readonly kind: 'over' }

/** A channel. `stepChannel` owns it: nothing else writes to it. */
export interface Channel {
  readonly document: string
  phase: Phase
  isOnline: boolean
  pending: readonly Pending[]
  /** The last number used on this connection. */
  number: number
  /** Of what the document here is made of; null while it is nobody's. */
  epoch: number | null
  position: Position | null
  /** It has heard of more than its position stands for: it may be the last that has it. */
  isAhead: boolean
  access: QuireAccess | null
  user: string | null
  /** The server can save. */
  diskWorks: boolean
  /** Why what is not saved will not be, until this client may write. */
  denied: string | null
  /** Failures in a row. */
  failures: number
  sentAt: number
  /** When what was changed leaves; null if nothing waits. */
  flushAt: number | null
}

/** What happens to a channel. */
export type ChannelEvent =
  | { readonly kind: 'online' | 'offline' | 'woken' | 'tick' | 'close' }
  /** Somebody wants it again that was refused. */
  | { readonly kind: 'wanted' }
  | { readonly kind: 'token'; readonly token: string | null }
  | { readonly kind: 'token-failed'; readonly reason: string }
  | { readonly kind: 'notice'; readonly notice: ChannelNotice }
  /** The document was changed here. */
  | { readonly kind: 'changed'; readonly update: Update }
  /** What the server said does not apply. */
  | { readonly kind: 'broken'; readonly reason: string }

/** What is to be done, in this order. */
export type ChannelEffect =
  | { readonly kind: 'get-token' }
  | { readonly kind: 'say'; readonly request: ChannelRequest }
  /** Say what the document has, and ask for the rest. */
  | { readonly kind: 'ask' }
  /** Say what the document has beyond this. */
  | { readonly kind: 'answer'; readonly number: number; readonly stateVector: StateVector }
  | { readonly kind: 'apply'; readonly update: Update }
  | { readonly kind: 'show-presence'; readonly entries: readonly KnownPresence[] }
  /** Say who is here. */
  | { readonly kind: 'say-presence' }
  /** Nobody else is known to be here any more. */
  | { readonly kind: 'forget-presence' }
  | { readonly kind: 'signal'; readonly user: string | null; readonly data: Uint8Array }

/** What a step is given. */
export interface Around {
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
}

/** What a channel begins with. */
export type ChannelStart = Pick<Channel, 'document' | 'pending'>

/** A channel without a connection. */
export const createChannel = ({ document, pending }: ChannelStart): Channel => ({
  document,
  pending,
  position: null,
  isAhead: false,
  phase: { kind: 'asleep' },
  isOnline: false,
  number: 0,
  epoch: null,
  access: null,
  user: null,
  diskWorks: true,
  denied: null,
  failures: 0,
  sentAt: -Infinity,
  flushAt: null,
})

/** Takes an event: changes the channel, and returns what is to be done. */
export const stepChannel = (
  channel: Channel,
  event: ChannelEvent,
  around: Around,
): readonly ChannelEffect[] => {
  const step = new Step(channel, around)
  // the cell of this event takes exactly this event: Table says so
  const cell = table[channel.phase.kind][event.kind] as Cell<ChannelEvent['kind']>
  cell(step, event)
  return step.effects
}

/** When the next tick is due; null if nothing is waited for. */
export const channelDueAt = ({ phase, flushAt }: Channel): number | null =>
  phase.kind === 'waiting' ? phase.until : flushAt

class Step {
  readonly channel: Channel
  readonly around: Around
  readonly effects: ChannelEffect[] = []

  constructor(channel: Channel, around: Around) {
    this.channel = channel
    this.around = around
  }

  do(effect: ChannelEffect): void {
    this.effects.push(effect)
  }

  say(request: ChannelRequest): void {
    this.do({ kind: 'say', request })
  }
}

type EventOf<K extends ChannelEvent['kind']> = Extract<ChannelEvent, { kind: K }>
type Cell<K extends ChannelEvent['kind']> = (step: Step, event: EventOf<K>) => void
type Row = { readonly [K in ChannelEvent['kind']]: Cell<K> }
type Table = { readonly [P in Phase['kind']]: Row }

const ignore = (): void => undefined

const goOnline = (step: Step): void => {
  step.channel.isOnline = true
  signIn(step)
}

const signIn = (step: Step): void => {
  step.channel.phase = { kind: 'signing-in' }
  step.do({ kind: 'get-token' })
}

/** The connection is gone: everything that was said on it and not acknowledged has to be said again. */
const goOffline = (step: Step): void => {
  step.channel.isOnline = false
  leave(step, { kind: 'asleep' })
}

const leave = (step: Step, phase: Phase): void => {
  const { channel } = step
  channel.phase = phase
  channel.number = 0
  channel.flushAt = null
  channel.pending = channel.pending.map(unsent)
  step.do({ kind: 'forget-presence' })
}

const unsent = ({ update, changes, at }: Pending): Pending => ({
  update,
  changes,
  at,
  number: null,
})

const close = (step: Step): void => {
  const { phase } = step.channel
  const isOpen = phase.kind === 'opening' || phase.kind === 'syncing' || phase.kind === 'live'
  if (isOpen) step.say({ kind: 'close' })
  leave(step, { kind: 'over' })
}

/** A pause of a random length, behind the one that the server asks for. */
const retryLater = (step: Step, reason: string, waitMs = 0): void => {
  const { channel, around } = step
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(channel.failures, 10))
  channel.failures++
  const until = around.now + waitMs + Math.max(SHORTEST_PAUSE_MS, around.random * longest)
  leave(step, { kind: 'waiting', until, reason })
}

/** The server says what cannot be: it may be another one the next time. */
const distrust = (step: Step, reason: string): void => {
  step.say({ kind: 'close' })
  retryLater(step, reason)
}

/** A change made here: it leaves at once if that is quiet, and with others if not. */
const change = (step: Step, { update }: EventOf<'changed'>): void => {
  const { channel, around } = step
  const one: Pending = { update, changes: 1, at: around.now, number: null }
  channel.pending = [...channel.pending, one]
  const unsent = channel.pending.filter(({ number }) => number === null)
  if (unsent.length >= MERGED_AT_ONCE) mergeUnsent(channel)
  const { phase } = channel
  if ((phase.kind !== 'syncing' && phase.kind !== 'live') || !phase.maySend) return
  if (channel.flushAt !== null) return
  const mayLeaveAt = channel.sentAt + FRAME_MS
  if (around.now >= mayLeaveAt || around.now < channel.sentAt) sendUnsent(step)
  else channel.flushAt = mayLeaveAt
}

const mergeUnsent = (channel: Channel): void => {
  const unsent = channel.pending.filter(({ number }) => number === null)
  const [first] = unsent
  if (first === undefined || unsent.length < 2) return
  const merged: Pending = {
    update: mergeUpdates(unsent.map(({ update }) => update)) as Update, // Yjs wrote it
    changes: unsent.reduce((sum, { changes }) => sum + changes, 0),
    at: first.at,
    number: null,
  }
  channel.pending = [...channel.pending.filter(({ number }) => number !== null), merged]
}

const sendUnsent = (step: Step): void => {
  const { channel, around } = step
  channel.flushAt = null
  mergeUnsent(channel)
  channel.pending = channel.pending.map((one) => {
    if (one.number !== null) return one
    const number = ++channel.number
    step.say({ kind: 'update', number, update: one.update })
    return { ...one, number }
  })
  channel.sentAt = around.now
}

const open = (step: Step, { token }: EventOf<'token'>): void => {
  const { channel } = step
  const { position, isAhead } = channel
  const resumes = position !== null && !isAhead
  channel.phase = { kind: 'opening', resumes }
  step.say({ kind: 'open', document: channel.document, token })
  if (resumes) step.say({ kind: 'position', ...position })
  else step.do({ kind: 'ask' })
}

const flush = (step: Step): void => {
  const { flushAt } = step.channel
  if (flushAt !== null && step.around.now >= flushAt) sendUnsent(step)
}

const hearOpened = (step: Step, { epoch, user }: NoticeOf<'opened'>): void => {
  const { channel } = step
  const { phase } = channel
  const resumes = phase.kind === 'opening' && phase.resumes
  if (channel.epoch !== null && channel.epoch !== epoch) {
    step.say({ kind: 'close' })
    return replace(step, 'another document has this name now')
  }
  channel.epoch = epoch
  channel.user = user
  channel.phase = { kind: 'syncing', maySend: resumes }
  if (resumes && channel.pending.length > 0) sendUnsent(step)
  step.do({ kind: 'say-presence' })
}

/** What is here belongs to another document: it is merged with nothing. */
const replace = (step: Step, reason: string): void => leave(step, { kind: 'replaced', reason })

const hearClosed = (step: Step, { code, advice, waitMs, reason }: NoticeOf<'closed'>): void => {
  if (code === REPLACED) return replace(step, reason)
  if (advice === 'stop') return leave(step, { kind: 'refused', code, reason })
  retryLater(step, reason, waitMs)
}

const hearSaved = (step: Step, { number }: NoticeOf<'saved'>): void => {
  const { channel } = step
  if (number > channel.number)
    return distrust(step, `the server has saved ${number}, and ${channel.number} was the last`)
  channel.pending = channel.pending.filter((one) => one.number === null || one.number > number)
  if (channel.pending.length === 0) channel.denied = null
}

/** The answer has everything that is here, and so everything that was not sent. */
const hearAsk = (step: Step, { stateVector }: NoticeOf<'ask'>): void => {
  const { channel } = step
  const number = ++channel.number
  channel.pending = channel.pending.map((one) => (one.number === null ? { ...one, number } : one))
  channel.flushAt = null
  const { phase } = channel
  if (phase.kind === 'syncing' || phase.kind === 'live') channel.phase = { ...phase, maySend: true }
  step.do({ kind: 'answer', number, stateVector })
}

const hearAt = (step: Step, at: Seq): void => {
  const { channel } = step
  if (channel.epoch === null) return distrust(step, 'the server tells a position before an epoch')
  channel.position = { epoch: channel.epoch, seq: at }
  channel.isAhead = false
  channel.failures = 0 // all that was told up to here has been taken
}

type NoticeOf<K extends ChannelNotice['kind']> = Extract<ChannelNotice, { kind: K }>

/** What the server says of a channel that is open. */
const hear = (step: Step, { notice }: EventOf<'notice'>): void => {
  const { channel } = step
  switch (notice.kind) {
    case 'opened':
      return channel.phase.kind === 'opening' ? hearOpened(step, notice) : undefined
    case 'closed':
      return hearClosed(step, notice)
    case 'ask':
      return hearAsk(step, notice)
    case 'update':
      channel.isAhead = true
      return step.do({ kind: 'apply', update: notice.update })
    case 'answer':
      channel.isAhead = true
      step.do({ kind: 'apply', update: notice.update })
      if (channel.phase.kind === 'syncing') channel.phase = { ...channel.phase, kind: 'live' }
      return
    case 'presence':
      return step.do({ kind: 'show-presence', entries: notice.entries })
    case 'token-wanted':
      return step.do({ kind: 'get-token' })
    case 'signal':
      return step.do({ kind: 'signal', user: notice.user, data: notice.data })
    case 'saved':
      return hearSaved(step, notice)
    case 'denied':
      channel.denied = notice.reason
      return
    case 'at':
      return hearAt(step, notice.seq)
    case 'access':
      channel.access = notice.access
      return
    case 'disk':
      channel.diskWorks = notice.works
      return
    case 'position-unknown':
      channel.position = null
      return step.do({ kind: 'ask' })
  }
}

/** Before it is open the server may say what it grants, and why it does not. */
const hearEarly = (step: Step, event: EventOf<'notice'>): void => {
  const { kind } = event.notice
  if (kind === 'opened' || kind === 'closed' || kind === 'access' || kind === 'token-wanted')
    return hear(step, event)
  distrust(step, `the server says "${kind}" of a document that is not open`)
}

const failLogin = (step: Step, { reason }: EventOf<'token-failed'>): void =>
  retryLater(step, reason)

const breakOff = (step: Step, { reason }: EventOf<'broken'>): void => distrust(step, reason)

const renew = (step: Step, { token }: EventOf<'token'>): void => step.say({ kind: 'token', token })

/** For good, or until somebody opens it anew: only what is changed here still counts. */
const settled: Row = {
  online: (step) => void (step.channel.isOnline = true),
  offline: (step) => void (step.channel.isOnline = false),
  woken: ignore,
  wanted: ignore,
  tick: ignore,
  close,
  token: ignore,
  'token-failed': ignore,
  notice: ignore,
  changed: change,
  broken: ignore,
}

const table: Table = {
  asleep: { ...settled, online: goOnline, offline: ignore },
  'signing-in': {
    ...settled,
    online: ignore,
    offline: goOffline,
    token: open,
    'token-failed': failLogin,
  },
  opening: {
    ...settled,
    online: ignore,
    offline: goOffline,
    token: renew,
    notice: hearEarly,
    broken: breakOff,
  },
  syncing: {
    ...settled,
    online: ignore,
    offline: goOffline,
    tick: flush,
    token: renew,
    notice: hear,
    broken: breakOff,
  },
  live: {
    ...settled,
    online: ignore,
    offline: goOffline,
    tick: flush,
    token: renew,
    notice: hear,
    broken: breakOff,
  },
  waiting: {
    ...settled,
    tick: (step) => {
      const { phase, isOnline } = step.channel
      if (phase.kind !== 'waiting' || step.around.now < phase.until) return
      if (isOnline) signIn(step)
      else step.channel.phase = { kind: 'asleep' }
    },
  },
  refused: { ...settled, wanted: (step) => leave(step, { kind: 'asleep' }) },
  replaced: settled,
  over: { ...settled, close: ignore, changed: ignore },
}
