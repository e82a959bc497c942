/* `npm run bench`: servers compared, as a table, as JSON and as a picture. */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { buildServer } from '../scripts/build-steps.ts'
import { readArguments, usageOf } from './arguments.ts'
import { plotOf } from './report/plot.ts'
import type { Conditions, Results, Run } from './report/results.ts'
import { tableOf } from './report/table.ts'
import { scenarios } from './scenarios/index.ts'
import { kinds } from './servers/kinds.ts'
import { runSuite } from './suite.ts'

const choices = {
  scenarios: scenarios.map(({ name }) => name),
  servers: Object.values(kinds).map(({ name }) => name),
}

/** The longest run in full takes some minutes, a quick one seconds. */
const RUN_MS = 15 * 60_000
const QUICK_RUN_MS = 60_000

const fail = (problem: string): never => {
  process.stderr.write(`bench: ${problem}\n`)
  process.exit(1)
}

const write = async (file: string, content: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

/** Progress goes to standard error, so that the table can be piped. */
const say = ({ scenario, server, seconds, problems }: Run): void => {
  const outcome = problems.length === 0 ? 'done' : `PROBLEM ${problems[0]}`
  process.stderr.write(`${scenario}, ${server}: ${outcome}, ${Math.round(seconds)} s\n`)
}

const asked = readArguments(process.argv.slice(2), choices)
if (!asked.ok) {
  if (asked.error !== null) fail(`${asked.error}\n\n${usageOf(choices)}`)
  process.stdout.write(usageOf(choices))
  process.exit(0)
}
if (process.platform !== 'linux') fail('CPU and memory are read from /proc, so this needs Linux')
if ((await buildServer()) !== 0) fail('the server does not compile')

const { isQuick, only, servers, out, plot, seed } = asked.value
const processors = cpus()
const conditions: Conditions = {
  startedAt: new Date().toISOString().slice(0, 16).replace('T', ' '),
  machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`,
  servers: Object.fromEntries(servers.map((name) => [name, kinds[name].label])),
  isQuick,
  seed,
}
const done: Run[] = []
/** After each run, so that a long one that is broken off has not been for nothing. */
const keep = async (): Promise<void> => {
  const results: Results = { conditions, runs: done }
  if (out !== null) await write(out, `${JSON.stringify(results, null, 2)}\n`)
}
const runs = await runSuite({
  scenarios: scenarios.filter(({ name }) => only.includes(name)),
  servers,
  isQuick,
  seed,
  runMs: isQuick ? QUICK_RUN_MS : RUN_MS,
  async onRun(run) {
    say(run)
    done.push(run)
    await keep()
  },
})
const results: Results = { conditions, runs }
if (plot !== null) await write(plot, plotOf(results, scenarios))
process.stdout.write(tableOf(results, scenarios))
process.exit(runs.some(({ problems }) => problems.length > 0) ? 2 : 0)
