/* Where documents are exported from: a data directory, or a running server. */
import type { documentLine } from '../../http/api/bulk-lines.ts'

/** A document as a line of an export has it, or one that could not be read. */
export type Exported =
  | { readonly kind: 'document'; readonly line: ReturnType<typeof documentLine> }
  | { readonly kind: 'failed'; readonly name: string; readonly detail: string }

/** An opened place. */
export interface Origin {
  /** One after the other, by name. Throws where no more of them can be read: what was given until then is no export. */
  documents(): AsyncIterable<Exported>
  close(): Promise<void>
}
