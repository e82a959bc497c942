import type { StateVector, Update } from '@quire/shared'
import type { AuthorRange } from '../ports/storage.ts'
import type {
  Anatomy,
  Answer,
  AuthoredText,
  Change,
  ContentSource,
  FieldDiff,
  Folded,
  Json,
  NearSource,
  Question,
} from '../ports/content.ts'
import type { SchemaChoice } from './content-module.ts'

/** What the worker thread is asked. Buffers are copied both ways: nobody's bytes go away under them. */
export type Job =
  | {
      readonly kind: 'fold'
      readonly source: ContentSource
      readonly collectGarbage: boolean
      readonly transactions: 'one' | 'each'
      /** One Int32: where in the tail the fold is, told on the way for whoever finds it dead. */
      readonly progress: SharedArrayBuffer
    }
  | { readonly kind: 'answer'; readonly source: ContentSource; readonly stateVector: StateVector }
  | { readonly kind: 'merge'; readonly source: ContentSource }
  | {
      readonly kind: 'anatomy'
      readonly source: ContentSource
      readonly stamps: readonly AuthorRange[]
    }
  | { readonly kind: 'near'; readonly source: NearSource; readonly stateVector: StateVector }
  | FormatJob

/** Work on a whole document's content. Its arguments are as whoever asked has given them. */
export type FormatJob = { readonly schema: SchemaChoice } & (
  | { readonly kind: 'read-as'; readonly update: Update; readonly question: Question }
  | { readonly kind: 'change'; readonly update: Update; readonly changes: readonly Change[] }
  | { readonly kind: 'restore'; readonly update: Update; readonly version: Update }
  | { readonly kind: 'diff'; readonly from: Update; readonly to: Update }
  | { readonly kind: 'blame'; readonly update: Update; readonly field: string | null }
)

/** What became of it, by the job's kind. */
export type FormatDone =
  | { readonly kind: 'read-as'; readonly value: Json }
  | { readonly kind: 'change' | 'restore'; readonly value: Update | null }
  | { readonly kind: 'diff'; readonly value: readonly FieldDiff[] }
  | { readonly kind: 'blame'; readonly value: readonly AuthoredText[] }
  | { readonly kind: 'refused'; readonly message: string }

/** What it answers. */
export type JobDone =
  | { readonly kind: 'fold'; readonly value: Folded }
  | { readonly kind: 'answer'; readonly value: Answer }
  | { readonly kind: 'anatomy'; readonly value: Anatomy }
  | { readonly kind: 'broken'; readonly message: string }
  | FormatDone
