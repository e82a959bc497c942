/*
 * Whoever else has the same document open on this device: other tabs, or other owners in one process. A port
 * below OfflineStore.
 *
 * Each opener has a name that no other ever has, and is known to be alive until it leaves or dies, however
 * that happens. One of those who are alive is *elected*: it keeps what comes from the server for all of them,
 * and folds the log. Messages may be lost only with the one who sends them.
 */
import type { Result, Update } from '@quire/shared'
import type { LogSize } from './records.ts'
import type { Position, StoreProblem } from './store.ts'

/** What openers of a document tell one another, with the epoch that it is of, if the one who says so knows it. */
export type SiblingMessage = SiblingNews & { readonly epoch: number | null }

/** What it is about. */
export type SiblingNews =
  /** Kept by the one who says so; what is kept reaches up to the position, and the log is so large now. */
  | {
      readonly kind: 'kept'
      readonly life: string
      readonly updates: readonly Update[]
      readonly position: Position | null
      readonly size: LogSize
    }
  /** Changes that the one who says so has made, and cannot keep; perhaps told before. */
  | { readonly kind: 'unkept'; readonly updates: readonly Update[] }
  /** This life of the document has ended. */
  | { readonly kind: 'cleared'; readonly life: string }

/** What an opener hears of the others. */
export type SiblingEvent =
  | { readonly kind: 'heard'; readonly message: SiblingMessage }
  /** Somebody has come, who heard nothing of what was told before. */
  | { readonly kind: 'joined' }
  /** This one is gone for good. */
  | { readonly kind: 'left'; readonly opener: string }
  /** It is this one now that is elected, for the rest of its life. */
  | { readonly kind: 'elected' }

/** One opener's link to the others. */
export interface Siblings {
  /** Names this opener. */
  readonly self: string
  /** Reaches everybody who has joined. */
  tell(message: SiblingMessage): void
  /** Those of `openers` who are gone for good. One who is not among them is told of by `left` later. */
  gone(openers: readonly string[]): Promise<Result<readonly string[], StoreProblem>>
  /** Ends this opener. Nothing is heard any more. Safe to call twice. */
  leave(): void
}

/** Joins the openers of a document. Whoever is alive by then, and leaves later, is told of. */
export type JoinSiblings = (
  document: string,
  onEvent: (event: SiblingEvent) => void,
) => Promise<Result<Siblings, StoreProblem>>
