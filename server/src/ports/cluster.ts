import type { DocName, Seq, Update } from '@quire/shared'
import type { Undo } from './undo.ts'

/** Tells other nodes what has just been committed to the shared log. Only a hint: it may be lost. */
export interface Hint {
  readonly first: Seq
  readonly last: Seq
  /** The updates `first` to `last`, in order. */
  readonly updates: readonly Update[]
  /** Who wrote them (ports/storage.ts). */
  readonly writer: number
}

/** Carries hints between the nodes that serve one log. Methods never throw. */
export interface Cluster {
  /** Calls `listener` for each hint that *another* node publishes about the document, until undone. */
  subscribe(document: DocName, listener: (hint: Hint) => void): Undo
  /** Publishes a hint; call it only after the commit (R11). */
  publish(document: DocName, hint: Hint): void
  /** Gives connections back. Safe to call twice. */
  close(): Promise<void>
}
