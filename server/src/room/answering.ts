/*
 * What a member lacks: asked for by itself, or owed to one that did not keep up (R9):
 *
 *   flowing ── congested, or a large answer ──▶ held ── drained ──▶ flowing, and what came meanwhile
 *
 * A held member is told of no update, so what waits for it is bounded; what it has missed it gets as one
 * answer, computed from the log.
 */
import { EMPTY_UPDATE, type SessionId } from '@quire/shared'
import type { Answer } from '../ports/content.ts'
import { answerWent } from './acknowledging.ts'
import type { InputOf } from './input.ts'
import { dismiss, sendAway } from './members.ts'
import type { ClientMessage } from './message.ts'
import { FLOWING, type AsOf, type Member, type OpenDocument, type PhaseOf } from './phase.ts'
import { unsavedUpdates } from './saving.ts'
import type { Asker } from './effect.ts'
import type { Step } from './step.ts'

type Live = PhaseOf<'live'>
type Asked = Pick<Extract<ClientMessage, { kind: 'sync-step-1' }>, 'stateVector'>
type Was = Pick<Extract<ClientMessage, { kind: 'position' }>, 'epoch' | 'seq' | 'writer'>

/** A session, and what the room knows of it. */
interface To {
  readonly session: SessionId
  readonly member: Member
}

/** A session is told its position this often at most, milliseconds. */
const POSITION_MS = 500

type Members = ReadonlyMap<SessionId, Member>

/** From this size on an answer takes so long to read that its reader is held meanwhile, bytes. */
const LARGE_ANSWER_BYTES = 512 * 1024

/**
 * Cheapest case first. What is not on disk is part of the answer where others see it at once, and must
 * not be where they see it only after its commit.
 */
export const answer = (step: Step, live: Live, to: To, { stateVector }: Asked): void =>
  give(step, live.document, { to, stateVector, isWhole: true })

/** What a session lacks that has this much; `isWhole` if it then has everything. */
interface Given extends Asked {
  readonly to: To
  readonly isWhole: boolean
}

const give = (step: Step, document: OpenDocument, { to, stateVector, isWhole }: Given): void => {
  const { frontier } = document
  const isKnown = to.member.asking !== 'on-demand' || isLevel(document)
  if (isKnown && isAllShown(step, document) && frontier.isEqualTo(stateVector)) {
    step.send(to.session, { kind: 'sync-step-2', update: frontier.deletesOnly() })
    if (isWhole) follow(step, document, to)
    return
  }
  make(step, document, to, { asker: { kind: 'has', stateVector }, isWhole })
}

/**
 * Answers a session that was here before with what came since, if the log reaches back to that, and is the one that
 * it was told of: who wrote a number of it tells (R18).
 */
export const resume = (step: Step, live: Live, to: To, { epoch, seq, writer }: Was): void => {
  const { document } = live
  const { head, headWriter, tail } = document
  if (epoch !== document.epoch) {
    const reason = `the document is another one now: epoch ${document.epoch}, and not ${epoch}`
    return sendAway(step, live, to.session, { close: 'replaced', reason })
  }
  const isOfAnother = seq === head && writer !== headWriter // of what is before, storage knows
  if (seq > head || seq < head - tail.updates || isOfAnother)
    return step.send(to.session, { kind: 'position-unknown' })
  if (seq < head || !hasNothingUnsaved(document) || !isLevel(document))
    return make(step, document, to, { asker: { kind: 'was-at', seq, writer }, isWhole: true })
  step.send(to.session, { kind: 'sync-step-2', update: EMPTY_UPDATE })
  follow(step, document, to)
}

/** A session has everything from here on. */
const follow = (step: Step, document: OpenDocument, to: To): void => {
  to.member.isFollowing = true
  tellPosition(step, document, to)
}

/** R18: tells those who are told it how far in the log they are. */
export const tellPositions = (step: Step, document: OpenDocument, members: Members): void => {
  for (const [session, member] of members) tellPosition(step, document, { session, member })
}

/**
 * A position says that the log up to there was told, and that what was told is in it: a client that has heard of
 * more may be the last that has it.
 */
const tellPosition = (step: Step, document: OpenDocument, { session, member }: To): void => {
  const { asking, isFollowing, question, flow, answersUnderWay, toldAt } = member
  if (asking !== 'on-demand' || !isFollowing || question.kind !== 'none') return
  if (flow.kind === 'held' || answersUnderWay > 0) return
  const { head, headWriter: writer } = document
  if (!isLevel(document) || !hasNothingUnsaved(document)) return
  if (toldAt !== null && (toldAt.seq === head || step.now - toldAt.at < POSITION_MS)) return
  member.toldAt = { seq: head, at: step.now }
  step.send(session, { kind: 'at', seq: head, writer })
}

