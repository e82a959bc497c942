import type { DeleteSet, Result, StateVector, Update, UpdateIndex } from '@quire/shared'

/** What is to be folded or compared: a snapshot and the updates after it, in order. */
export interface ContentSource {
  readonly snapshot: Update | null
  readonly tail: readonly Update[]
}

/** What is to be compared with a client of which is known what it lacks of the snapshot. */
export interface NearSource {
  /** The structs of the snapshot that it lacks, null where it has all of them. */
  readonly structs: Update | null
  /** The snapshot's deletes, null where there is no snapshot. */
  readonly deleteSet: DeleteSet | null
  readonly tail: readonly Update[]
}

/** An update of the tail that cannot be part of the document. */
export interface LeftOut {
  /** Where it stands in the tail, from 0. */
  readonly index: number
  /** What it broke, for people. */
  readonly problem: string
}

/** A document folded into one update. */
export interface Folded {
  /** How many updates this covers, from the front of the tail: all of it unless time ran out. */
  readonly updates: number
  /** Those of them that are not inside `bytes`, in order: with them nothing could be folded. */
  readonly leftOut: readonly LeftOut[]
  readonly bytes: Update
  readonly stateVector: StateVector
  readonly deleteSet: DeleteSet
  readonly index: UpdateIndex
  /**
   * The structs inside `bytes` that wait for structs nobody has sent yet, null if there are none. A
   * state vector cannot tell of them: it ends at the first gap.
   */
  readonly waiting: Update | null
}

/** An answer to a state vector: `first` to be applied in order, then `last`; none much over 1 MiB. */
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
  /** What a client with this state vector lacks, if `structs` is all that it lacks of the snapshot. */
  near(source: NearSource, stateVector: StateVector): Promise<Result<Answer, ContentProblem>>
  /** All of these as one update; nothing of them is integrated, and so nothing left out. */
  merge(updates: readonly Update[]): Promise<Result<Update, ContentProblem>>
  /**
   * Integrates the tail and encodes all as one update. Updates that break it are left out and named;
   * a problem means that the snapshot itself is broken, or that not even the first update was done.
   */
  fold(source: ContentSource): Promise<Result<Folded, ContentProblem>>
  /** Gets ready what the first answer would wait for. */
  warmUp(): void
  /** Stops the threads; work under way ends with `closed`. Safe to call twice. */
  close(): Promise<void>
}
