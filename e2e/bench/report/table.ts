/* Results as Markdown. */
import type { Metric, Scenario, Target } from '../scenarios/scenario.ts'
import type { ServerName } from '../servers/server.ts'
import { rowsOf, type Results, type Row } from './results.ts'

/** The table, what it says about, and what went wrong. */
export const tableOf = (results: Results, scenarios: readonly Scenario[]): string => {
  const { conditions, runs } = results
  const servers = Object.keys(conditions.servers) as ServerName[] // the keys that the run made
  const rows = rowsOf(runs, scenarios)
  const shown = scenarios.filter(({ name }) => rows.some(({ scenario }) => scenario === name))
  const labels = servers.map((server) => conditions.servers[server] ?? server)
  const lines = [
    `Measured ${conditions.startedAt} on ${conditions.machine}${conditions.isQuick ? ', quick run' : ''}, seed ${conditions.seed}.`,
    '',
    line(['scenario', 'measured', 'unit', ...labels, 'Quire / Hocuspocus', 'target']),
    line(['---', '---', '---', ...servers.map(() => '---:'), '---:', '---']),
    ...rows.map((row) => line(cellsOf(row, servers))),
    '',
    ...shown.map(({ name, about }) => `- **${name}**: ${about}`),
    '',
    ...runs.flatMap(({ scenario, server, problems }) =>
      problems.map((problem) => `- PROBLEM ${scenario}, ${server}: ${problem}`),
    ),
    ...runs.map(
      ({ scenario, server, load, seconds, notes = [] }) =>
        `- ${scenario}, ${server}: ${[...notes, `load ${load.toFixed(1)}`, `${Math.round(seconds)} s`].join('; ')}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const cellsOf = (row: Row, servers: readonly ServerName[]): readonly string[] => [
  row.scenario,
  row.metric.what,
  row.metric.unit,
  ...servers.map((server) => {
    const figure = row.figures.get(server)
    return figure === undefined ? '–' : figureText(figure)
  }),
  row.ratio === null ? '–' : figureText(row.ratio),
  targetCell(row.metric, row.isReached),
]

/** A number with three digits that count. */
export const figureText = (figure: number): string => {
  if (figure === 0) return '0'
  const size = Math.abs(figure)
  if (size >= 1000) return Math.round(figure).toLocaleString('en')
  if (size < 0.001) return '<0.001'
  return String(Number(figure.toPrecision(size >= 100 ? 3 : 2)))
}

const targetCell = ({ target, unit }: Metric, isReached: boolean | null): string => {
  if (target === undefined) return ''
  const mark = isReached === null ? '' : isReached ? ' ✓' : ' ✗'
  return targetText(target, unit) + mark
}

const targetText = (target: Target, unit: string): string => {
  switch (target.kind) {
    case 'at-most':
      return `≤ ${figureText(target.most)} ${unit}`
    case 'ratio-at-most':
      return `≤ ${figureText(target.ratio)}×`
    case 'ratio-at-least':
      return `≥ ${figureText(target.ratio)}×`
  }
}
