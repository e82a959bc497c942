/*
 * What a session is told of its own messages once they are on disk. A client that counts what it waits for
 * takes itself for synced when it waits for nothing more, whether it was answered or not, and a page may then
 * fill a document that it takes for empty. One that sets marks expects a message every few seconds from the
 * first echo of one on, which a large answer is not. So while an answer is under way, both are told behind it
 * (R17).
 */
import type { SessionId } from '@quire/shared'
import type { Receipt } from './message.ts'
import type { Asking, Member } from './phase.ts'
import { receiptCost, uncount } from './saving.ts'
import type { Step } from './step.ts'

/** A session, and what the room knows of it. */
interface To {
  readonly session: SessionId
  readonly member: Member
}

/** Receipts that wait for an answer to go first, and what they hold, bytes. */
export interface Behind {
  receipts: Receipt[]
  bytes: number
  /** When the oldest of them was accepted, where that is measured. */
  acceptedAt?: number | undefined
}

/** Tells a session that these are on disk, now or behind the answers that are under way. */
export const acknowledge = (
  step: Step,
  { session, member }: To,
  receipts: readonly Receipt[],
  acceptedAt?: number,
): void => {
  if (!waitForAnswer(member, receipts))
    return step.send(session, { kind: 'ack', receipts, acceptedAt })
  const { behind } = member
  behind.acceptedAt ??= acceptedAt
  for (const receipt of receipts) {
    behind.receipts.push(receipt)
    behind.bytes += receiptCost(receipt)
  }
}

/** True if these have to wait for an answer. */
export const waitForAnswer = (
  { asking, answersUnderWay }: Member,
  receipts: readonly Receipt[],
): boolean => answersUnderWay > 0 && mustNotOvertake(asking, receipts)

/** R17: true if these must not be told to a session that is asked like this before an answer that was begun. */
export const mustNotOvertake = (asking: Asking, receipts: readonly Receipt[]): boolean =>
  asking === 'in-return' || receipts.some(({ kind }) => kind === 'mark')

/** An answer is on its way to the session: behind the last one follows what has waited for it. */
export const answerWent = (step: Step, { session, member }: To): void => {
  member.answersUnderWay--
  const { receipts, acceptedAt } = member.behind
  if (member.answersUnderWay > 0 || receipts.length === 0) return
  member.behind = { receipts: [], bytes: 0 }
  step.send(session, { kind: 'ack', receipts, acceptedAt })
}

/** A session that begins anew waits for none of it any more. */
export const uncountBehind = ({ behind }: Member): void => {
  behind.receipts = behind.receipts.map(uncount)
}
