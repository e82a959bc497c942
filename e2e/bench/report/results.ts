/* What a run of the benchmark leaves behind, as it is written to a file. */
import type { Metric, Outcome, Scenario } from '../scenarios/scenario.ts'
import type { ServerName } from '../servers/server.ts'

/** One scenario with one server. */
export interface Run extends Outcome {
  readonly scenario: string
  readonly server: ServerName
  /** Of the machine over the last minute, when it ended. */
  readonly load: number
  readonly seconds: number
}

/** Where and when. */
export interface Conditions {
  readonly startedAt: string
  readonly machine: string
  /** With their versions. */
  readonly servers: Readonly<Record<string, string>>
  readonly isQuick: boolean
  readonly seed: number
}

/** A whole run. */
export interface Results {
  readonly conditions: Conditions
  readonly runs: readonly Run[]
}

/** A figure of all servers, one line of the table. */
export interface Row {
  readonly scenario: string
  readonly metric: Metric
  readonly figures: ReadonlyMap<ServerName, number>
  /** Quire's as a share of Hocuspocus'; null without both. */
  readonly ratio: number | null
  /** Whether Quire reaches its goal; null without one. */
  readonly isReached: boolean | null
}

/** All figures of a run, in the order of the scenarios. */
export const rowsOf = (runs: readonly Run[], scenarios: readonly Scenario[]): readonly Row[] =>
  scenarios.flatMap(({ name, metrics }) => {
    const own = runs.filter(({ scenario }) => scenario === name)
    return Object.entries(metrics).flatMap(([key, metric]) => {
      const figures = new Map<ServerName, number>()
      for (const { server, figures: all } of own) {
        const figure = all[key]
        if (figure !== undefined && Number.isFinite(figure)) figures.set(server, figure)
      }
      if (figures.size === 0) return []
      const ratio = ratioOf(figures.get('quire'), figures.get('hocuspocus'))
      const isReached = reaches(metric, figures.get('quire'), ratio)
      return [{ scenario: name, metric, figures, ratio, isReached }]
    })
  })

const ratioOf = (own: number | undefined, other: number | undefined): number | null =>
  own === undefined || other === undefined || other <= 0 ? null : own / other

const reaches = (
  { target }: Metric,
  own: number | undefined,
  ratio: number | null,
): boolean | null => {
  if (target === undefined || own === undefined) return null
  switch (target.kind) {
    case 'at-most':
      return own <= target.most
    case 'ratio-at-most':
      return ratio === null ? null : ratio <= target.ratio
    case 'ratio-at-least':
      return ratio === null ? null : ratio >= target.ratio
  }
}
