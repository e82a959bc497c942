/* The tables of web/docs/limits.md, made from the options of the server. */
import type { OptionRow } from '@quire/server'

type CountKind = Extract<OptionRow['kind'], { type: 'count' }>
type Limit = OptionRow & { readonly kind: CountKind }

const isLimit = (row: OptionRow): row is Limit =>
  row.env.startsWith('QUIRE_MAX_') && row.kind.type === 'count'

/** Sizes of units, largest first. */
const SCALES: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  bytes: [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
    [1, 'bytes'],
  ],
  milliseconds: [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
    [1, 'ms'],
  ],
}

/** A number as people say it: in the largest unit of which it is a whole number. */
export const amountIn = (unit: string, value: number): string => {
  const [base = '', ...per] = unit.split(' a ')
  const [size, name] = SCALES[base]?.find(
    ([scale]) => scale === 1 || (value > 0 && value % scale === 0),
  ) ?? [1, base]
  const number = (value / size).toLocaleString('en')
  return [`${number} ${name}`, ...per].join(' a ')
}

const sections: readonly (readonly [string, (unit: string) => boolean])[] = [
  ['Rates', (unit) => unit.includes(' a ')],
  ['Sizes', (unit) => unit === 'bytes'],
  ['Times', (unit) => ['milliseconds', 'days'].includes(unit)],
  ['Numbers', () => true],
]

const rowOf = ({ env, fallback, unit, kind, about }: Limit): string => {
  const [base = ''] = unit.split(' a ')
  const bare = (value: number): string =>
    base in SCALES ? amountIn(base, value) : value.toLocaleString('en')
  const range = `${bare(kind.min)} to ${bare(kind.max)}`
  return `| \`${env}\` | ${amountIn(unit, Number(fallback))} | ${range} | ${about} |`
}

/** All limits as Markdown: a heading and a table for each kind of unit. */
export const limitTables = (rows: readonly OptionRow[]): string => {
  const sectionOf = (unit: string): string =>
    sections.find(([, has]) => has(unit))?.[0] ?? 'Numbers'
  return sections
    .map(([title]) => {
      const limits = rows.filter(isLimit).filter(({ unit }) => sectionOf(unit) === title)
      const head =
        '| option | default | may be | what, and why so much |\n| --- | --- | --- | --- |'
      return [`## ${title}\n`, head, ...limits.map(rowOf)].join('\n')
    })
    .join('\n\n')
}
