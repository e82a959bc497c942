/*
 * Which of its messages a client waits for that counts them, as Hocuspocus' provider does:
 *
 *   counter = 1        when it asks (SyncStep1), whatever it was before
 *   counter + 1        for each update that it sends from then on
 *   counter - 1        for each that is acknowledged; 0 is shown as "saved"
 *
 * The answer to our question stands for the 1. So these are not counted, and acknowledging them would have
 * it say "saved" too early: what it had changed before it asked, which it sends again when it is let in, and
 * which its own state vector covers; what was still under way when it asked anew; and its answer to a
 * question that we asked for ourselves. Deletes alone are in no state vector: before its answer they are taken
 * for such changes. If they are not, it shows "unsaved" until its next question, and never the other way.
 */
import { decodeStateVector, type StateVector, type UpdateContents } from '@quire/shared'

/** True if the client had all structs of an update when it asked with this state vector. */
export const isCovered = ({ structs }: UpdateContents, asked: StateVector): boolean => {
  if (structs.isEmpty) return true
  const clocks = decodeStateVector(asked)
  if (!clocks.ok) throw new Error(`a state vector that was read: ${clocks.error.message}`)
  for (const { client, end } of structs.ranges())
    if (end > (clocks.value.get(client) ?? 0)) return false
  return true
}
