/* What OBSERVING.md, the dashboard and the rules say is what there is. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { QuireEventKind } from '../ports/observe.ts'
import { levelOf } from './log.ts'
import { createMetrics } from './metrics.ts'
import { Scrape } from './testing/scrape.ts'

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const page = read('OBSERVING.md')
const dashboard = read('deploy/grafana/quire.json')
const rules = read('deploy/prometheus/alerts.yml')

/** The cells of the table with this head, without the marks of code. */
const table = (head: string): string[][] => {
  const [, after = ''] = page.split(`| ${head} |\n`)
  const [rows = ''] = after.split('\n\n', 1)
  return rows
    .split('\n')
    .slice(1)
    .filter((row) => row !== '')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

/** A scrape of a server to which everything has happened that labels tell of. */
const scrape = async (): Promise<Scrape> => {
  const metrics = createMetrics()
  const who = { document: 'd' as never, family: 'quire', transport: 'websocket' } as const
  metrics.observe.event({ kind: 'session-joined', session: 1, ...who })
  metrics.observe.event({ kind: 'login-denied', denial: 'forbidden', ...who })
  metrics.observe.event({
    kind: 'newcomer-refused',
    bound: 'sockets',
    of: 'server',
    limit: 1,
    address: '',
  })
  return new Scrape(
    await metrics.read(async () => ({
      documents: { open: 1, failing: 0, unopened: 0 },
      unsaved: { bytes: 0, oldestMs: 0 },
      queuedBytes: { load: 0 },
      queuedEntries: { folds: 0 },
      databaseBytes: { database: 1 },
      connections: { websocket: 1 },
      isDraining: false,
    })),
  )
}

it('the table of events has each kind, at its level', () => {
  const source = read('src/ports/observe.ts')
  const kinds = new Set([...source.matchAll(/readonly kind: '([a-z-]+)'/g)].map(([, kind]) => kind))
  expect(kinds.size).toBeGreaterThan(40)
  const told = table('kind | level | what').map(([kind, level]) => [kind, level])
  expect(new Map(told as [string, string][])).toEqual(
    new Map(
      [...kinds].map((kind) => [
        kind,
        kind === 'events-left-out' ? 'as of' : levelOf(kind as QuireEventKind), // as read in the union
      ]),
    ),
  )
})

it('the table of figures has each one, of its type and with its labels', async () => {
  const { families } = await scrape()
  const own = [...families.values()].filter(({ name }) => name.startsWith('quire_'))
  const told = table('figure | type | labels | what').map(([name, type, labels]) => [
    name,
    type,
    labels,
  ])
  const labelsOf = (name: string) =>
    Object.keys(families.get(name)?.metrics[0]?.labels ?? {}).join(', ')
  const is = own.map(({ name, type }) => [name, type.toLowerCase(), labelsOf(name)])
  const byName = (rows: readonly (string | undefined)[][]) =>
    rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b))
  expect(byName(told)).toEqual(byName(is))
})

it('the table of alerts has each rule', () => {
  const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
  expect(table('alert | what to do').map(([name]) => name)).toEqual(names)
})

it.each([
  ['the dashboard', dashboard, 25],
  ['the rules', rules, 15],
  ['the page', page, 35],
])('%s names no figure that there is not', async (_, text, atLeast) => {
  const names = (await scrape()).names()
  const named = new Set(
    [...text.matchAll(/\b(?:quire|process|nodejs)_[a-z0-9_]+\b/g)].map(([name]) => name),
  )
  expect(named.size).toBeGreaterThanOrEqual(atLeast)
  expect([...named].filter((name) => !names.has(name))).toEqual([])
})

it('the dashboard names no label that a figure has not, and nothing twice in one place', async () => {
  const { panels } = JSON.parse(dashboard) as {
    panels: {
      id: number
      gridPos: { x: number; y: number; w: number; h: number }
      targets?: { expr: string }[]
    }[]
  }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  const { families } = await scrape()
  for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
    const [, by = ''] = /sum by \(([a-z, ]+)\)/.exec(expr) ?? []
    const [name = ''] = /quire_[a-z_]+/.exec(expr) ?? []
    const labels = Object.keys(families.get(name)?.metrics[0]?.labels ?? {})
    for (const label of by.split(', ').filter((one) => !['', 'le', 'instance'].includes(one)))
      expect([expr, labels]).toEqual([expr, expect.arrayContaining([label])])
  }
})
