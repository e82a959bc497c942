/*
 * Which of its messages a client waits for that counts them, as Hocuspocus' provider does:
 *
 *   counter = 1        when it asks (SyncStep1), whatever it was before
 *   counter + 1        for each update that it sends from then on
 *   counter - 1        for each that is acknowledged; 0 is shown as "saved"
 *
 * The answer to our question stands for the 1. So these are not counted, and acknowledging them would have
 * it say "saved" too early: what it says before it has asked, while it looks for its login; what it had changed
 * before, which it sends again when it is let in, and which its own state vector covers; what was still under
 * way when it asked anew; and its answer to a question that we asked for ourselves. Deletes alone are in no
 * state vector: between its first question and its answer they are taken for such changes. If they are not, it
 * shows "unsaved" until its next question, and never the other way.
 *
 * What it sends again may be a question as well, asked while it had no connection: an older state vector than
 * that of the question which opened the session. It does not begin anew with that one.
 *
 * One thing cannot be told on the wire: a client that asks anew (`forceSync`) while acknowledgements are on
 * their way to it takes them for those of what it says next. It may say "saved" until its answer is.
 */
import {
  decodeStateVector,
  type ClientId,
  type StateVector,
  type UpdateContents,
} from '@quire/shared'
import type { Question } from './phase.ts'

/**
 * What a session is asked, or is still asked, in return for its own question; null where it does not begin
 * anew with it. From its first answer on it has nothing from before to send again.
 */
export const nextQuestion = (question: Question, stateVector: StateVector): Question | null => {
  switch (question.kind) {
    case 'unasked':
      return { kind: 'opening', asked: stateVector }
    case 'none':
    case 'healing':
      return { kind: 'opening', asked: null }
    case 'opening':
      if (question.asked === null) return question
      return isWithin(clocksOf(stateVector), question.asked)
        ? null
        : { kind: 'opening', asked: stateVector }
  }
}

/** True if the client has counted this update. */
export const countsUpdate = (question: Question, { structs }: UpdateContents): boolean => {
  if (question.kind === 'unasked') return false
  if (question.kind !== 'opening' || question.asked === null) return true
  const ends = [...structs.ranges()].map(({ client, end }) => [client, end] as const)
  return !isWithin(ends, question.asked)
}

/** True if the client has counted its answer to this question. */
export const countsAnswer = ({ kind }: Question): boolean =>
  kind !== 'unasked' && kind !== 'healing'

/** True if whoever has this state vector has all structs below these clocks. */
const isWithin = (
  clocks: Iterable<readonly [ClientId, number]>,
  stateVector: StateVector,
): boolean => {
  const held = clocksOf(stateVector)
  for (const [client, clock] of clocks) if (clock > (held.get(client) ?? 0)) return false
  return true
}

const clocksOf = (stateVector: StateVector): ReadonlyMap<ClientId, number> => {
  const clocks = decodeStateVector(stateVector)
  if (!clocks.ok) throw new Error(`a state vector that was read: ${clocks.error.message}`)
  return clocks.value
}
