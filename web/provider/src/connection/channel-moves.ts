/* How a channel gets from one phase to another. */
import { seq } from '@quire/shared'
import type { EventOf, NoticeOf, Phase, Step } from './channel-state.ts'
import { obeyedMs, pauseMs } from './pause.ts'
import { unsent } from './pending.ts'
import { sendUnsent } from './sending.ts'

/** How long a login may take to be had, and the server to say what it thinks of it, milliseconds. */
export const ANSWER_MS = 30_000

/** The connection is open. */
export const goOnline = (step: Step, { messageBytes }: EventOf<'online'>): void => {
  noteOnline(step, { kind: 'online', messageBytes })
  signIn(step)
}

/** The connection is open, and the channel has to wait. */
export const noteOnline = ({ channel }: Step, { messageBytes }: EventOf<'online'>): void => {
  channel.isOnline = true
  channel.messageBytes = messageBytes
}

/** The connection is gone: everything that was said on it and not acknowledged has to be said again. */
export const goOffline = (step: Step): void => {
  step.channel.isOnline = false
  leave(step, { kind: 'asleep' })
}

/** Asks for a login to open it with. */
export const signIn = (step: Step): void => {
  step.channel.phase = { kind: 'signing-in', ...deadline(step) }
  askForToken(step)
}

/** Asks for a login; what comes of earlier questions counts no more. */
export const askForToken = (step: Step): void =>
  step.do({ kind: 'get-token', attempt: ++step.channel.attempt })

/** Opens it with a login. */
export const open = (step: Step, { token }: EventOf<'token'>): void => {
  const { channel } = step
  const { position, isAhead, hasOverheard } = channel
  const resumes = position !== null && !isAhead && !hasOverheard
  channel.phase = { kind: 'opening', resumes, ...deadline(step) }
  step.say({ kind: 'open', document: channel.document, token })
  if (resumes) step.say({ kind: 'position', ...position })
  else step.do({ kind: 'ask' })
}

/** It is open, and what is missing here is on its way. */
export const hearOpened = (step: Step, { epoch, user }: NoticeOf<'opened'>): void => {
  const { channel } = step
  const { phase } = channel
  const resumes = phase.kind === 'opening' && phase.resumes
  if (channel.epoch !== null && channel.epoch !== epoch) {
    step.say({ kind: 'close' })
    return replace(step, 'another document has this name now')
  }
  // before anything of it is kept: what is kept without an epoch would be merged with any
  if (channel.epoch === null) step.do({ kind: 'note-position', position: { epoch, seq: seq(0) } })
  channel.epoch = epoch
  channel.user = user
  channel.denied = null
  channel.phase = { kind: 'syncing', maySend: resumes }
  if (resumes && channel.pending.length > 0) sendUnsent(step)
  step.do({ kind: 'say-presence' })
}

/** Goes to a phase in which nothing is said. */
export const leave = (step: Step, phase: Phase): void => {
  const { channel } = step
  channel.phase = phase
  channel.number = 0
  channel.flushAt = null
  channel.offeredAs = null
  channel.diskWorks = true
  // what does not fit may have been deleted since: only a question finds that out
  if (channel.pending.some(({ isTooLarge }) => isTooLarge)) channel.isAhead = true
  channel.pending = unsent(channel.pending)
  step.do({ kind: 'forget-presence' })
}

/** What is here belongs to another document: it is merged with nothing. */
export const replace = (step: Step, reason: string): void =>
  leave(step, { kind: 'replaced', reason })

/** A pause of a random length, behind the one that the server asks for. */
export const retryLater = (step: Step, reason: string, waitMs = 0): void => {
  const { channel, around } = step
  const obeyed = obeyedMs(waitMs)
  const forMs = obeyed + pauseMs(channel.failures++, around.random)
  const notBefore = around.now + obeyed
  leave(step, { kind: 'waiting', until: around.now + forMs, forMs, notBefore, reason })
}

/** The server says what cannot be: it may be another one the next time. */
export const distrust = (step: Step, reason: string): void => {
  step.say({ kind: 'close' })
  retryLater(step, reason)
}

/** Nobody wants it for a while. */
export const pause = (step: Step): void => {
  sayClose(step)
  goOffline(step)
}

/** Nobody wants it any more. */
export const close = (step: Step): void => {
  sayClose(step)
  leave(step, { kind: 'over' })
}

/** What was changed last leaves first. */
const sayClose = (step: Step): void => {
  const { phase } = step.channel
  const isOpen = phase.kind === 'syncing' || phase.kind === 'live'
  if (isOpen && phase.maySend) sendUnsent(step)
  if (isOpen || phase.kind === 'opening') step.say({ kind: 'close' })
}

/** Whether the time of a phase is over, also where the clock was set back in it. */
export const isDue = (
  { around }: Step,
  { until, forMs }: { readonly until: number; readonly forMs: number },
): boolean => around.now >= until || until - around.now > forMs

const deadline = ({ around }: Step): { readonly until: number; readonly forMs: number } => ({
  until: around.now + ANSWER_MS,
  forMs: ANSWER_MS,
})
