/*
 * One document on the shared connection, as a machine: what is said about it, what of its changes is not saved, and
 * where in the server's log it is (PROTOCOL.md P23 to P27).
 *
 *     loading ──loaded──▶ asleep ──online──▶ signing-in ──token──▶ opening ──opened──▶ syncing ──answer──▶ live
 *                           ▲                    ▲                    │                   │                 │
 *                           └──── offline ───────┼────────────────────┴─── offline ───────┴─────────────────┘
 *                                             waiting ◀── closed, "retry"
 *
 *     refused: closed, "stop"    replaced: it is another document now    over: closed here
 */
import {
  close,
  distrust,
  goOffline,
  goOnline,
  isDue,
  leave,
  noteOnline,
  open,
  pause,
  retryLater,
  signIn,
  ANSWER_MS,
} from './channel-moves.ts'
import {
  Step,
  type Around,
  type Channel,
  type ChannelEffect,
  type ChannelEvent,
  type EventOf,
  type Phase,
} from './channel-state.ts'
import { hear, hearEarly } from './notices.ts'
import { changesOf } from './pending.ts'
import { answer, change, flush, inherit } from './sending.ts'

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
  'until' in phase ? phase.until : flushAt

type Cell<K extends ChannelEvent['kind']> = (step: Step, event: EventOf<K>) => void
type Row = { readonly [K in ChannelEvent['kind']]: Cell<K> }
type Table = { readonly [P in Phase['kind']]: Row }

const ignore = (): void => undefined

/** What this device has is in the document, and none of it was sent. */
const load = (step: Step, event: EventOf<'loaded'>): void => {
  const { channel } = step
  takeIn(step, event)
  channel.pending = [...event.unsaved, ...channel.pending]
  // who waits for what was changed so far waits for these first
  channel.savedChanges -= changesOf(event.unsaved)
  if (channel.isOnline) signIn(step)
  else channel.phase = { kind: 'asleep' }
}

/** The same, of a device that could be opened only now. */
const loadLate = (step: Step, event: EventOf<'loaded'>): void => {
  takeIn(step, event)
  // there may be more in it than is unsaved: what a server has lost
  overhear(step)
  inherit(step, { kind: 'inherited', unsaved: event.unsaved })
}

const takeIn = ({ channel }: Step, { epoch, keys }: EventOf<'loaded'>): void => {
  channel.epoch ??= epoch
  const last = channel.pending.length - 1
  // the last one is saved after the others; keys of an earlier opening name something else by now
  channel.pending = channel.pending.map((one, i) => ({ ...one, keys: i === last ? keys : [] }))
}

/** There may be something in the document that nobody else has: only a question finds out. */
const overhear = ({ channel }: Step): void => {
  channel.hasOverheard = true
  channel.offeredAs = null
}

/** Whoever has been waited for in vain may answer the next time. */
const giveUp = (step: Step): void => {
  const { phase } = step.channel
  if (phase.kind === 'signing-in' && isDue(step, phase))
    retryLater(step, `no token within ${ANSWER_MS} ms`)
  else if (phase.kind === 'opening' && isDue(step, phase))
    distrust(step, `the server does not say within ${ANSWER_MS} ms whether the document is open`)
}

const wait = (step: Step): void => {
  const { phase, isOnline } = step.channel
  if (phase.kind !== 'waiting' || !isDue(step, phase)) return
  if (isOnline) signIn(step)
  else step.channel.phase = { kind: 'asleep' }
}

const wakeFromWaiting = (step: Step): void => {
  const { phase, isOnline } = step.channel
  if (phase.kind === 'waiting' && isOnline && step.around.now >= phase.notBefore) signIn(step)
}

/** Only the login that was asked for last counts. */
const isCurrent = ({ channel }: Step, { attempt }: EventOf<'token' | 'token-failed'>): boolean =>
  attempt === channel.attempt

const openWith = (step: Step, event: EventOf<'token'>): void => {
  if (isCurrent(step, event)) open(step, event)
}

const failLogin = (step: Step, event: EventOf<'token-failed'>): void => {
  if (isCurrent(step, event)) retryLater(step, event.reason)
}

const renew = (step: Step, event: EventOf<'token'>): void => {
  if (isCurrent(step, event)) step.say({ kind: 'token', token: event.token })
}

/** For good, or until somebody opens it anew: only what is changed here still counts. */
const settled: Row = {
  online: noteOnline,
  offline: (step) => void (step.channel.isOnline = false),
  pause: (step) => void (step.channel.isOnline = false),
  woken: ignore,
  wanted: ignore,
  tick: ignore,
  close,
  loaded: loadLate,
  inherited: inherit,
  belongs: ({ channel }, { epoch }) => void (channel.epoch ??= epoch),
  overheard: overhear,
  token: ignore,
  'token-failed': ignore,
  notice: ignore,
  changed: change,
  compared: ignore,
  broken: ignore,
}

const started: Row = {
  ...settled,
  offline: goOffline,
  pause,
}

const opened: Row = {
  ...started,
  tick: flush,
  token: renew,
  notice: hear,
  compared: answer,
  broken: (step, { reason }) => distrust(step, reason),
}

const table: Table = {
  loading: { ...settled, loaded: load },
  asleep: { ...settled, online: goOnline },
  'signing-in': {
    ...started,
    tick: giveUp,
    token: openWith,
    'token-failed': failLogin,
  },
  opening: { ...started, tick: giveUp, token: renew, notice: hearEarly, broken: opened.broken },
  syncing: opened,
  live: opened,
  waiting: { ...settled, tick: wait, woken: wakeFromWaiting },
  refused: { ...settled, wanted: (step) => leave(step, { kind: 'asleep' }) },
  replaced: settled,
  over: { ...settled, close: ignore, changed: ignore, inherited: ignore, loaded: ignore },
}
