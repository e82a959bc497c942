import { expect, test } from 'vitest'
import { scenarios } from './index.ts'
import type { Scenario } from './scenario.ts'

/** Of the two minutes of a quick run: the rest is for starting servers, making documents, comparing texts. */
const QUICK_PLANNED_SECONDS = 60

const planned = (all: readonly Scenario[], isQuick: boolean): number =>
  all.reduce(
    (sum, { servers, plannedSeconds }) => sum + servers.length * plannedSeconds(isQuick),
    0,
  )

test('[bench] all that a quick run measures and waits for is planned to take half of its time', () => {
  expect(planned(scenarios, true)).toBeLessThan(QUICK_PLANNED_SECONDS)
})

test.each(scenarios)(
  '[bench] a quick run of $name is planned to be a part of a full one',
  (scenario) => {
    expect(scenario.plannedSeconds(true)).toBeGreaterThan(0)
    expect(scenario.plannedSeconds(true)).toBeLessThan(scenario.plannedSeconds(false) / 4)
  },
)
