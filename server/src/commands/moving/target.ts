/* Where documents are moved to: a data directory, or a running server. */
import type { DocName, Millis, Update, UpdateContents } from '@quire/shared'
import type { AuthorRange } from '../../ports/storage.ts'

/** A document that is to be made. */
export interface NewDocument {
  readonly name: DocName
  readonly contents: UpdateContents
  readonly authors: readonly AuthorRange[]
  /** Null: now. */
  readonly createdAt: Millis | null
  /**
   * For content that is made anew by each attempt, and so cannot be told to be there already by what it holds: the same
   * for each attempt. Null: the content says it.
   */
  readonly key: string | null
}

/** What came of making a document. `repeated`: an earlier attempt with this key has made it. */
export type Made =
  | { readonly kind: 'created' | 'repeated' | 'exists' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Where documents go. Methods throw where nothing more can go there, with a message for people. */
export interface Target {
  /** The whole document, null where there is none. */
  read(name: DocName): Promise<Update | null>
  create(document: NewDocument): Promise<Made>
  /** Adds what a document that is there lacks, as nobody's; the reason where that is refused. */
  merge(document: NewDocument): Promise<string | null>
  close(): Promise<void>
}
