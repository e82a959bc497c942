import { limits } from './limits.ts'
import { err, ok, type Result } from './result.ts'

declare const id: unique symbol
type Id<T, Name extends string> = T & { readonly [id]: Name }

/** A document's name: 1 to 1,024 bytes of well-formed UTF-8 without U+0000. Made by `parseDocName`. */
export type DocName = Id<string, 'doc-name'>

/** A session: one client attached to one document over one socket. Unique in a process, increasing. */
export type SessionId = Id<number, 'session'>

/** A Yjs client id: an unsigned integer up to 2^53 - 1. */
export type ClientId = Id<number, 'client'>

/** A document's row in storage. */
export type DocId = Id<number, 'doc'>

/** The number of an update in its document's log: 1, 2, 3, … without gaps; 0 is "nothing yet". */
export type Seq = Id<number, 'seq'>

/** Milliseconds since the Unix epoch. */
export type Millis = Id<number, 'millis'>

/** Why a raw name is not a document name. */
export type NameProblem = {
  readonly kind: 'empty' | 'too-long' | 'not-well-formed' | 'nul'
  readonly message: string
}

/**
 * Parses a document name, already percent-decoded.
 * Any Unicode is a name, `__proto__`, slashes and emoji included; U+0000 is not, because the
 * Hocuspocus protocol separates the session id from the name with it.
 */
export const parseDocName = (raw: string): Result<DocName, NameProblem> => {
  if (raw === '') return err({ kind: 'empty', message: 'document name is empty' })
  if (raw.includes('\0')) return err({ kind: 'nul', message: 'document name holds U+0000' })
  if (!raw.isWellFormed())
    return err({ kind: 'not-well-formed', message: 'document name holds a lone surrogate' })
  const size = utf8Length(raw)
  if (size > limits.nameBytes)
    return err({
      kind: 'too-long',
      message: `document name is ${size} bytes of UTF-8, limit ${limits.nameBytes}`,
    })
  return ok(raw as DocName) // the checks above are what the brand promises
}

/** The length in bytes of a well-formed string as UTF-8, without encoding it. */
export const utf8Length = (text: string): number => {
  let size = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) size += 1
    else if (unit < 0x800) size += 2
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      size += 4 // a surrogate pair is one code point of four bytes
      i++
    } else size += 3
  }
  return size
}

/** The `SessionId` brand for a counter's value; the runtime is its only source. */
export const sessionId = (value: number): SessionId => value as SessionId
/** The `ClientId` brand for an integer that a codec has range-checked. */
export const clientId = (value: number): ClientId => value as ClientId
/** The `DocId` brand for a row id; storage is its only source. */
export const docId = (value: number): DocId => value as DocId
/** The `Seq` brand for a log position; storage is its only source. */
export const seq = (value: number): Seq => value as Seq
/** The `Millis` brand for a clock reading. */
export const millis = (value: number): Millis => value as Millis
