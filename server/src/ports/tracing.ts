import type { DocName } from '@quire/shared'
import type { Family } from './observe.ts'

/** A change, as far as a trace of it tells: nothing of its content. */
export interface TracedChange {
  readonly document: DocName
  readonly family: Family
  readonly session: number
  readonly bytes: number
}

/** A part of the way of a change. Ends once; a second end changes nothing. */
export interface Span {
  /** A part of this part begins. */
  begin(name: 'quire.commit' | 'quire.relay' | 'quire.ack'): Span
  /** It is over; `problem` says that it has failed, and why. */
  end(problem?: string): void
}

/** Makes traces of changes for whoever collects them. */
export interface Tracing {
  /** A change was accepted. Null where nobody collects traces, or not of this one. */
  change(change: TracedChange): Span | null
}
