import type { StateVector } from '@quire/shared'
import type { Answer, ContentSource, Folded, NearSource } from '../ports/content.ts'

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
  | { readonly kind: 'near'; readonly source: NearSource; readonly stateVector: StateVector }

/** What it answers. */
export type JobDone =
  | { readonly kind: 'fold'; readonly value: Folded }
  | { readonly kind: 'answer'; readonly value: Answer }
  | { readonly kind: 'broken'; readonly message: string }
