/*
 * How what was accepted gets to disk, and what follows from its commit, whether or not anybody is
 * attached: members is empty in `closing`.
 */
import { seq, type Seq, type SessionId } from '@quire/shared'
import type { OpenedDocument } from '../ports/storage.ts'
import { acknowledge } from './acknowledging.ts'
import { tellPositions } from './answering.ts'
import { nothingAside } from './aside.ts'
import { Authorship } from './authorship.ts'
import { grow, totalBytes } from './folding.ts'
import { catchUp } from './following.ts'
import { Frontier } from './frontier.ts'
import type { InputOf } from './input.ts'
import type { Position, Receipt } from './message.ts'
import type { Member, OpenDocument } from './phase.ts'
import {
  authorsOf,
  usersOf,
  CLEAN,
  committed,
  failed,
  retry,
  unsavedUpdates,
  updatesOf,
  type Batch,
} from './saving.ts'
import type { Step } from './step.ts'

type Members = ReadonlyMap<SessionId, Member>

/** The open form of a document as storage gave it. */
export const openDocument = (step: Step, stored: OpenedDocument): OpenDocument => {
  const { frontier, problems } = Frontier.of(stored)
  for (const problem of problems)
    step.observe({ kind: 'corrupt-update', document: step.room.name, problem })
  return {
    id: stored.id,
    epoch: stored.epoch,
    frontier,
    authorship: new Authorship(),
    aside: nothingAside(),
    head: stored.head,
    headWriter: stored.origins.at(-1)?.writer ?? 0,
    saving: CLEAN,
    tail: { updates: stored.tail.length, bytes: totalBytes(stored.tail), grownAt: step.now },
    snapshotBytes: stored.snapshotBytes,
    compaction: { kind: 'idle', notBelow: 0 },
    following: { kind: 'level' },
  }
}

/** The number that the newest accepted update has, or will have if nothing is written between. */
export const positionOf = ({ epoch, head, saving }: OpenDocument): Position => ({
  epoch,
  seq: seq(head + unsavedUpdates(saving).length),
})

/** True if everything that was accepted is in the log up to this number. */
export const isAt = (
  { epoch, head, saving, following }: OpenDocument,
  expected: Position,
): boolean =>
  expected.epoch === epoch &&
  expected.seq === head &&
  unsavedUpdates(saving).length === 0 &&
  following.kind === 'level' // else the log holds more than this room has seen

/** Puts what is in flight on its way. */
export const append = (step: Step, document: OpenDocument): void => {
  if (document.saving.kind !== 'appending') return
  const { inFlight } = document.saving
  const [updates, authors] = [updatesOf(inFlight), authorsOf(inFlight)]
  const users = usersOf(inFlight)
  step.do({ kind: 'append', doc: document.id, updates, authors, users })
}

/** R5, R11: a commit came back. Acknowledge what it covers, publish it, and start the next. */
export const appended = (
  step: Step,
  document: OpenDocument,
  members: Members,
  input: InputOf<'appended'>,
): void => {
  const { saving } = document
  if (saving.kind !== 'appending') throw new Error(`appended while ${saving.kind}`)
  const { first, last, writer } = input.appended
  const batch = saving.inFlight
  const updates = updatesOf(batch)
  if (saving.attempts > 0) {
    step.observe({
      kind: 'append-recovered',
      document: step.room.name,
      attempts: saving.attempts,
    })
    step.broadcast({ kind: 'disk', works: true })
  }
  // another node wrote in between, and its hint has not come
  if (first > document.head + 1) catchUp(step, document, seq(first - 1))
  // a read of the log may have seen this commit before its outcome came
  if (last > document.head) {
    document.head = last
    document.headWriter = writer
    grow(step, document, updates)
  }
  if (step.room.durability === 'relay') relayBatch(step, members, batch)
  acknowledgeBatch(step, members, { batch, epoch: document.epoch, after: seq(first - 1) })
  step.do({ kind: 'publish', hint: { first, last, updates, writer } })
  document.saving = committed(saving)
  startNext(step, document, members)
  tellPositions(step, document, members)
}

/** R4: a commit failed. Keep everything, and try again without waiting for another edit. */
export const appendFailed = (step: Step, document: OpenDocument, problem: string): void => {
  const { saving } = document
  if (saving.kind !== 'appending') throw new Error(`appendFailed while ${saving.kind}`)
  document.saving = failed(saving, step.now)
  step.observe({ kind: 'append-failed', document: step.room.name, problem })
  if (saving.attempts === 0) step.broadcast({ kind: 'disk', works: false })
}

/** Retries a failed append whose pause is over, or at once. */
export const retryAppend = (step: Step, document: OpenDocument, when: 'due' | 'now'): void => {
  const { saving } = document
  if (saving.kind !== 'retrying' || (when === 'due' && step.now < saving.retryAt)) return
  document.saving = retry(saving)
  append(step, document)
}

/** What waited needs no write if all of it is known already: acknowledge it in its turn. */
const startNext = (step: Step, document: OpenDocument, members: Members): void => {
  const { saving } = document
  if (saving.kind !== 'appending') return
  if (saving.inFlight.items.some((item) => item.update !== null)) return append(step, document)
  const { epoch, head: after } = document
  acknowledgeBatch(step, members, { batch: saving.inFlight, epoch, after })
  document.saving = committed(saving)
}

/** What is on disk now, behind the update `after` of the log. */
interface Committed {
  readonly batch: Batch
  readonly epoch: number
  readonly after: Seq
}

const acknowledgeBatch = (
  step: Step,
  members: Members,
  { batch, epoch, after }: Committed,
): void => {
  const told = new Map<SessionId, Told>()
  let at: number = after
  for (const item of batch.items) {
    if (item.update !== null) at++
    if (item.receipt.kind === 'write') {
      const position = { epoch, seq: seq(at) }
      if (members.has(item.session)) step.send(item.session, { kind: 'written', position })
      continue
    }
    const own = told.get(item.session)
    if (own === undefined)
      told.set(item.session, { receipts: [item.receipt], acceptedAt: item.acceptedAt })
    else {
      own.receipts.push(item.receipt)
      own.acceptedAt ??= item.acceptedAt
    }
  }
  for (const [session, { receipts, acceptedAt }] of told) {
    const member = members.get(session)
    if (member !== undefined) acknowledge(step, { session, member }, receipts, acceptedAt)
  }
}

/** What one session is told. */
interface Told {
  readonly receipts: Receipt[]
  /** Of the oldest of them, where that is measured. */
  acceptedAt: number | undefined
}

const relayBatch = (step: Step, members: Members, batch: Batch): void => {
  if (members.size === 0) return
  for (const { session, update, acceptedAt } of batch.items)
    if (update !== null) step.do({ kind: 'relay', update, except: session, acceptedAt })
}
