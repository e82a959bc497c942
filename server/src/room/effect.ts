import type { CloseName, DocId, SessionId, StateVector, Update } from '@quire/shared'
import type { Hint } from '../ports/cluster.ts'
import type { QuireEvent } from '../ports/observe.ts'
import type { ServerMessage } from './message.ts'

/** What the runtime is to do, in this order. Those marked * end in exactly one input. */
export type Effect =
  | { readonly kind: 'subscribe' }
  /** * → loaded | loadFailed */
  | { readonly kind: 'load' }
  /** One message to many sessions: encoded once per dialect (R8). */
  | {
      readonly kind: 'send'
      readonly to: readonly SessionId[]
      readonly message: ServerMessage
    }
  | {
      readonly kind: 'close'
      readonly to: readonly SessionId[]
      readonly close: CloseName
      readonly reason: string
    }
  /** * → answered | answerFailed. The stored content and `unsaved`, less what the vector covers. */
  | {
      readonly kind: 'answer'
      readonly doc: DocId
      readonly session: SessionId
      readonly stateVector: StateVector
      readonly unsaved: readonly Update[]
    }
  /** * → appended | appendFailed. At least one update. */
  | { readonly kind: 'append'; readonly doc: DocId; readonly updates: readonly Update[] }
  /** Only ever after the commit (R11). */
  | { readonly kind: 'publish'; readonly hint: Hint }
  /** * → compacted | compactFailed */
  | {
      readonly kind: 'compact'
      readonly doc: DocId
      /** `last`: nobody waits for it, so those of busy documents come before it. */
      readonly turn: 'next' | 'last'
    }
  /** * → caughtUp | catchUpFailed. Something was missed: read what is stored. */
  | { readonly kind: 'catch-up'; readonly doc: DocId }
  /** The room is absent: forget it, unsubscribe, and drop the outcomes that are still to come. */
  | { readonly kind: 'evict' }
  | { readonly kind: 'observe'; readonly event: QuireEvent }
