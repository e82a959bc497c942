/* Sessions that come and go, and what is left to do when the last one has gone. */
import { millis, type CloseName, type SessionId } from '@quire/shared'
import { hasAside, writeAside } from './aside.ts'
import { compactIfDue } from './folding.ts'
import {
  FLOWING,
  type ClosingFor,
  type Member,
  type OpenDocument,
  type PhaseOf,
  type Question,
} from './phase.ts'
import type { InputOf } from './input.ts'
import { PresenceTable, type PresenceEntries } from './presence.ts'
import { isFailing } from './saving.ts'
import type { Step } from './step.ts'

type Live = PhaseOf<'live'>

/**
 * From the join of a session that is asked twice until it is asked again: a browser has opened its store by
 * then. Who takes longer is asked when it changes something that builds on what is missing.
 */
const ASK_AGAIN_MS = 3_000

/** True if there is a place for one more session; otherwise it is refused. */
export const admit = (
  step: Step,
  sessions: ReadonlyMap<SessionId, unknown>,
  session: SessionId,
): boolean => {
  if (sessions.has(session)) throw new Error(`session ${session} joins a second time`)
  const limit = step.room.limits.sessionsPerDocument
  if (sessions.size < limit) return true
  step.close([session], 'tryAgainLater', `the document has ${limit} sessions, which is the limit`)
  return false
}

/** The room is live; members are to be greeted. */
export const goLive = (step: Step, document: OpenDocument): Live => {
  const presence = new PresenceTable(step.room.limits)
  const live: Live = { kind: 'live', document, members: new Map(), presence }
  step.room.phase = live
  return live
}

/** Who is greeted; `wasLowered`: since it joined. */
interface Greeted extends Omit<InputOf<'join'>, 'kind'> {
  readonly wasLowered?: boolean
}

/** Attaches a session and asks it for what the server lacks. */
export const greet = (
  step: Step,
  live: Live,
  { session, access, user, identity, asking, wasLowered = false }: Greeted,
): void => {
  const member: Member = {
    access,
    user,
    identity,
    asking,
    askAgainAt: asking === 'twice' ? millis(step.now + ASK_AGAIN_MS) : null,
    opening: { kind: 'silent' },
    flow: FLOWING,
    question: { kind: asking === 'in-return' ? 'unasked' : 'none' },
    hasBeenDenied: false,
    wasLowered,
    mark: null,
    answersUnderWay: 0,
    behind: { receipts: [], bytes: 0 },
    isFollowing: false,
    toldAt: null,
  }
  live.members.set(session, member)
  step.observe({ kind: 'session-joined', document: step.room.name, session })
  if (asking === 'on-demand') {
    const { epoch, saving } = live.document
    step.send(session, { kind: 'opened', epoch, user })
    if (isFailing(saving)) step.send(session, { kind: 'disk', works: false })
  }
  if (asking === 'on-join' || asking === 'twice')
    ask(step, live, { session, member, question: { kind: 'opening', asked: null } })
}

/** Asks a session for what it has and the server lacks. */
export const ask = (
  step: Step,
  live: Live,
  to: {
    readonly session: SessionId
    readonly member: Member
    readonly question: Question
  },
): void => {
  to.member.question = to.question
  const stateVector = live.document.frontier.stateVector()
  step.send(to.session, { kind: 'sync-step-1', stateVector })
}

/** Detaches a session; without effect if that has happened already. */
export const part = (step: Step, live: Live, session: SessionId): void => {
  if (!live.members.delete(session)) return
  step.observe({ kind: 'session-left', document: step.room.name, session })
  announce(step, live, live.presence.leave(session)) // R7: at once, and once
  if (live.members.size === 0) settle(step, live.document, 'fold')
}

/** Sends a session away. It is no member from here on: what stood behind it in its frame is not heard. */
export const dismiss = (step: Step, live: Live, session: SessionId, reason: string): void =>
  sendAway(step, live, session, { close: 'tryAgainLater', reason })

/** The same, with another advice. */
export const sendAway = (
  step: Step,
  live: Live,
  session: SessionId,
  { close, reason }: { readonly close: CloseName; readonly reason: string },
): void => {
  step.close([session], close, reason)
  part(step, live, session)
}

/** Sends everybody away for good: the live phase is to end with that. Nobody is left to announce it to. */
export const dismissAll = (
  step: Step,
  live: Live,
  { close, reason }: { readonly close: CloseName; readonly reason: string },
): void => {
  step.close([...live.members.keys()], close, reason)
  for (const session of live.members.keys())
    step.observe({ kind: 'session-left', document: step.room.name, session })
}

/** Tells everyone who has been shown presence what has changed of it. */
export const announce = (step: Step, live: Live, entries: PresenceEntries): void => {
  if (entries.length === 0) return
  const audience: SessionId[] = []
  for (const [session, { opening }] of live.members)
    if (opening.kind === 'over') audience.push(session)
  if (audience.length > 0) step.do({ kind: 'announce', to: audience, entries })
}

/** Shows a session who is here; from now on it hears of changes. */
export const showPresence = (step: Step, live: Live, session: SessionId, member: Member): void => {
  member.opening = { kind: 'over', shownAt: step.now }
  const entries = live.presence.states()
  if (entries.length > 0) step.send(session, { kind: 'presence', entries })
}

/** R4: nobody is attached. Evict if nothing is unsaved or still to be waited for, else close first. */
export const settle = (step: Step, document: OpenDocument, waitsFor: ClosingFor): void => {
  writeAside(step, document, 'due')
  const isSaved = document.saving.kind === 'clean' && !hasAside(document)
  if (isSaved && waitsFor === 'fold') compactIfDue(step, document, 'idle')
  if (!isSaved || (waitsFor === 'fold' && document.compaction.kind === 'running')) {
    step.room.phase = { kind: 'closing', document, waitsFor }
    return
  }
  step.observe({ kind: 'room-evicted', document: step.room.name })
  step.evict()
}
