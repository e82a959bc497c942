/* What a live room does with what an attached session says. */
import { assertNever, limits, ownBytes, type SessionId } from '@quire/shared'
import { acknowledge, uncountBehind, waitForAnswer } from './acknowledging.ts'
import { answer, resume } from './answering.ts'
import { countsAnswer, countsUpdate, nextQuestion } from './counting.ts'
import { isKeptAside, keepAside } from './aside.ts'
import { append, isAt, positionOf } from './document.ts'
import type { InputOf } from './input.ts'
import { announce, ask, dismiss, showPresence } from './members.ts'
import type { Receipt } from './message.ts'
import { NO_QUESTION, type Member, type PhaseOf } from './phase.ts'
import { add, uncounted, unsavedBytes, waitingCost } from './saving.ts'
import type { Step } from './step.ts'

type Live = PhaseOf<'live'>

/** From its first message on, a session that says no presence is shown that of the others after this long. */
const PRESENCE_WAIT_MS = 250

/** A session is shown everyone at most this often: a table is large, and the question is one byte. */
const PRESENCE_AGAIN_MS = 1_000

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

type Said<M> = { readonly session: SessionId; readonly member: Member; readonly message: M }
type Heard<K> = Extract<InputOf<'message'>['message'], { kind: K }>

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
  if (member.user !== user) member.isAsideFull = false
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

const hearUpdate = (
  step: Step,
  live: Live,
  { session, member, message: { contents } }: Said<Heard<'update'>>,
): void => {
  const { question } = member
  const isCounted = countsUpdate(question, contents)
  const receipt = { kind: 'update', update: ownBytes(contents.update), isCounted } as const
  write(step, live, { session, member, message: { contents, receipt } })
}

/**
 * R19: what was read up to `expected` is still the whole document, or nothing changes. What waits for the disk
 * counts as much as what is on it: a server that dies may give its number to something else.
 */
const hearWrite = (
  step: Step,
  live: Live,
  { session, member, message: { contents, expected } }: Said<Heard<'write'>>,
): void => {
  const { document } = live
  if (expected !== null && !isAt(document, expected))
    return step.send(session, { kind: 'changed', position: positionOf(document) })
  const receipt = { kind: 'write', update: ownBytes(contents.update) } as const
  write(step, live, { session, member, message: { contents, receipt } })
}

/** An answer brings all that the session has, also what was denied to it before. */
const hearStep2 = (
  step: Step,
  live: Live,
  { session, member, message: { contents } }: Said<Heard<'sync-step-2'>>,
): void => {
  const isCounted = countsAnswer(member.question)
  if (member.question.kind !== 'unasked') member.question = NO_QUESTION
  const receipt = { kind: 'sync-step-2', update: ownBytes(contents.update), isCounted } as const
  if (!write(step, live, { session, member, message: { contents, receipt } })) return
  member.hasBeenDenied = false
  acknowledgeMark(step, live, session, member)
}

/**
 * R5: a mark is true once everything before it is on disk. A session that has changed something while it
 * was away sets its mark before it says what: until it has answered, no mark of it is true.
 */
const acknowledgeMark = (step: Step, live: Live, session: SessionId, member: Member): void => {
  const { document } = live
  const { mark } = member
  if (mark === null || member.hasBeenDenied || !isOpen(member)) return
  member.mark = null
  const receipt = { kind: 'mark', mark } as const
  const isSaved = document.saving.kind === 'clean'
  const waits = !isSaved || waitForAnswer(member, [receipt])
  if (waits && !hasPlace(step, live, { session, member }, mark.length)) return
  if (isSaved) acknowledge(step, { session, member }, [receipt])
  else document.saving = add(document.saving, { session, receipt, update: null })
}

/** True once a session has said what it changed while it was away. */
const isOpen = ({ question }: Member): boolean =>
  question.kind === 'none' || question.kind === 'healing'

/** What a message changes, and what is to be told of its fate; no view into the frame that it came in. */
interface Change {
  readonly contents: Heard<'update'>['contents']
  readonly receipt: Exclude<Receipt, { kind: 'mark' }>
}

/** True unless it was denied, or has cost its session the place. */
const write = (
  step: Step,
  live: Live,
  { session, member, message: { contents, receipt } }: Said<Change>,
): boolean => {
  const { document } = live
  const { update } = receipt
  const isKnown = document.frontier.knows(contents)
  const wasClean = document.saving.kind === 'clean'
  if (isKnown && wasClean && receipt.kind === 'write') {
    step.send(session, { kind: 'written', position: positionOf(document) })
    return true
  }
  if (isKnown && wasClean) {
    const waits = waitForAnswer(member, [receipt])
    if (waits && !hasPlace(step, live, { session, member }, update.length)) return false
    acknowledge(step, { session, member }, [receipt])
    return true
  }
  // R15: nothing changes, and the client hears it in its own words
  if (!isKnown && member.access !== 'write') {
    member.hasBeenDenied = true
    const tooMuch = isKeptAside(member) ? keepAside(step, document, member, update) : null
    if (tooMuch !== null) {
      dismiss(step, live, session, tooMuch)
      return false
    }
    step.send(session, { kind: 'denied', reason: 'this login may not change the document' })
    return false
  }
  if (!hasPlace(step, live, { session, member }, update.length)) return false
  const clients = document.frontier.clientsWith(contents)
  if (clients > limits.clientsPerDocument) {
    const reason = `the document would have ${clients} clients, limit ${limits.clientsPerDocument}; this was not stored`
    dismiss(step, live, session, reason)
    return false
  }
  // R5: known is not yet saved; it is acknowledged when all that was accepted before it is
  if (isKnown) {
    document.saving = add(document.saving, { session, receipt, update: null })
    return true
  }
  const authors = document.authorship.stamp(contents.structs, document.frontier, member.user)
  const stamped = authors.length > 0 ? { authors } : {}
  document.saving = add(document.saving, { session, receipt, update, ...stamped })
  document.frontier.accept(contents)
  if (wasClean) append(step, document)
  if (step.room.durability === 'ack' && live.members.size > 1)
    step.do({ kind: 'relay', update, except: session })
  if (document.frontier.lacksDependenciesOf(contents)) {
    step.observe({ kind: 'missing-dependencies', document: step.room.name, session })
    if (member.question.kind === 'none')
      ask(step, live, { session, member, question: { kind: 'healing' } })
  }
  return true
}

/** R4: false, and the session is sent away, where what waits for the disk is at its bound. */
const hasPlace = (
  step: Step,
  live: Live,
  { session, member }: { readonly session: SessionId; readonly member: Member },
  bytes: number,
): boolean => {
  const waiting = unsavedBytes(live.document.saving) + member.behind.bytes
  const limit = step.room.limits.unsavedBytes
  if (waiting + waitingCost(bytes) <= limit) return true
  const reason = `${waiting} bytes wait for the disk, limit ${limit}; this was not stored`
  dismiss(step, live, session, reason)
  return false
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
