/*
 * Which part of a server is ill, and since when. Each part says for itself what is wrong with it; it is asked once in a
 * while, so that its time is right also where nobody asks for it.
 */
import type { Millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'

/** How often parts are looked at, milliseconds: a part is ill for that much longer than it says, at most. */
const LOOK_MS = 1_000

/** One part of a server, as an operator sees it. */
export type PartFacts =
  | { readonly part: string; readonly status: 'well' }
  | {
      readonly part: string
      readonly status: 'ill'
      /** Wall-clock time. */
      readonly since: Millis
      /** A sentence. */
      readonly reason: string
    }

/** Says what is wrong with a part, or null. */
export type Look = () => string | null

/** The parts of one server. */
export class HealthWatch {
  readonly #clock: Clock
  readonly #parts: ReadonlyMap<string, Look>
  readonly #ill = new Map<string, { readonly since: Millis; reason: string }>()

  constructor(clock: Clock, parts: Readonly<Record<string, Look>>) {
    this.#clock = clock
    this.#parts = new Map(Object.entries(parts))
  }

  /** Looks at the parts from now on, until undone. */
  start(): Undo {
    return this.#clock.every(LOOK_MS, () => this.#look())
  }

  /** The parts at this moment, in their order. */
  parts(): readonly PartFacts[] {
    this.#look()
    return [...this.#parts.keys()].map((part) => {
      const ill = this.#ill.get(part)
      if (ill === undefined) return { part, status: 'well' }
      const { since, reason } = ill
      return { part, status: 'ill', since, reason }
    })
  }

  #look(): void {
    for (const [part, look] of this.#parts) {
      const reason = look()
      const ill = this.#ill.get(part)
      if (reason === null) this.#ill.delete(part)
      else if (ill === undefined) this.#ill.set(part, { since: this.#clock.wall(), reason })
      else ill.reason = reason
    }
  }
}
