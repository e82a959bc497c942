/* What a live room does with what an attached session says. */
import { assertNever, limits, ownBytes, type SessionId } from '@quire/shared'
import { answer } from './answering.ts'
import { append } from './document.ts'
import type { InputOf } from './input.ts'
import { announce, dismiss, showPresence } from './members.ts'
import type { Member, PhaseOf } from './phase.ts'
import { add, unsavedBytes, waitingCost } from './saving.ts'
import type { Step } from './step.ts'

type Live = PhaseOf<'live'>

/** From its first message on, a session that says no presence is shown that of the others after this long. */
const PRESENCE_WAIT_MS = 250

/** A session is shown everyone at most this often: a table is large, and the question is one byte. */
const PRESENCE_AGAIN_MS = 1_000

/** Handles one message of a member; of anybody else it is ignored, for its close is on its way. */
export const hear = (step: Step, live: Live, input: InputOf<'message'>): void => {
  const member = live.members.get(input.session)
  if (member === undefined) return
  if (member.opening.kind === 'silent') member.opening = { kind: 'heard', since: step.now }
  const { message } = input
  switch (message.kind) {
    case 'sync-step-1':
      return answer(step, live, input.session, message)
    case 'sync-step-2':
    case 'update':
      return write(step, live, { session: input.session, member, message })
    case 'presence':
      return hearPresence(step, live, { session: input.session, member, message })
    case 'query-presence':
      return answerPresence(step, live, input.session, member)
    case 'unknown':
      return step.observe({
        kind: 'unknown-message',
        document: step.room.name,
        type: message.type,
      })
    default:
      return assertNever(message)
  }
}

/** Ends the openings of those who have spoken, and have said no presence with it. */
export const endOpenings = (step: Step, live: Live): void => {
  for (const [session, member] of live.members) {
    const { opening } = member
    if (opening.kind === 'heard' && step.now - opening.since >= PRESENCE_WAIT_MS)
      showPresence(step, live, session, member)
  }
}

/** A session that has just been shown everyone hears of changes: asking again brings it nothing. */
const answerPresence = (step: Step, live: Live, session: SessionId, member: Member): void => {
  const { opening } = member
  if (opening.kind === 'over' && step.now - opening.shownAt < PRESENCE_AGAIN_MS) return
  showPresence(step, live, session, member)
}

type Said<M> = { readonly session: SessionId; readonly member: Member; readonly message: M }
type Heard<K> = Extract<InputOf<'message'>['message'], { kind: K }>

const write = (
  step: Step,
  live: Live,
  { session, member, message }: Said<Heard<'sync-step-2' | 'update'>>,
): void => {
  const { document } = live
  const { contents } = message
  const update = ownBytes(contents.update) // what is kept must not keep the frame that it came in
  const receipt = { kind: message.kind, update }
  const isKnown = document.frontier.knows(contents)
  const wasClean = document.saving.kind === 'clean'
  if (isKnown && wasClean) return step.send(session, { kind: 'ack', receipts: [receipt] })
  // R15: nothing changes, and the client hears it in its own words
  if (!isKnown && member.access !== 'write')
    return step.send(session, {
      kind: 'denied',
      reason: 'this login may not change the document',
    })
  const waiting = unsavedBytes(document.saving)
  const limit = step.room.limits.unsavedBytes
  if (waiting + waitingCost(update.length) > limit)
    return dismiss(
      step,
      live,
      session,
      `${waiting} bytes wait for the disk, limit ${limit}; this was not stored`,
    )
  const clients = document.frontier.clientsWith(contents)
  if (clients > limits.clientsPerDocument)
    return dismiss(
      step,
      live,
      session,
      `the document would have ${clients} clients, limit ${limits.clientsPerDocument}; this was not stored`,
    )
  // R5: known is not yet saved; it is acknowledged when all that was accepted before it is
  document.saving = add(document.saving, { session, receipt, update: isKnown ? null : update })
  if (isKnown) return
  document.frontier.accept(contents)
  if (wasClean) append(step, document)
  if (step.room.durability === 'ack' && live.members.size > 1)
    step.do({ kind: 'relay', update, except: session })
  if (document.frontier.lacksDependenciesOf(contents)) {
    step.observe({ kind: 'missing-dependencies', document: step.room.name, session })
    step.send(session, { kind: 'sync-step-1', stateVector: document.frontier.stateVector() })
  }
}

const hearPresence = (
  step: Step,
  live: Live,
  { session, member, message }: Said<Heard<'presence'>>,
): void => {
  const isOpening = member.opening.kind !== 'over'
  const from = { session, isOpening }
  const { changed, stale, ignored } = live.presence.accept(message.entries, from, step.now)
  if (ignored > 0)
    step.observe({ kind: 'presence-ignored', document: step.room.name, entries: ignored })
  if (stale.length > 0) {
    step.send(session, { kind: 'presence', entries: stale })
    step.send(session, { kind: 'query-presence' })
  }
  // to the others before its own opening ends: then it is shown everyone, itself included
  if (isOpening) {
    announce(step, live, changed)
    return showPresence(step, live, session, member)
  }
  announce(step, live, changed)
}
