/* What the documentation calls measured is what the design document has: one place to measure anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tokensOf } from '../harness/code-blocks.ts'
import { ROOT } from '../scripts/run.ts'
import { escaped } from './session.ts'

const FIGURE = /\d[\d.,]*(?: (?:µs|ms|s|KB|MB|MiB|%)|\/s)(?=\W|$)/g
const DESIGN = readFileSync(join(ROOT, 'server/DESIGN.md'), 'utf8')

/** Whether a figure is in the design document, where one unit may be for several figures. */
const isMeasured = (figure: string): boolean => {
  const [number = ''] = /^[\d.,]+/.exec(figure) ?? []
  const unit = figure.slice(number.length).trim()
  return new RegExp(
    `(?<![\\d.,])${escaped(number)}(?:[;,] ?[\\d.]+| to \\d+| and [\\d.]+)*\\s*${unit}`,
  ).test(DESIGN)
}

const figuresIn = (text: string): readonly string[] => text.match(FIGURE) ?? []

/** The cells of the columns that are called measured. */
const measuredCells = (page: string): readonly string[] =>
  tokensOf(page).flatMap((token) => {
    if (token.type !== 'table') return []
    const column: number = token['header'].findIndex(
      ({ text }: { readonly text: string }) => text === 'measured',
    )
    return token['rows'].map((row: readonly { readonly text: string }[]) => row[column]?.text ?? '')
  })

it('sizes are those of the design document', () => {
  const figures = measuredCells('web/docs/sizing.md').flatMap(figuresIn)
  expect(figures.length).toBeGreaterThan(18)
  expect(figures.filter((figure) => !isMeasured(figure))).toEqual([])
})

it('so are the figures of the comparison with Hocuspocus', () => {
  const [, after = ''] = readFileSync(join(ROOT, 'web/docs/comparison.md'), 'utf8').split(
    '\n## Hocuspocus\n',
  )
  const [section = ''] = after.split('\n## ')
  const figures = figuresIn(section)
  expect(figures.length).toBeGreaterThan(8)
  expect(figures.filter((figure) => !isMeasured(figure))).toEqual([])
})

it('a figure that nobody has measured is found', () => {
  expect(['139 µs', '3.5 ms', '20,939/s'].filter(isMeasured)).toEqual([])
})
