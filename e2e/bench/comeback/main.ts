/*
 * `npm run comeback`: a server dies under a thousand of Quire's own clients and is started again. How many handshakes come
 * in one second, and after how long is everybody live again? `--clients N`, `--away MS` (from its death to its start).
 */
import { parseArgs } from 'node:util'
import { connect, type Connected } from '@quire/provider'
import { Doc } from 'yjs'
import { startServer } from '../../harness/server-process.ts'
import { until } from '../../harness/until.ts'
import { buildServer } from '../../scripts/build-steps.ts'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    away: { type: 'string', default: '0' },
  },
})
const clients = Number(values.clients)
const awayMs = Number(values.away)
const PATIENCE_MS = 120_000
/** Long enough for every client to have heard a beat, which says over how long all are to be spread, milliseconds. */
const BEAT_MS = 12_000

/** When handshakes were done, milliseconds. */
const handshakes: number[] = []
const { WebSocket: Original } = globalThis
globalThis.WebSocket = class extends Original {
  constructor(...args: ConstructorParameters<typeof Original>) {
    super(...args)
    this.addEventListener('open', () => void handshakes.push(performance.now()))
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The most that there were in any window of a second. */
const most = (times: readonly number[]): number =>
  times.reduce((max, from, i) => {
    const end = times.findIndex((at) => at > from + 1_000)
    return Math.max(max, (end < 0 ? times.length : end) - i)
  }, 0)

if ((await buildServer()) !== 0) throw new Error('the server does not compile')
const server = await startServer({ env: { QUIRE_LOG_LEVEL: 'error' } })
try {
  const all: Connected[] = []
  const areLive = (): boolean => all.every(({ state }) => state.kind === 'live')
  for (let i = 0; i < clients; i++) {
    // a connection of its own each: what is behind the path is nothing to the server
    const url = `${server.url}/?client=${i}`
    all.push(connect({ url, document: `room ${i % 100}`, doc: new Doc(), presence: false }))
    if (i % 100 === 99) await until('they are live', areLive, PATIENCE_MS)
  }
  await until('all are live', areLive, PATIENCE_MS)
  await pause(BEAT_MS)
  handshakes.length = 0
  const lostAt = performance.now()
  await server.end('SIGKILL')
  await pause(awayMs)
  await server.restart()
  const listensAt = performance.now()
  await until('all are live again', areLive, PATIENCE_MS)
  const liveAt = performance.now()
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
  process.stdout.write(
    `${clients} clients; the server was away for ${seconds(listensAt - lostAt)}; ` +
      `all live ${seconds(liveAt - listensAt)} after it listened; ` +
      `${handshakes.length} handshakes, at most ${most(handshakes)} in any second\n`,
  )
  for (const one of all) one.close()
} finally {
  await server.remove()
}
