import { describe, expect, test } from 'vitest'
import { readArguments, usageOf, type Choices } from './arguments.ts'

const choices: Choices = { scenarios: ['room', 'kill'], servers: ['quire', 'hocuspocus'] }
const fallback = {
  isQuick: false,
  only: ['room', 'kill'],
  servers: ['quire', 'hocuspocus'],
  out: null,
  plot: null,
  seed: 1,
}

describe('[bench] arguments', () => {
  test('[bench] without arguments everything runs in full', () => {
    expect(readArguments([], choices)).toEqual({ ok: true, value: fallback })
  })

  test.each([
    { argv: ['--quick'], value: { isQuick: true } },
    { argv: ['--only', 'kill, room'], value: { only: ['room', 'kill'] } },
    { argv: ['--servers', 'hocuspocus'], value: { servers: ['hocuspocus'] } },
    { argv: ['--out', 'a.json', '--seed', '7'], value: { out: 'a.json', seed: 7 } },
    { argv: ['--plot'], value: { plot: 'e2e/bench/bench.svg' } },
    { argv: ['--plot', '--quick'], value: { plot: 'e2e/bench/bench.svg', isQuick: true } },
    { argv: ['--plot', 'a.svg'], value: { plot: 'a.svg' } },
  ])('[bench] $argv are read', ({ argv, value }) => {
    expect(readArguments(argv, choices)).toEqual({ ok: true, value: { ...fallback, ...value } })
  })

  test.each([
    { argv: ['--help'], error: null },
    { argv: ['--only', 'rom'], error: '--only: there is no "rom"; there are room, kill' },
    {
      argv: ['--servers', 'quire,'],
      error: '--servers: there is no ""; there are quire, hocuspocus',
    },
    { argv: ['--out', ''], error: '--out must name a file' },
    { argv: ['--plot', ''], error: '--plot must name a file' },
    { argv: ['--seed', 'x'], error: '--seed must be a whole number, not "x"' },
    { argv: ['--fast'], error: expect.stringContaining("Unknown option '--fast'") as unknown },
    { argv: ['room'], error: expect.stringContaining("'room'") as unknown },
  ])('[bench] $argv are refused: $error', ({ argv, error }) => {
    expect(readArguments(argv, choices)).toEqual({ ok: false, error })
  })

  test('[bench] the usage names what there is to choose from', () => {
    expect(usageOf(choices)).toContain('room, kill')
    expect(usageOf(choices)).toContain('quire, hocuspocus')
  })
})
