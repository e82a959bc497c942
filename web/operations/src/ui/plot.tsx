import type { OperationsSample, SampleField } from '@quire/shared'
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

import { Card } from './card.tsx'

/** One line of a plot. */
export interface Line {
  readonly label: string
  readonly colour: 'one' | 'two' | 'three' | 'four' | 'five' | 'six'
  readonly of: (sample: OperationsSample) => number | null
}

/** A field as it stands in the samples. */
export const field =
  (name: SampleField) =>
  (sample: OperationsSample): number | null =>
    sample[name]

/** A count as a rate. */
export const perSecond =
  (name: SampleField) =>
  (sample: OperationsSample): number | null => {
    const [count, ms] = [sample[name], sample.ms]
    return count === null || ms === null || ms <= 0 ? null : (count * 1_000) / ms
  }

/** A breath of room above the highest line, so that a flat one at zero is seen as such. */
const LEAST_TOP = 1

/** A server that has just begun has this much of a plot, seconds. */
const LEAST_SPAN_SECONDS = 120

const CLOCK = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** Steps of the time axis, seconds: its labels know nothing shorter. */
const MINUTES = [60, 120, 300, 600]

/** Plots of one page have one cursor. */
const TOGETHER = 'operations'

/** How figures moved, with what they are now, or where the pointer is, in the legend. */
export function Plot({ title, samples, lines, format }: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [at, setAt] = useState<number | null>(null)
  const data = useMemo(() => dataOf(samples, lines), [samples, lines])
  const make = useEffectEvent(() => {
    const element = place.current
    plot.current?.destroy()
    if (element === null) return
    const options = optionsOf(element, { lines, format, onCursor: setAt })
    plot.current = new uPlot(options, data, element)
  })

  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    make()
    const size = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    )
    size.observe(element)
    // colours are read once: a canvas knows nothing of the theme
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const anew = (): void => make()
    const theme = new MutationObserver(anew)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    scheme.addEventListener('change', anew)
    return () => {
      size.disconnect()
      theme.disconnect()
      scheme.removeEventListener('change', anew)
      plot.current?.destroy()
      plot.current = null
    }
  }, [])

  useEffect(() => plot.current?.setData(data), [data])

  const sample = samples[at ?? samples.length - 1]
  return (
    <Card title={title} isPlot>
      <ul className="legend">
        {lines.map((line) => (
          <li key={line.label}>
            <span className={`legend__mark mark--${line.colour}`} />
            {line.label}
            <b>{textOf(sample === undefined ? null : line.of(sample), format)}</b>
          </li>
        ))}
      </ul>
      <div
        ref={place}
        className="plot"
        role="img"
        aria-label={`${title} over the last ten minutes: ${lines.map((line) => summary(line, samples, format)).join('; ')}`}
      />
    </Card>
  )
}

interface PlotProps {
  readonly title: string
  readonly samples: readonly OperationsSample[]
  /** The same array each time. */
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
}

const textOf = (value: number | null, format: (value: number) => string): string =>
  value === null ? '–' : format(value)

const summary = (
  { label, of }: Line,
  samples: readonly OperationsSample[],
  format: (value: number) => string,
): string => {
  const values = samples.map(of).filter((value) => value !== null)
  const last = values.at(-1)
  if (last === undefined) return `${label}: nothing measured`
  return `${label}: now ${format(last)}, at most ${format(Math.max(...values))}`
}

const dataOf = (
  samples: readonly OperationsSample[],
  lines: readonly Line[],
): uPlot.AlignedData => [
  samples.map(({ at }) => (at ?? 0) / 1_000),
  ...lines.map(({ of }) => samples.map(of)),
]

const optionsOf = (
  element: HTMLElement,
  {
    lines,
    format,
    onCursor,
  }: Pick<PlotProps, 'lines' | 'format'> & { readonly onCursor: (at: number | null) => void },
): uPlot.Options => {
  const ink = colourOf(element, '--ink-soft')
  const grid = colourOf(element, '--line')
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false } }
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: {
      sync: { key: TOGETHER },
      drag: { x: false, y: false },
      points: { size: 6 },
    },
    scales: {
      x: { range: (_, start, end) => [Math.min(start, end - LEAST_SPAN_SECONDS), end] },
      y: { range: (_, __, top) => [0, Math.max(LEAST_TOP, top * 1.1)] },
    },
    axes: [
      {
        ...axis,
        font: FONT,
        space: 60,
        size: 26,
        incrs: MINUTES,
        values: (_, times) => times.map((time) => CLOCK.format(time * 1_000)),
      },
      {
        ...axis,
        font: FONT,
        size: 64,
        space: 34,
        values: (_, values) => values.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour }) => ({
        label,
        stroke: colourOf(element, `--${colour}`),
        width: 1.75,
        spanGaps: false,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  }
}

const FONT = '11px ui-sans-serif, system-ui, sans-serif'

/** A colour of the theme as a canvas takes it. */
const colourOf = (element: HTMLElement, name: string): string => {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
