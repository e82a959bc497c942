import { err, ok, type ByteReader, type DecodeProblem, type Result } from '@quire/shared'

/**
 * Reads a message's type. One above 2^53 - 1 is read as `Infinity`: nobody knows it, and whatever is not
 * known is skipped, never a reason to end.
 */
export const readType = (reader: ByteReader): Result<number, DecodeProblem> => {
  const type = reader.varUint('message type')
  if (reader.problem === null) return ok(type)
  return reader.problem.kind === 'range' ? ok(Infinity) : err(reader.problem)
}
