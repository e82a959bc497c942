/* Documents as they are before anything is measured. */
import type { Running } from '../servers/server.ts'
import type { Base } from './corpus.ts'
import { Member } from './member.ts'

/** Updates after which the writer waits until the server has come as far. */
const WINDOW = 500

/** A document and how it was written. */
export interface Written extends Base {
  readonly updates: readonly Uint8Array[]
}

/** Writes a document through one client; resolves when the server has taken all of it. */
export const seedDocument = async (
  server: Running,
  document: string,
  { stateVector, updates }: Written,
): Promise<void> => {
  const member = new Member(server, document)
  await member.joined
  for (const [i, update] of updates.entries()) {
    member.write(member.frame(update))
    if (i % WINDOW === WINDOW - 1) await member.ask(stateVector)
  }
  // the answer comes after everything before the question was taken
  await member.ask(stateVector)
  member.close()
}
