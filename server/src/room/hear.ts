/* What a live room does with what an attached session says. */
import { assertNever, ownBytes, type SessionId } from '@quire/shared'
import { uncountBehind } from './acknowledging.ts'
import { answer, resume } from './answering.ts'
import {
  acknowledgeMark,
  hearStep2,
  hearUpdate,
  hearWrite,
  type Heard,
  type Said,
} from './changes.ts'
import { nextQuestion } from './counting.ts'
import type { InputOf } from './input.ts'
import { announce, ask, showPresence } from './members.ts'
import type { Member, PhaseOf } from './phase.ts'
import { uncounted } from './saving.ts'
import type { Step } from './step.ts'

type Live = PhaseOf<'live'>

/** From its first message on, a session that says no presence is shown that of the others after this long. */
const PRESENCE_WAIT_MS = 250

/** A session is shown everyone at most this often: a table is large, and the question is one byte. */
const PRESENCE_AGAIN_MS = 1_000

/** R20: what was said before the login of a session changed is of who said it; presence is of who is here now. */
export const hearAs = (
  step: Step,
  live: Live,
  input: InputOf<'message'>,
  user: string | null,
): void => {
  const member = live.members.get(input.session)
  if (member === undefined || !('contents' in input.message)) return hear(step, live, input)
  const { user: userNow } = member
  member.user = user
  hear(step, live, input)
  member.user = userNow
}

/** Handles one message of a member; of anybody else it is ignored, for its close is on its way. */
export const hear = (step: Step, live: Live, { session, message }: InputOf<'message'>): void => {
  const member = live.members.get(session)
  if (member === undefined) return
  if (member.opening.kind === 'silent') member.opening = { kind: 'heard', since: step.now }
  switch (message.kind) {
    case 'sync-step-1':
      if (member.asking === 'in-return') askInReturn(step, live, { session, member, message })
      if (member.asking === 'on-demand' && member.question.kind === 'none')
        ask(step, live, { session, member, question: { kind: 'opening', asked: null } })
      return answer(step, live, { session, member }, message)
    case 'sync-step-2':
      return hearStep2(step, live, { session, member, message })
    case 'update':
      return hearUpdate(step, live, { session, member, message })
    case 'write':
      return hearWrite(step, live, { session, member, message })
    case 'query-head': {
      const { epoch, head } = live.document
      return step.send(session, { kind: 'head', position: { epoch, seq: head } })
    }
    case 'mark':
      member.mark = ownBytes(message.mark)
      return acknowledgeMark(step, live, session, member)
    case 'position':
      return resume(step, live, { session, member }, message)
    case 'signal': {
      const { user } = member
      const signal = { kind: 'signal', user, data: ownBytes(message.data) } as const
      return step.do({ kind: 'signal', message: signal, from: session })
    }
    case 'stateless':
      return step.do({ kind: 'tell', session, text: message.text })
    case 'presence':
      return hearPresence(step, live, { session, member, message })
    case 'query-presence':
      return answerPresence(step, live, session, member)
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

/** Asks those a second time whose time has come, and who have answered the first. */
export const askAgain = (step: Step, live: Live): void => {
  for (const [session, member] of live.members) {
    const { askAgainAt, question } = member
    if (askAgainAt === null || step.now < askAgainAt || question.kind !== 'none') continue
    member.askAgainAt = null
    ask(step, live, { session, member, question: { kind: 'healing' } })
  }
}

/** A session that has just been shown everyone hears of changes: asking again brings it nothing. */
const answerPresence = (step: Step, live: Live, session: SessionId, member: Member): void => {
  const { opening } = member
  if (opening.kind === 'over' && step.now - opening.shownAt < PRESENCE_AGAIN_MS) return
  showPresence(step, live, session, member)
}

/** True for who could change everything once, and may not any more. */
export const isLowered = (
  { access, wasLowered }: Pick<Member, 'access' | 'wasLowered'>,
  next: Member['access'],
): boolean => next !== 'write' && (wasLowered || access === 'write')

/** R16: what a session may do has changed. Who may write again is asked for what was denied meanwhile. */
export const regrant = (
  step: Step,
  live: Live,
  { session, access, user, identity }: Omit<InputOf<'regrant'>, 'kind'>,
): void => {
  const member = live.members.get(session)
  if (member === undefined) return
  member.wasLowered = isLowered(member, access)
  member.access = access
  if (member.user !== user) announce(step, live, live.presence.rename(session, { user, identity }))
  member.user = user
  member.identity = identity
  if (access === 'write' && member.hasBeenDenied && member.question.kind === 'none')
    ask(step, live, { session, member, question: { kind: 'healing' } })
}

/**
 * One question at a time: what answers the last one is still to come, and brings all there is. A client that
 * counts begins anew as it asks, and waits for no more of what it said before.
 */
const askInReturn = (
  step: Step,
  live: Live,
  { session, member, message }: Said<Heard<'sync-step-1'>>,
): void => {
  const { question } = member
  const next = nextQuestion(question, ownBytes(message.stateVector))
  if (next === null) return
  live.document.saving = uncounted(live.document.saving, session)
  uncountBehind(member)
  if (question.kind === 'none' || question.kind === 'unasked')
    return ask(step, live, { session, member, question: next })
  member.question = next
}

const hearPresence = (
  step: Step,
  live: Live,
  { session, member, message }: Said<Heard<'presence'>>,
): void => {
  const isOpening = member.opening.kind !== 'over'
  const { user, identity } = member
  const from = { session, user, identity, isOpening }
  const { changed, stale, ignored } = live.presence.accept(message.entries, from, step.now)
  if (ignored > 0)
    step.observe({ kind: 'presence-ignored', document: step.room.name, entries: ignored })
  if (stale.length > 0) {
    step.send(session, { kind: 'presence', entries: stale })
    step.send(session, { kind: 'query-presence' })
  }
  // to the others before its own opening ends: then it is shown everyone, itself included
  announce(step, live, changed)
  if (isOpening) showPresence(step, live, session, member)
}
