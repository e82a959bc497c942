/*
 * `npm run transports`: what a WebSocket saves, and what is left without one. The ways to a server one after the other in
 * one run, over loopback and over a line of 50 ms there and back; as a table, in Markdown. `--quick` for a look.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { startServer } from '../../harness/server-process.ts'
import { buildServer } from '../../scripts/build-steps.ts'
import { measure, measureIdle, type Measured, type Plan } from './measure.ts'
import { pace, ways, type Way } from './ways.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const seconds = values.quick ? 3 : 20
/** What is done before anything is measured: code that runs for the first time costs several times as much. */
const WARM_UP_SECONDS = values.quick ? 1 : 5

/** One types and one reads; and ten who all type. */
const rooms = [
  { people: 2, typists: 1 },
  { people: 10, typists: 10 },
] as const
const UPDATES_PER_SECOND = 5
const LATE_MS = [0, 25] as const

const rounded = (value: number): string =>
  Number.isNaN(value) ? '–' : value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`

const cellsOf = ({
  p50,
  p99,
  typistBytes,
  readerBytes,
  cpuMs,
  missing,
}: Measured): readonly string[] => [
  ...[p50, p99].map(rounded),
  ...[typistBytes, readerBytes].map(rounded),
  rounded(cpuMs * 1_000),
  ...(missing === 0 ? [] : [`${missing} never came`]),
]

/** Does it with one way as it is to be paced. */
const along = async <T>(way: Way, what: () => Promise<T>): Promise<T> => {
  const undo = pace(way)
  try {
    return await what()
  } finally {
    undo()
  }
}

if (process.platform !== 'linux') throw new Error('CPU is read from /proc, so this needs Linux')
if ((await buildServer()) !== 0) throw new Error('the server does not compile')
const server = await startServer({ env: { QUIRE_LOG_LEVEL: 'error' } })
let lost = 0
try {
  const processors = cpus()
  process.stdout.write(
    `${processors.length} × ${processors[0]?.model.trim() ?? 'CPU'}, Node ${process.version}; ${UPDATES_PER_SECOND} updates a second of each who types, for ${seconds} s\n`,
  )
  let documents = 0
  const measureWay = (way: Way, plan: Omit<Plan, 'way' | 'document'>): Promise<Measured> =>
    along(way, () => measure(server, { ...plan, way, document: `transports ${documents++}` }))
  const updatesPerSecond = UPDATES_PER_SECOND
  for (const way of ways)
    await measureWay(way, { ...rooms[1], updatesPerSecond, seconds: WARM_UP_SECONDS, lateMs: 0 })
  for (const lateMs of LATE_MS)
    for (const { people, typists } of rooms) {
      process.stdout.write(
        `\n${people} people, of whom ${typists} type, ${2 * lateMs} ms there and back\n\n` +
          row([
            '',
            'p50, ms',
            'p99, ms',
            'bytes per update: who types',
            'who reads',
            'server CPU per update, µs',
          ]) +
          row(['---', '---:', '---:', '---:', '---:', '---:']),
      )
      for (const way of ways) {
        const measured = await measureWay(way, {
          people,
          typists,
          updatesPerSecond,
          seconds,
          lateMs,
        })
        lost += measured.missing
        process.stdout.write(row([way.name, ...cellsOf(measured)]))
      }
    }
  process.stdout.write(
    `\nA client to which nothing is told\n\n${row(['', 'bytes a minute'])}${row(['---', '---:'])}`,
  )
  for (const way of ways) {
    const bytes = await along(way, () =>
      measureIdle(server, { way, document: `idle ${way.name}`, seconds }),
    )
    process.stdout.write(row([way.name, rounded(bytes)]))
  }
} finally {
  await server.remove()
}
process.exit(lost === 0 ? 0 : 2)
