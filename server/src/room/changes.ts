/* What sessions change: what is accepted, denied, or too much, and what is told of its fate. */
import { limits, ownBytes, type SessionId } from '@quire/shared'
import { acknowledge, waitForAnswer } from './acknowledging.ts'
import { isKeptAside, keepAside } from './aside.ts'
import { countsAnswer, countsUpdate } from './counting.ts'
import { append, isAt, positionOf } from './document.ts'
import type { InputOf } from './input.ts'
import { ask, dismiss } from './members.ts'
import type { Receipt } from './message.ts'
import { NO_QUESTION, type Member, type PhaseOf } from './phase.ts'
import { add, stampsCost, unsavedBytes, waitingCost } from './saving.ts'
import type { Step } from './step.ts'

type Live = PhaseOf<'live'>
/** A message, and the member that says it. */
export type Said<M> = { readonly session: SessionId; readonly member: Member; readonly message: M }
/** A message of one kind. */
export type Heard<K> = Extract<InputOf<'message'>['message'], { kind: K }>

/** What a session changes. */
export const hearUpdate = (
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
export const hearWrite = (
  step: Step,
  live: Live,
  { session, member, message: { contents, expected, author } }: Said<Heard<'write'>>,
): void => {
  const { document } = live
  if (expected !== null && !isAt(document, expected))
    return step.send(session, { kind: 'changed', position: positionOf(document) })
  const receipt = { kind: 'write', update: ownBytes(contents.update) } as const
  write(step, live, { session, member, message: { contents, receipt, author } })
}

/** An answer brings all that the session has, also what was denied to it before. */
export const hearStep2 = (
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
export const acknowledgeMark = (
  step: Step,
  live: Live,
  session: SessionId,
  member: Member,
): void => {
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
  /** Whose it is, where that is not the session’s user. */
  readonly author?: string | null
}

/** True unless it was denied, or has cost its session the place. */
const write = (
  step: Step,
  live: Live,
  { session, member, message: { contents, receipt, author = member.user } }: Said<Change>,
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
  const stamps = document.authorship.stampsOf(contents.structs, document.frontier, author)
  if (!stamps.ok) {
    dismiss(step, live, session, `${stamps.error}; this was not stored`)
    return false
  }
  const authors = stamps.value
  const cost = update.length + stampsCost(authors)
  if (authors.length > 0 && !hasPlace(step, live, { session, member }, cost)) return false
  document.authorship.note(authors)
  const stamped = authors.length > 0 ? { authors } : {}
  const named = author === null ? {} : { user: author }
  const { at: acceptedAt } = step
  const pending = { session, receipt, update, ...stamped, ...named, acceptedAt }
  document.saving = add(document.saving, pending)
  document.frontier.accept(contents)
  if (acceptedAt !== undefined)
    step.do({ kind: 'accepted', session, bytes: update.length, acceptedAt })
  if (wasClean) append(step, document)
  if (step.room.durability === 'ack' && live.members.size > 1)
    step.do({ kind: 'relay', update, except: session, acceptedAt })
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
