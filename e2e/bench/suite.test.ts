import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Run } from './report/results.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { runSuite } from './suite.ts'

const only = (run: Scenario['run']): Scenario => ({
  name: 'only',
  about: 'one run.',
  servers: ['relay'],
  metrics: {},
  plannedSeconds: () => 0,
  run,
})

const play = (run: Scenario['run'], runMs: number): Promise<readonly Run[]> =>
  runSuite({
    scenarios: [only(run)],
    servers: ['relay'],
    isQuick: true,
    seed: 1,
    runMs,
    onRun: () => Promise.resolve(),
  })

test('[bench] a run that does not end in time is a problem, and its server is ended, started or not', async () => {
  let pid = 0
  const [run] = await play(async ({ start }) => {
    const server = await start()
    ;({ pid } = server)
    return new Promise(() => {})
  }, 1)
  expect(run?.problems).toEqual(['failed: not done within 1 ms'])
  expect(pid).toBeGreaterThan(0)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('[bench] a server that dies in a run is a problem, also where nothing failed', async () => {
  const [run] = await play(async ({ start }) => {
    const { pid } = await start()
    process.kill(pid, 'SIGINT')
    while (!/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))); // nothing is heard of it
    return { figures: {}, problems: [] }
  }, 30_000)
  expect(run?.problems).toHaveLength(1)
  expect(run?.problems[0]).toMatch(/^relay on ws \S+ ended with SIGINT/)
})
