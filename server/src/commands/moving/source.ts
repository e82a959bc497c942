/* What documents are moved in from: the form that every reader gives them. */
import type { Millis } from '@quire/shared'
import type { Format } from '../../ports/content.ts'
import type { AuthorRange } from '../../ports/storage.ts'

/** What a document holds, as its source has it: nothing of it is checked yet. */
export type SourceContent =
  | {
      readonly kind: 'updates'
      /** Yjs updates, in any order. */
      readonly updates: readonly Uint8Array[]
      readonly authors?: readonly AuthorRange[]
    }
  | { readonly kind: 'seed'; readonly format: Format; readonly text: string }

/** A document that a source has. */
export interface SourceDocument {
  readonly kind: 'document'
  /** As it stands there: it may be no name of Quire's. */
  readonly name: string
  /** Where it stands, for people: a file, a row, a line. */
  readonly at: string
  /** Null: when it is imported. */
  readonly createdAt?: Millis
  /** What has to be read for it, as far as that is known before. */
  readonly bytes: number | null
  /** Reads it; throws an error whose message says why it cannot. Not more than `limit` bytes are held. */
  read(limit: number): Promise<SourceContent>
}

/** What stands where a document should, and is none. */
export interface Broken {
  readonly kind: 'broken'
  readonly name: string | null
  readonly at: string
  readonly reason: string
}

/** How a source is read. */
export interface Reading {
  /** The largest document that is read. */
  readonly documentBytes: number
  readonly signal: AbortSignal
}

/** An opened source. */
export interface Source {
  /** How many documents there are, null where only the end tells. */
  readonly total: number | null
  /** One after the other; each is read before the next is asked for. Throws where the source itself cannot be read on. */
  documents(): AsyncIterable<SourceDocument | Broken>
  close(): Promise<void>
}

/** Why something of a source is left out: the message is for people. */
export class LeftOut extends Error {
  override readonly name = 'LeftOut'
}

/** The reason of a document that is larger than may be held. */
export const tooLarge = (bytes: number, limit: number): LeftOut =>
  new LeftOut(`it is ${bytes} bytes, limit ${limit} (--max-document-bytes)`)

/** What was thrown, for people. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)