/** R18: a session was not told after all where it is; it is told with a tick. */
export const untold = (step: Step, live: Live, session: SessionId): void => {
  const member = live.members.get(session)
  if (member !== undefined) member.toldAt = { seq: null, at: step.now }
}

const make = (
  step: Step,
  document: OpenDocument,
  { session, member }: To,
  { asker, isWhole }: { readonly asker: Asker; readonly isWhole: boolean },
): void => {
  const { frontier, id, saving, head } = document
  member.answersUnderWay++
  step.do({
    kind: 'answer',
    doc: id,
    session,
    asker,
    unsaved: step.room.durability === 'ack' ? unsavedUpdates(saving) : [],
    version: `${frontier.version}.${head}`,
    asOf: toldSoFar(step, document, isWhole),
  })
}

/** True if everybody may see all that is known. */
const isAllShown = (step: Step, document: OpenDocument): boolean =>
  step.room.durability === 'ack' || hasNothingUnsaved(document)

/** True if the log holds nothing up to its head that this room has not seen. */
const isLevel = ({ following }: OpenDocument): boolean => following.kind === 'level'

const hasNothingUnsaved = ({ saving }: OpenDocument): boolean => saving.kind === 'clean'

/** An answer is ready: its reader is held if it will take long to read. */
export const answered = (step: Step, live: Live, input: InputOf<'answered'>): void => {
  const { session, answer: ready, asOf } = input
  const member = live.members.get(session)
  if (member === undefined) return
  if (bytesOf(ready) >= LARGE_ANSWER_BYTES) hold(step, session, member, asOf)
  step.do({ kind: 'deliver', to: session, answer: ready })
  answerWent(step, { session, member })
  if (asOf.isWhole) follow(step, live.document, { session, member })
}

/**
 * An answer could not be made; without it the session would take an old state for the newest. Behind a position the
 * log may have been folded since the room looked, or is another one: it is unknown, and its session asks by what it has.
 */
export const answerFailed = (step: Step, live: Live, input: InputOf<'answerFailed'>): void => {
  const { session, asker, problem } = input
  const member = live.members.get(session)
  if (asker.kind === 'was-at') {
    if (member === undefined) return
    step.send(session, { kind: 'position-unknown' })
    return answerWent(step, { session, member })
  }
  step.observe({ kind: 'answer-failed', document: step.room.name, problem })
  if (member !== undefined) dismiss(step, live, session, 'the document could not be read')
}

/** R9: too much waits for a session. */
export const congested = (step: Step, live: Live, session: SessionId): void => {
  const member = live.members.get(session)
  if (member !== undefined) hold(step, session, member, toldSoFar(step, live.document, false))
}

/** R9: a session has read what waited for it: it gets what it has missed, and keeps up from here on. */
export const drained = (step: Step, live: Live, input: InputOf<'drained'>): void => {
  const { session, hasMissedPresence } = input
  const member = live.members.get(session)
  if (member === undefined) return
  // also who has gone, of whom it would keep a ghost; but not unless it has missed something: where
  // presence is larger than what may wait, it would be shown everyone without end
  if (hasMissedPresence) step.send(session, { kind: 'presence', entries: live.presence.everyone() })
  if (member.flow.kind !== 'held') return
  const { since } = member.flow
  member.flow = FLOWING
  step.do({ kind: 'release', session })
  step.observe({ kind: 'session-resynced', document: step.room.name, session })
  give(step, live.document, { to: { session, member }, stateVector: since, isWhole: false })
}

const hold = (
  step: Step,
  session: SessionId,
  member: Member,
  { stateVector: since }: AsOf,
): void => {
  if (member.flow.kind === 'held') return // what it has missed before, it misses still
  member.flow = { kind: 'held', since }
  step.observe({ kind: 'session-held', document: step.room.name, session })
  step.do({ kind: 'hold', session })
}

/** What every member has been told of, at least: with `relay` what is not committed it has not. */
const toldSoFar = (step: Step, { frontier, saving }: OpenDocument, isWhole: boolean): AsOf => ({
  isWhole,
  stateVector:
    step.room.durability === 'ack'
      ? frontier.stateVector()
      : frontier.stateVectorWithout(unsavedUpdates(saving)),
})

const bytesOf = ({ first, last }: Answer): number =>
  first.reduce((bytes, update) => bytes + update.length, last.length)
