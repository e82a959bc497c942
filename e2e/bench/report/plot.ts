/*
 * Results as a picture: one bar for each figure, as long as Quire is better (to the right) or worse (to
 * the left) than Hocuspocus, on a logarithmic scale. Readable on light and dark pages.
 */
import type { Scenario } from '../scenarios/scenario.ts'
import { rowsOf, type Results, type Row } from './results.ts'
import { figureText } from './table.ts'

const WIDTH = 860
const LEFT = 306
const RIGHT = 178
const TOP = 78
const STEP = 30
const BAR = 16

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
  .title { font-size: 17px; font-weight: 600 }
  .small { font-size: 11.5px; fill: #57606a }
  .better { fill: #2f81b7 }
  .worse { fill: #c4703f }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .one { stroke: #57606a; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9da7b3 }
    .grid { stroke: #30363d }
    .one { stroke: #9da7b3 }
    .better { fill: #4aa3dc }
    .worse { fill: #db8a5a }
  }`

/** The picture, as SVG. */
export const plotOf = (results: Results, scenarios: readonly Scenario[]): string => {
  const bars = rowsOf(results.runs, scenarios).flatMap(barOf)
  const most = Math.max(2, ...bars.map(({ factor }) => factor))
  const least = Math.min(1, ...bars.map(({ factor }) => factor))
  const x = logScale({ least, most })
  const bottom = TOP + bars.length * STEP
  const ticks = ticksIn(least, most)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 48}" role="img" aria-label="Quire compared with Hocuspocus">`,
    `<style>${STYLE}\n</style>`,
    text(16, 28, 'How many times better than Hocuspocus', 'title'),
    text(16, 48, `${conditionsLine(results)} Logarithmic scale.`, 'small'),
    ...ticks.flatMap((tick) => [
      `<line class="${tick === 1 ? 'one' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP - 8}" y2="${bottom}"/>`,
      text(x(tick), bottom + 18, `${figureText(tick)}×`, 'small', 'middle'),
    ]),
    ...bars.flatMap(({ label, factor, figures }, i) => {
      const y = TOP + i * STEP
      const from = Math.min(x(1), x(factor))
      const width = Math.max(1.5, Math.abs(x(factor) - x(1)))
      return [
        text(LEFT - 12, y + 13, label, null, 'end'),
        `<rect class="${factor >= 1 ? 'better' : 'worse'}" x="${round(from)}" y="${y}" width="${round(width)}" height="${BAR}" rx="2"/>`,
        text(WIDTH - RIGHT + 14, y + 13, figures, 'small'),
      ]
    }),
    text(WIDTH - RIGHT + 14, TOP - 14, 'Quire · Hocuspocus', 'small'),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

interface Bar {
  readonly label: string
  readonly factor: number
  readonly figures: string
}

const barOf = ({ metric, figures, ratio }: Row): readonly Bar[] => {
  const own = figures.get('quire')
  const other = figures.get('hocuspocus')
  if (metric.plotted === undefined || ratio === null || ratio <= 0) return []
  if (own === undefined || other === undefined) return []
  const isMoreBetter = metric.target?.kind === 'ratio-at-least'
  return [
    {
      label: metric.plotted,
      factor: isMoreBetter ? ratio : 1 / ratio,
      figures: `${figureText(own)} · ${figureText(other)} ${metric.unit}`,
    },
  ]
}

const conditionsLine = ({ conditions }: Results): string =>
  `${[conditions.servers['quire'], conditions.servers['hocuspocus']].join(' and ')} on ${conditions.machine}, ${conditions.startedAt.slice(0, 10)}${conditions.isQuick ? ', quick run: too short for figures' : ''}.`

const logScale =
  ({ least, most }: { readonly least: number; readonly most: number }) =>
  (factor: number): number =>
    round(LEFT + ((WIDTH - RIGHT - LEFT) * Math.log(factor / least)) / Math.log(most / least))

/** 1 and what is 2, 5 or 10 times a power of ten from it, as far as there are bars. */
const ticksIn = (least: number, most: number): readonly number[] => {
  const steps = most / least > 200 ? [1] : [1, 2, 5]
  return [-3, -2, -1, 0, 1, 2, 3, 4]
    .flatMap((power) => steps.map((step) => step * 10 ** power))
    .filter((tick) => tick === 1 || (tick >= least && tick <= most))
}

const text = (
  x: number,
  y: number,
  content: string,
  kind: string | null = null,
  anchor = 'start',
): string =>
  `<text x="${x}" y="${y}"${kind === null ? '' : ` class="${kind}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escaped(content)}</text>`

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const round = (value: number): number => Math.round(value * 10) / 10
