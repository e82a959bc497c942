import type {
  DeleteSet,
  Result,
  StateVector,
  Update,
  UpdateAnatomy,
  UpdateIndex,
} from '@quire/shared'
import type { AuthorRange } from './storage.ts'

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

/**
 * Why content could not be computed; the stored updates are untouched. `refused`: what was asked for, or
 * handed in, is not possible, and `message` names what, where and the limit. `broken`: the content itself.
 */
export interface ContentProblem {
  readonly kind: 'broken' | 'refused' | 'closed'
  readonly message: string
}

/** Forms that content is read and handed in as. */
export type Format = 'json' | 'text' | 'markdown' | 'html'

/**
 * What may stand in JSON.
 *
 * @example
 * ```ts
 * import type { DocumentHandle, Json } from '@quire/server'
 *
 * // of a server with `content: { schema: 'plain' }`
 * export const configure = async (settings: DocumentHandle): Promise<void> => {
 *   const value: Json = { title: 'Notes', tags: ['team', 'weekly'] }
 *   await settings.write({ as: 'json', field: 'settings', value })
 * }
 * ```
 */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/**
 * Content in a format. JSON of rich text is ProseMirror's: a document, one node, or a list of nodes;
 * JSON of other fields is what `readAs` gives of them.
 */
export type FormattedContent =
  | { readonly format: 'json'; readonly value: unknown }
  | { readonly format: 'text' | 'markdown' | 'html'; readonly value: string }

/** Which content, and how. */
export interface Question {
  readonly format: Format
  /**
   * The name of a root type. Null: the field that the schema's editor writes to; without a schema, all
   * of them, as JSON by name.
   */
  readonly field: string | null
}

/** What a field is to become. */
export type Change = { readonly field: string | null } & (
  | { readonly kind: 'replace'; readonly content: FormattedContent }
  /** Blocks, characters, items or keys, at the end. */
  | { readonly kind: 'append'; readonly content: FormattedContent }
  /**
   * UTF-16 units of a text field, or of one block of rich text; `content` has the format text. In a block places are
   * those of ProseMirror, where an inline leaf takes one, and what is new has the marks of the character before it,
   * at the start of the block of the one behind.
   */
  | {
      readonly kind: 'range'
      readonly from: number
      readonly to: number
      /** The index path of the block, as of a node; absent of a text field. */
      readonly path?: readonly number[]
      readonly content: FormattedContent
    }
  /** A node of rich text by its index path: [2, 0] is the first child of the third block. */
  | {
      readonly kind: 'node'
      readonly path: readonly number[]
      readonly place: 'replace' | 'before' | 'after'
      readonly content: FormattedContent
    }
  | { readonly kind: 'node'; readonly path: readonly number[]; readonly place: 'delete' }
)

/** Visible text that one client wrote in one go: unit `i` of it has the clock `clock + i`. */
export interface AuthoredText {
  readonly text: string
  readonly client: number
  readonly clock: number
  /** The index path of the text block in rich text, empty in a text. */
  readonly path: readonly number[]
}

/** A block of rich text, a line of a text, or an entry of a map or array. */
export interface DiffBlock {
  /** The node's name, or `line`, `entry`. */
  readonly type: string
  readonly attributes: Readonly<Record<string, Json>>
  readonly text: string
  /** The nodes that it stands in, from the outside: a list and an item of it. Absent at the top. */
  readonly within?: readonly Omit<DiffBlock, 'text' | 'within'>[]
}

/** Text within a changed block. */
export interface DiffText {
  readonly op: 'same' | 'removed' | 'added'
  readonly text: string
}

/** What became of one block. */
export type DiffEntry =
  | ({ readonly op: 'same' | 'removed' | 'added' } & DiffBlock)
  | {
      readonly op: 'changed'
      readonly before: DiffBlock
      readonly after: DiffBlock
      readonly parts: readonly DiffText[]
    }

/** What became of one root type, in order. */
export interface FieldDiff {
  readonly field: string
  readonly kind: 'rich-text' | 'text' | 'map' | 'array'
  readonly entries: readonly DiffEntry[]
}

/**
 * Work on the content of whole documents, each given as one update. It runs in a thread of its own and
 * ends within a minute. An edit has a fresh random client id and is the smallest there is: what stays
 * keeps its Yjs items, and with them the carets in it. It is null where nothing is to be done.
 */
export interface Formats {
  /** A field in a format: a text, or what may stand in JSON. */
  readAs(
    update: Update,
    question: Question,
  ): Promise<Result<{ readonly value: Json }, ContentProblem>>
  /** The one edit that makes these changes, each of what those before it have left; all of them or none. */
  change(
    update: Update,
    changes: readonly Change[],
  ): Promise<Result<{ readonly update: Update | null }, ContentProblem>>
  /** The edit that makes all content what it is in another version of the document. */
  restore(
    update: Update,
    version: Update,
  ): Promise<Result<{ readonly update: Update | null }, ContentProblem>>
  /** What changed from one version to another: fields that are the same are not told of. */
  diff(from: Update, to: Update): Promise<Result<readonly FieldDiff[], ContentProblem>>
  /** Who wrote the visible text of a field, in its order; by Yjs' ids, of which storage knows the users. */
  blame(
    update: Update,
    field: string | null,
  ): Promise<Result<readonly AuthoredText[], ContentProblem>>
}

/** Of what a document is made: as `anatomyOf` tells it, with the largest 50 of each list. */
export interface Anatomy extends UpdateAnatomy {
  /** How many there are of each. */
  readonly counts: {
    readonly roots: number
    readonly clients: number
    readonly authors: number
  }
}

/** Work on document content. Whatever is not small runs outside of the event loop. Never throws. */
export interface Content extends Formats {
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
  /** Of what a document is made, byte by byte; `stamps` say whose the structs are. */
  anatomy(
    source: ContentSource,
    stamps: readonly AuthorRange[],
  ): Promise<Result<Anatomy, ContentProblem>>
  /** Gets ready what the first answer would wait for. */
  warmUp(): void
  /** Stops the threads; work under way ends with `closed`. Safe to call twice. */
  close(): Promise<void>
}
