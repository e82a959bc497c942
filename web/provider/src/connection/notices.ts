/* What a server says of a channel. */
import { parseStateVector } from '@quire/shared'
import { askForToken, distrust, hearOpened, leave, replace, retryLater } from './channel-moves.ts'
import type { EventOf, NoticeOf, Step } from './channel-state.ts'
import { changesOf, withoutSaved } from './pending.ts'

/** The document was replaced (PROTOCOL.md, close codes). */
const REPLACED = 4409

/** What the server says of a channel that is open. */
export const hear = (step: Step, { notice }: EventOf<'notice'>): void => {
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
      return askForToken(step)
    case 'signal':
      return step.do({ kind: 'signal', user: notice.user, data: notice.data })
    case 'saved':
      return hearSaved(step, notice)
    case 'denied':
      channel.denied = notice.reason
      return
    case 'at':
      return hearAt(step, notice)
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
export const hearEarly = (step: Step, event: EventOf<'notice'>): void => {
  const { kind } = event.notice
  if (kind === 'opened' || kind === 'closed' || kind === 'access' || kind === 'token-wanted')
    return hear(step, event)
  distrust(step, `the server says "${kind}" of a document that is not open`)
}

const hearClosed = (step: Step, { code, advice, waitMs, reason }: NoticeOf<'closed'>): void => {
  if (code === REPLACED) return replace(step, reason)
  if (advice === 'stop') return leave(step, { kind: 'refused', code, reason })
  retryLater(step, reason, waitMs)
}

const hearAsk = (step: Step, { stateVector }: NoticeOf<'ask'>): void => {
  const checked = parseStateVector(stateVector)
  if (!checked.ok)
    return distrust(step, `the server asks with what is no state vector: ${checked.error.message}`)
  step.do({ kind: 'compare', stateVector: checked.value })
}

const hearSaved = (step: Step, { number }: NoticeOf<'saved'>): void => {
  const { channel } = step
  if (number > channel.number)
    return distrust(step, `the server has saved ${number}, and ${channel.number} was the last`)
  const { pending, keys } = withoutSaved(channel.pending, number)
  channel.savedChanges += changesOf(channel.pending) - changesOf(pending)
  channel.pending = pending
  if (channel.offeredAs !== null && number >= channel.offeredAs) {
    channel.hasOverheard = false
    channel.offeredAs = null
  }
  if (keys.length > 0) step.do({ kind: 'note-saved', keys })
  if (pending.length === 0) channel.denied = null
}

const hearAt = (step: Step, { seq, writer }: NoticeOf<'at'>): void => {
  const { channel } = step
  if (channel.epoch === null) return distrust(step, 'the server tells a position before an epoch')
  const { epoch } = channel
  channel.position = { epoch, seq, writer }
  channel.isAhead = false
  channel.failures = 0 // all that was told up to here has been taken
  step.do({ kind: 'note-position', position: { epoch, seq } })
}
