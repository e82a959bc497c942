/* What both directions of quire.v1 are made of. PROTOCOL.md §1.10 has the bytes. */
import * as encoding from 'lib0/encoding'
import type { ByteReader } from './byte-reader.ts'

/** The WebSocket subprotocol (RFC 6455 §1.9); its revision is told in the greeting. */
export const QUIRE_SUBPROTOCOL = 'quire.v1'

/** The newest revision that this code speaks. A peer's lower one is what both keep to. */
export const QUIRE_REVISION = 1

/** The channel of the connection itself; documents have those from 1 on. */
export const CONNECTION = 0

/** What a session may do, by its number on the wire. */
export const accesses = ['read', 'comment', 'write'] as const

/** What a session may do with a document. */
export type QuireAccess = (typeof accesses)[number]

/** How a channel, or the whole connection, was ended. */
export interface Ending {
  /** A row of the close code table. */
  readonly code: number
  readonly advice: 'stop' | 'retry'
  /** Milliseconds before which the server does not want to see the client again; 0 where it says nothing. */
  readonly waitMs: number
  readonly reason: string
}

/** Writes a value that may be missing: 0, or 1 and the value. */
export const writeOptional = <T>(
  out: encoding.Encoder,
  value: T | null,
  write: (out: encoding.Encoder, value: T) => void,
): void => {
  encoding.writeVarUint(out, value === null ? 0 : 1)
  if (value !== null) write(out, value)
}

/** Reads a value that may be missing. */
export const readOptional = <T>(reader: ByteReader, what: string, read: () => T): T | null => {
  const flag = reader.varUint(`flag of ${what}`)
  if (flag > 1) reader.fail('range', `flag of ${what} is ${flag}, limit 1`)
  return flag === 1 && reader.problem === null ? read() : null
}

/** Reads the number of a value in a list. */
export const readOneOf = <T>(
  reader: ByteReader,
  what: string,
  values: readonly [T, ...(readonly T[])],
): T => {
  const index = reader.varUint(what)
  const value = values[index]
  if (value === undefined) reader.fail('range', `${what} is ${index}, limit ${values.length - 1}`)
  return value ?? values[0]
}

/** Writes an ending. */
export const writeEnding = (out: encoding.Encoder, ending: Ending): void => {
  encoding.writeVarUint(out, ending.code)
  encoding.writeVarUint(out, advices.indexOf(ending.advice))
  encoding.writeVarUint(out, ending.waitMs)
  encoding.writeVarString(out, ending.reason)
}

/** Reads an ending. */
export const readEnding = (reader: ByteReader): Ending => ({
  code: reader.varUint('close code'),
  advice: readOneOf(reader, 'advice', advices),
  waitMs: reader.varUint('pause'),
  reason: reader.string('reason'),
})

const advices = ['stop', 'retry'] as const
