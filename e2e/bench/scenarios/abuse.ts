/* One who abuses a document in which others type. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { abuses, type AbuseName } from '../abuse/abuses.ts'
import { measureRooms, secondsOf, updatesAt, type Pace } from '../load/rooms.ts'
import type { Running } from '../servers/server.ts'
import { strangers } from './material.ts'
import { noteOf } from './room.ts'
import type { Metric, Scenario } from './scenario.ts'

const PEOPLE = 100
const GRACE_MS = 30_000
/** What one abuser may cost everybody else. */
const ADDED_MS = 20

const lengthOf = (isQuick: boolean) =>
  isQuick
    ? { perSecond: 5, warmUpSeconds: 0.1, seconds: 0.3 }
    : { perSecond: 1, warmUpSeconds: 2, seconds: 10 }

const addedMetrics = Object.fromEntries(
  abuses.map(({ name, what }): [AbuseName, Metric] => [
    name,
    {
      what: `latency p99 added by ${what}`,
      unit: 'ms',
      target: { kind: 'at-most', most: ADDED_MS },
    },
  ]),
)

/** 100 honest people, and one who is not. */
export const abuse: Scenario = {
  name: 'abuse',
  about: `${PEOPLE} people in one document, each typing once a second for 10 seconds: first alone, then with somebody in it who, from a process of its own, does one thing as fast as the server takes it. Another document for each thing.`,
  // a server without such bounds takes all of it, and the run does not end
  servers: ['quire'],
  metrics: { quiet: { what: 'latency p99, nobody abuses', unit: 'ms' }, ...addedMetrics },
  plannedSeconds: (isQuick) => (1 + abuses.length) * secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const [server, { base, typists }] = await Promise.all([start(), strangers()])
    const pace: Pace = { ...lengthOf(isQuick), graceMs: GRACE_MS, seed }
    const people = typists.take(PEOPLE, updatesAt(pace))
    const measure = (document: string) =>
      measureRooms(server, [{ document, base, typists: people, isCompared: false }], pace)
    const quiet = await measure('quiet')
    const figures: Record<string, number> = { quiet: quiet.p99 }
    const problems: string[] = []
    const notes = [`quiet: ${noteOf(quiet)}`]
    for (const { name } of abuses) {
      try {
        const measured = await beside(server, name, () => measure(name))
        figures[name] = measured.p99 - quiet.p99
        notes.push(`${name}: ${noteOf(measured)}`)
        if (measured.missing > 0)
          problems.push(`${name}: ${measured.missing} deliveries never came`)
      } catch (error) {
        problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    return { figures, problems, notes }
  },
}

/** Measures while somebody abuses the document of that name. */
const beside = async <T>(
  { kind, port }: Running,
  name: AbuseName,
  measure: () => Promise<T>,
): Promise<T> => {
  const program = fileURLToPath(new URL('../abuse/abuser-process.ts', import.meta.url))
  const args = [...process.execArgv, program, kind.name, String(port), name, name]
  const abuser = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise<void>((resolve, reject) => {
      abuser.stdout.once('data', () => resolve())
      abuser.once('exit', (code) => reject(new Error(`the abuser ended with ${code}`)))
    })
    return await measure()
  } finally {
    abuser.kill('SIGKILL')
  }
}
