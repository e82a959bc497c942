import type { DeleteSet, Result, StateVector, Update } from '@quire/shared'

/** What is to be folded or compared: a snapshot and the updates after it, in order. */
export interface ContentSource {
  readonly snapshot: Update | null
  readonly tail: readonly Update[]
}

/** A document folded into one update. */
export interface Folded {
  readonly bytes: Update
  readonly stateVector: StateVector
  readonly deleteSet: DeleteSet
  /**
   * The structs inside `bytes` that wait for structs nobody has sent yet, null if there are none. A
   * state vector cannot tell of them: it ends at the first gap.
   */
  readonly waiting: Update | null
}

/** An answer to a state vector: `first` to be applied in order, then `last`. */
export interface Answer {
  readonly first: readonly Update[]
  readonly last: Update
}

/** Why content could not be computed; the stored updates are untouched. */
export interface ContentProblem {
  readonly kind: 'broken' | 'closed'
  readonly message: string
}

/** Work on document content. Whatever is not small runs outside of the event loop. Never throws. */
export interface Content {
  /** What a client with this state vector lacks. */
  answer(source: ContentSource, stateVector: StateVector): Promise<Result<Answer, ContentProblem>>
  /** Integrates everything and encodes it as one update. */
  fold(source: ContentSource): Promise<Result<Folded, ContentProblem>>
  /** Stops the threads; work under way ends with `closed`. Safe to call twice. */
  close(): Promise<void>
}
