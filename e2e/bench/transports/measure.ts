/*
 * People in one document, each with a connection of its own whose bytes are counted:
 *
 *     client ──▶ meter ──▶ line that is late ──▶ server
 */
import { connect, type Connected } from '@quire/provider'
import { Doc, getState } from 'yjs'
import { openLine } from '../../compat/fuzz/weather.ts'
import { startMeteredProxy, type MeteredProxy } from '../../harness/metered-proxy.ts'
import { TEXT } from '../../harness/stock-client.ts'
import { until } from '../../harness/until.ts'
import { Histogram } from '../measure/histogram.ts'
import { cpuBetween, readCpu } from '../measure/usage.ts'
import type { Way } from './ways.ts'

/** What is measured. */
export interface Plan {
  readonly way: Way
  readonly document: string
  readonly people: number
  /** How many of them type. */
  readonly typists: number
  readonly updatesPerSecond: number
  readonly seconds: number
  /** Milliseconds to the server, and as many back. */
  readonly lateMs: number
}

/** What it came to. */
export interface Measured {
  /** From an edit to when somebody else has it, milliseconds. */
  readonly p50: number
  readonly p99: number
  /** On the lines of who types and of who only reads, in both directions, for each update that anybody makes. */
  readonly typistBytes: number
  readonly readerBytes: number
  /** Of the server, milliseconds for each update that anybody makes. */
  readonly cpuMs: number
  /** Updates that did not come to everybody. */
  readonly missing: number
}

interface Seat {
  readonly provider: Connected
  readonly meter: MeteredProxy
  leave(): Promise<void>
}

interface Sent {
  readonly clock: number
  readonly at: number
}

/** Seats a person at a document. */
export const takeSeat = async (
  server: { readonly port: number },
  { way, document, lateMs }: Pick<Plan, 'way' | 'document' | 'lateMs'>,
): Promise<Seat> => {
  const line = await openLine(server.port)
  if (lateMs > 0) line.set({ kind: 'late', ms: lateMs })
  const meter = await startMeteredProxy(line.port)
  const doc = new Doc()
  const { transport } = way
  const provider = connect({
    url: meter.url,
    document,
    doc,
    presence: false,
    transports: [transport],
  })
  await until(`${way.name} is live`, () => provider.state.kind === 'live')
  return {
    provider,
    meter,
    async leave() {
      provider.close()
      await meter.close()
      await line.close()
      doc.destroy()
    },
  }
}

/** Lets them type. */
export const measure = async (
  server: { readonly port: number; readonly pid: number },
  plan: Plan,
): Promise<Measured> => {
  const { people, typists, updatesPerSecond, seconds } = plan
  const seats = await Promise.all(Array.from({ length: people }, () => takeSeat(server, plan)))
  const histogram = new Histogram()
  const writers = seats.slice(0, typists)
  /** What each reader has not had yet, by its author. */
  const pending = seats.map(() => new Map<number, Sent[]>())
  for (const [i, { provider }] of seats.entries())
    provider.doc.on('update', (_: Uint8Array, origin: unknown) => {
      if (origin !== provider) return
      const now = performance.now()
      for (const [author, sent] of pending[i] ?? []) {
        const clock = getState(provider.doc.store, author)
        while (sent[0] !== undefined && sent[0].clock <= clock)
          histogram.add(now - (sent.shift()?.at ?? now))
      }
    })
  const type = ({ provider: { doc } }: Seat): void => {
    const at = performance.now()
    doc.getText(TEXT).insert(doc.getText(TEXT).length, 'x')
    const clock = getState(doc.store, doc.clientID)
    for (const [i, { provider }] of seats.entries()) {
      if (provider.doc === doc) continue
      const sent = pending[i]?.get(doc.clientID) ?? []
      sent.push({ clock, at })
      pending[i]?.set(doc.clientID, sent)
    }
  }

  const bytesOf = (some: readonly Seat[]): number =>
    some.reduce((sum, { meter }) => sum + meter.bytes(), 0)
  const readers = seats.slice(typists)
  const before = { typists: bytesOf(writers), readers: bytesOf(readers), cpu: readCpu(server.pid) }
  const everyMs = 1_000 / updatesPerSecond
  const startedAt = performance.now()
  const rounds = Math.round(seconds * updatesPerSecond)
  // each types in its own turn, so that not all do at once
  await Promise.all(
    writers.map(async (writer, i) => {
      for (let round = 0; round < rounds; round++) {
        const dueAt = startedAt + (round + i / typists) * everyMs
        const waitMs = Math.max(0, dueAt - performance.now())
        await new Promise((resolve) => setTimeout(resolve, waitMs))
        type(writer)
      }
    }),
  )
  const missing = (): number =>
    pending.reduce(
      (sum, of) => sum + [...of.values()].reduce((all, { length }) => all + length, 0),
      0,
    )
  await until('all have all', () => missing() === 0).catch(() => undefined)
  const updates = rounds * typists
  const result: Measured = {
    p50: histogram.quantile(0.5),
    p99: histogram.quantile(0.99),
    typistBytes: (bytesOf(writers) - before.typists) / updates / typists,
    readerBytes:
      readers.length === 0
        ? Number.NaN
        : (bytesOf(readers) - before.readers) / updates / readers.length,
    cpuMs: cpuBetween(before.cpu, readCpu(server.pid)) / updates,
    missing: missing(),
  }
  await Promise.all(seats.map((seat) => seat.leave()))
  return result
}

/** Bytes a minute of a client to which nothing is told. */
export const measureIdle = async (
  server: { readonly port: number },
  plan: Pick<Plan, 'way' | 'document' | 'seconds'>,
): Promise<number> => {
  const seat = await takeSeat(server, { ...plan, lateMs: 0 })
  await new Promise((resolve) => setTimeout(resolve, 1_000)) // for what is told at the beginning
  const before = seat.meter.bytes()
  await new Promise((resolve) => setTimeout(resolve, plan.seconds * 1_000))
  const bytes = seat.meter.bytes() - before
  await seat.leave()
  return (bytes * 60) / plan.seconds
}
