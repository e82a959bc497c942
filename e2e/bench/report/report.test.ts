import { expect, test } from 'vitest'
import type { Scenario } from '../scenarios/scenario.ts'
import { plotOf } from './plot.ts'
import { rowsOf, type Results, type Run } from './results.ts'
import { figureText, tableOf } from './table.ts'

const scenario: Scenario = {
  name: 'room',
  about: 'people in a room.',
  servers: ['quire', 'hocuspocus'],
  metrics: {
    p99: {
      what: 'latency p99',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.5 },
      plotted: 'A room: p99',
    },
    rate: {
      what: 'rate <all>',
      unit: 'updates/s',
      target: { kind: 'ratio-at-least', ratio: 8 },
      plotted: 'A room: rate <all>',
    },
    lost: { what: 'lost', unit: 'updates', target: { kind: 'at-most', most: 0 } },
    other: { what: 'other', unit: 'KB' },
  },
  plannedSeconds: () => 0,
  run: () => Promise.reject(new Error('is not run here')),
}

const runOf = (server: Run['server'], figures: Run['figures'], problems: string[] = []): Run => ({
  scenario: 'room',
  server,
  figures,
  problems,
  notes: ['a note'],
  load: 1.25,
  seconds: 9.6,
})

const results: Results = {
  conditions: {
    startedAt: '2026-01-02 03:04',
    machine: 'a machine',
    servers: { quire: 'Quire 1', hocuspocus: 'Hocuspocus 2' },
    isQuick: false,
    seed: 3,
  },
  runs: [
    runOf('quire', { p99: 4, rate: 5_000, lost: 0 }),
    runOf('hocuspocus', { p99: 10, rate: 1_000, lost: 17, other: 12.34 }, ['2 never came']),
  ],
}

test('[bench] a ratio is reached, missed, or not known', () => {
  const rows = rowsOf(results.runs, [scenario])
  expect(rows.map(({ ratio }) => ratio)).toEqual([0.4, 5, 0, null])
  expect(rows.map(({ isReached }) => isReached)).toEqual([true, false, true, null])
})

test('[bench] a figure that is not a number is left out', () => {
  const rows = rowsOf([runOf('quire', { p99: Number.NaN, rate: 1 })], [scenario])
  expect(rows.map(({ metric }) => metric.what)).toEqual(['rate <all>'])
})

test('[bench] the table says what, in which unit, by whom, the ratio and the goal', () => {
  const table = tableOf(results, [scenario]).split('\n')
  expect(table).toContain(
    '| scenario | measured | unit | Quire 1 | Hocuspocus 2 | Quire / Hocuspocus | target |',
  )
  expect(table).toContain('| room | latency p99 | ms | 4 | 10 | 0.4 | ≤ 0.5× ✓ |')
  expect(table).toContain('| room | rate <all> | updates/s | 5,000 | 1,000 | 5 | ≥ 8× ✗ |')
  expect(table).toContain('| room | lost | updates | 0 | 17 | 0 | ≤ 0 updates ✓ |')
  expect(table).toContain('| room | other | KB | – | 12 | – |  |')
  expect(table).toContain('- **room**: people in a room.')
  expect(table).toContain('- PROBLEM room, hocuspocus: 2 never came')
  expect(table).toContain('- room, quire: a note; load 1.3; 10 s')
})

test('[bench] numbers have the digits that count', () => {
  const texts = [0, 0.00001, 0.0123, 1.26, 12.3, 123.4, 12_345.6].map(figureText)
  expect(texts).toEqual(['0', '<0.001', '0.012', '1.3', '12', '123', '12,346'])
})

test('[bench] the picture has a bar for each figure, to the right where Quire is better', () => {
  const svg = plotOf(results, [scenario])
  expect(svg.match(/<rect /g)).toHaveLength(2)
  expect(svg.match(/class="better"/g)).toHaveLength(2)
  expect(svg).not.toContain('quick')
  expect(svg).toContain('4 · 10 ms')
  expect(svg).toContain('A room: rate &lt;all&gt;')
  const quick = { ...results, conditions: { ...results.conditions, isQuick: true } }
  expect(plotOf(quick, [scenario])).toContain('quick run')
  const worse = plotOf({ ...results, runs: [runOf('quire', { p99: 20 }), results.runs[1]!] }, [
    scenario,
  ])
  expect(worse.match(/class="worse"/g)).toHaveLength(1)
  for (const number of worse.matchAll(/ (?:width|x|y)="([^"]*)"/g))
    expect(Number(number[1])).toBeGreaterThanOrEqual(0)
})
