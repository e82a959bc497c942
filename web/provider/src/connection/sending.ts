/* How what is changed here gets to the server. */
import { EMPTY_UPDATE } from '@quire/shared'
import type { EventOf, Step } from './channel-state.ts'
import { answered, fitting, numbered, pendingOf, withChange } from './pending.ts'

/** Changes that follow each other closely leave together, once a frame of a display, milliseconds. */
export const FRAME_MS = 16

/** What stands around an update in its message, bytes, at most: three integers of 8 and a length. */
const HEAD_BYTES = 32

/** A change made here: it leaves at once if that is quiet, and with others if not. */
export const change = (step: Step, { update, key }: EventOf<'changed'>): void => {
  const { channel, around } = step
  channel.pending = withChange(channel.pending, pendingOf(update, around.now, key))
  if (!maySend(step) || channel.flushAt !== null) return
  const mayLeaveAt = channel.sentAt + FRAME_MS
  if (around.now >= mayLeaveAt || around.now < channel.sentAt) sendUnsent(step)
  else channel.flushAt = mayLeaveAt
}

/** What another tab has left is this one's to send. */
export const inherit = (step: Step, { unsaved }: EventOf<'inherited'>): void => {
  const { channel } = step
  channel.pending = [...channel.pending, ...unsaved]
  if (maySend(step)) sendUnsent(step)
}

/** Sends what waited for its frame. */
export const flush = (step: Step): void => {
  const { channel, around } = step
  const { flushAt } = channel
  // further away than a frame it is only where the clock was set back
  if (flushAt !== null && (around.now >= flushAt || flushAt - around.now > FRAME_MS))
    sendUnsent(step)
}

/** Sends all that was not sent. */
export const sendUnsent = (step: Step): void => {
  const { channel, around } = step
  const room = roomOf(step)
  const { pending, sendings } = numbered(channel.pending, channel.number, room)
  channel.flushAt = null
  channel.pending = pending
  channel.number += sendings.length
  for (const sending of sendings) step.say({ kind: 'update', ...sending })
  if (sendings.length > 0) channel.sentAt = around.now
  for (const { isTooLarge, update } of pending) if (isTooLarge) denyAs(step, update.length)
}

/** The answer has everything that is here, and so everything that was not sent. */
export const answer = (step: Step, { update }: EventOf<'compared'>): void => {
  const { channel } = step
  const { phase } = channel
  if (phase.kind !== 'syncing' && phase.kind !== 'live') return
  const { pieces, tooLarge } = fitting(update, roomOf(step))
  for (const piece of pieces.slice(0, -1))
    step.say({ kind: 'update', number: ++channel.number, update: piece })
  const number = ++channel.number
  step.say({ kind: 'answer', number, update: pieces.at(-1) ?? EMPTY_UPDATE })
  if (tooLarge === 0) channel.offeredAs = number
  channel.phase = { ...phase, maySend: true }
  channel.flushAt = null
  if (tooLarge === 0) channel.pending = answered(channel.pending, number)
  else sendUnsent(step) // what did not fit may be among it
}

const maySend = ({ channel: { phase } }: Step): boolean =>
  (phase.kind === 'syncing' || phase.kind === 'live') && phase.maySend

const roomOf = ({ channel }: Step): number => Math.max(1, channel.messageBytes - HEAD_BYTES)

const denyAs = ({ channel }: Step, bytes: number): void => {
  channel.denied = `a change of ${bytes} bytes is not sent: the server takes messages of ${channel.messageBytes}`
}
