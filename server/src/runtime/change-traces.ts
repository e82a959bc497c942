/*
 * The way of changes through one room, for traces: from their acceptance to the disk, to the others, and back to who made
 * them. A change is known by when it was accepted.
 *
 *   accepted ──▶ appending ──▶ committed ──▶ acknowledging ──▶ over
 *                    └─ failed: once more ─┘
 */
import type { SessionId } from '@quire/shared'
import type { Span } from '../ports/tracing.ts'
import type { Effect } from '../room/effect.ts'
import type { Input } from '../room/input.ts'

/** Changes of one room that are traced at a time; of more than that none is. */
const TRACED = 64

interface Traced {
  readonly session: SessionId
  readonly span: Span
  state: 'accepted' | 'appending' | 'committed' | 'acknowledging'
  commit: Span | null
  relay: Span | null
  ack: Span | null
}

/** The traced changes of one room. */
export class ChangeTraces {
  readonly #changes = new Map<number, Traced>()

  /** True while anything is traced. */
  get isTracing(): boolean {
    return this.#changes.size > 0
  }

  /** True where there is place for another one. */
  get hasPlace(): boolean {
    return this.#changes.size < TRACED
  }

  /** A change was accepted that is to be traced. */
  accepted(at: number, session: SessionId, span: Span): void {
    this.#changes.set(at, {
      session,
      span,
      state: 'accepted',
      commit: null,
      relay: null,
      ack: null,
    })
  }

  /** What becomes of what is on its way to disk. */
  hear(input: Input, isThere: (session: SessionId) => boolean): void {
    if (input.kind === 'appended') this.#committed(isThere)
    else if (input.kind === 'appendFailed') this.#failed(input.problem)
  }

  /** What is done with changes. */
  perform(effect: Effect): void {
    if (effect.kind === 'append') this.#appending()
    else if (effect.kind === 'relay') this.#relaying(effect.acceptedAt)
    else if (effect.kind === 'send' && effect.message.kind === 'ack') this.#acknowledging(effect.to)
  }

  /** What was to be told to the others has been handed over. */
  relayed(): void {
    for (const { relay } of this.#changes.values()) relay?.end()
  }

  /** Who was to be told has been. */
  acknowledged(): void {
    for (const change of this.#in('acknowledging')) this.#end(change)
  }

  /** The room is over. */
  end(): void {
    for (const change of this.#changes.values()) this.#end(change)
  }

  #appending(): void {
    for (const change of this.#in('accepted')) {
      change.state = 'appending'
      change.commit = change.span.begin('quire.commit')
    }
  }

  /** Whose session is gone, nobody is told. */
  #committed(isThere: (session: SessionId) => boolean): void {
    for (const change of this.#in('appending')) {
      change.state = 'committed'
      change.commit?.end()
      if (!isThere(change.session)) this.#end(change)
    }
  }

  #failed(problem: string): void {
    for (const change of this.#in('appending')) {
      change.state = 'accepted'
      change.commit?.end(problem)
    }
  }

  #relaying(at: number | undefined): void {
    const change = at === undefined ? undefined : this.#changes.get(at)
    if (change !== undefined) change.relay = change.span.begin('quire.relay')
  }

  #acknowledging(session: SessionId): void {
    for (const change of this.#in('committed')) {
      if (change.session !== session) continue
      change.state = 'acknowledging'
      change.ack = change.span.begin('quire.ack')
    }
  }

  *#in(state: Traced['state']): Iterable<Traced> {
    for (const change of this.#changes.values()) if (change.state === state) yield change
  }

  #end(change: Traced): void {
    for (const span of [change.commit, change.relay, change.ack, change.span]) span?.end()
    for (const [at, known] of this.#changes) if (known === change) this.#changes.delete(at)
  }
}
