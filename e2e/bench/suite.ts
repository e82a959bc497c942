/* Runs scenarios, each with one server after the other, so that all meet the machine in the same mood. */
import { loadavg } from 'node:os'
import type { Run } from './report/results.ts'
import type { Outcome, Scenario, Stage } from './scenarios/scenario.ts'
import { kinds } from './servers/kinds.ts'
import { startKind, type Running, type ServerName } from './servers/server.ts'

/** What to run, and how. */
export interface Suite {
  readonly scenarios: readonly Scenario[]
  readonly servers: readonly ServerName[]
  readonly isQuick: boolean
  readonly seed: number
  /** A run that takes longer has failed: a server may leave somebody without an answer. */
  readonly runMs: number
  /** Told each run when it is done. */
  readonly onRun: (run: Run) => Promise<void>
}

/** Runs everything. A scenario that fails is a run with a problem; the others go on. */
export const runSuite = async (suite: Suite): Promise<readonly Run[]> => {
  const runs: Run[] = []
  for (const scenario of suite.scenarios)
    for (const server of suite.servers) {
      if (!scenario.servers.includes(server)) continue
      const startedAt = performance.now()
      const outcome = await play(scenario, server, suite)
      const run = {
        scenario: scenario.name,
        server,
        ...outcome,
        load: loadavg()[0] ?? Number.NaN,
        seconds: (performance.now() - startedAt) / 1000,
      }
      runs.push(run)
      await suite.onRun(run)
    }
  return runs
}

const play = async (
  scenario: Scenario,
  server: ServerName,
  { isQuick, seed, runMs }: Suite,
): Promise<Outcome> => {
  const starting: Promise<Running>[] = []
  const stage: Stage = {
    isQuick,
    seed,
    start() {
      const running = startKind(kinds[server])
      starting.push(running)
      return running
    },
  }
  const outcome = await outcomeOf(scenario, stage, runMs)
  // also one that is still on its way when the run is given up
  const settled = await Promise.allSettled(starting)
  const started = settled.flatMap((start) => (start.status === 'fulfilled' ? start.value : []))
  await Promise.all(started.map((running) => running.remove()))
  // only now: that a server is gone may be met before its end is heard of
  const deaths = started.flatMap(({ death }) => death ?? [])
  return { ...outcome, problems: [...outcome.problems, ...deaths] }
}

const outcomeOf = async (scenario: Scenario, stage: Stage, runMs: number): Promise<Outcome> => {
  const late = Promise.withResolvers<never>()
  const deadline = setTimeout(() => late.reject(new Error(`not done within ${runMs} ms`)), runMs)
  try {
    return await Promise.race([scenario.run(stage), late.promise])
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { figures: {}, problems: [`failed: ${message}`] }
  } finally {
    clearTimeout(deadline)
  }
}
