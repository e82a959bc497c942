/*
 * Figures in Prometheus' text format, in a registry of each server's own. What the process is is the same for all servers in
 * it: those figures are registered once, as the first of them is read.
 */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Observe } from '../ports/observe.ts'
import { EventMetrics } from './event-metrics.ts'

/** What is read of a server at a moment. */
export interface ServerState {
  /** Documents that are open, that cannot be written at this moment, and that could not be opened. */
  readonly documents: Readonly<Record<'open' | 'failing' | 'unopened', number>>
  /** Accepted and not yet on disk; `oldestMs`: how long the oldest of that has been, 0 where there is none. */
  readonly unsaved: { readonly bytes: number; readonly oldestMs: number }
  /** What waits, by where. */
  readonly queuedBytes: Readonly<Record<string, number>>
  readonly queuedEntries: Readonly<Record<string, number>>
  /** What the store takes on disk, by file; empty where it is kept in memory. */
  readonly databaseBytes: Readonly<Record<string, number>>
  /** Clients that are connected, by transport; several documents may be open over one. */
  readonly connections: Readonly<Record<string, number>>
  readonly isDraining: boolean
}

/** The figures of one server. */
export interface Metrics {
  /** Hears what is counted. */
  readonly observe: Observe
  /** The figures of this moment as text. Whoever asks while it is written is given the same. */
  read(state: () => Promise<ServerState>): Promise<string>
}

/** The media type of the text. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

let ofProcess: Registry | null = null

const processMetrics = (): Registry => {
  if (ofProcess !== null) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}

/** Starts to count. */
export const createMetrics = (): Metrics => {
  const registry = new Registry()
  const events = new EventMetrics(registry)
  const shown = showState(registry)
  let reading: Promise<string> | null = null

  const write = async (state: () => Promise<ServerState>): Promise<string> => {
    shown(await state())
    events.collect()
    const texts = await Promise.all([registry.metrics(), processMetrics().metrics()])
    return texts.join('\n')
  }

  return {
    observe: { measures: true, event: (event) => events.event(event) },
    read(state) {
      reading ??= write(state).finally(() => {
        reading = null
      })
      return reading
    },
  }
}

const showState = (registry: Registry): ((state: ServerState) => void) => {
  const gauge = <L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
  ) => new Gauge<L>({ name: `quire_${name}`, help, labelNames, registers: [registry] })
  const open = gauge('open_documents', 'Documents that are open.')
  const failing = gauge('failing_documents', 'Documents whose last write failed; they are retried.')
  const unopened = gauge('unopened_documents', 'Documents that could not be opened just now.')
  const unsaved = gauge('unsaved_bytes', 'Bytes that are accepted and not yet on disk.')
  const oldest = gauge(
    'oldest_unsaved_seconds',
    'How long the oldest update that is not on disk has been accepted; 0 where all are.',
  )
  const queueBytes = gauge('queue_bytes', 'Bytes that wait or are being worked on, by queue.', [
    'queue',
  ])
  const queueEntries = gauge('queue_entries', 'Works that wait for their turn, by queue.', [
    'queue',
  ])
  const database = gauge('database_bytes', 'Bytes of the files of the database.', ['file'])
  const connections = gauge('connections', 'Clients that are connected.', ['transport'])
  const draining = gauge('draining_servers', '1 while the server stops, 0 otherwise.')
  return (state) => {
    const { documents, queuedBytes, queuedEntries, databaseBytes } = state
    open.set(documents.open)
    failing.set(documents.failing)
    unopened.set(documents.unopened)
    unsaved.set(state.unsaved.bytes)
    oldest.set(state.unsaved.oldestMs / 1000)
    for (const [queue, bytes] of Object.entries(queuedBytes)) queueBytes.set({ queue }, bytes)
    for (const [queue, entries] of Object.entries(queuedEntries))
      queueEntries.set({ queue }, entries)
    for (const [file, bytes] of Object.entries(databaseBytes)) database.set({ file }, bytes)
    for (const [transport, count] of Object.entries(state.connections))
      connections.set({ transport }, count)
    draining.set(state.isDraining ? 1 : 0)
  }
}
