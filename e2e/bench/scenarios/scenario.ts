/*
 * What a scenario is: something that is done with each server in the same way, and figures of it.
 */
import type { Running, ServerName } from '../servers/server.ts'

/** One figure of a scenario. */
export interface Metric {
  /** What was measured. */
  readonly what: string
  readonly unit: string
  /** What it should be for Quire: as a ratio to Hocuspocus, or by itself. */
  readonly target?: Target
  /** Its name in the plot, where it is shown. */
  readonly plotted?: string
}

/** A goal for Quire. `most` and `least` are in the metric's unit. */
export type Target =
  | { readonly kind: 'ratio-at-most'; readonly ratio: number }
  | { readonly kind: 'ratio-at-least'; readonly ratio: number }
  | { readonly kind: 'at-most'; readonly most: number }

/** What a scenario came to with one server. */
export interface Outcome {
  /** By metric key. */
  readonly figures: Readonly<Record<string, number>>
  /** What was lost or differs; empty if all is as it should be. */
  readonly problems: readonly string[]
  /** What a reader should know about this run. */
  readonly notes?: readonly string[]
}

/** What a scenario is given. */
export interface Stage {
  /** Shorter runs, for a look. */
  readonly isQuick: boolean
  readonly seed: number
  /** Starts the server under test; the caller ends it. */
  start(): Promise<Running>
}

/** A comparison. */
export interface Scenario {
  readonly name: string
  /** What is done, in a sentence, with the figures of a full run. */
  readonly about: string
  readonly servers: readonly ServerName[]
  readonly metrics: Readonly<Record<string, Metric>>
  /** What a run takes however fast the server is: its windows and pauses, in seconds, at most. */
  plannedSeconds(isQuick: boolean): number
  run(stage: Stage): Promise<Outcome>
}
