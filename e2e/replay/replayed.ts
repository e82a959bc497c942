/*
 * What the tests of all traces do: replay into a server of its own, watched from the start, read at
 * the end, killed, and read again.
 */
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { documentUrl } from '../harness/raw-client.ts'
import { startServer } from '../harness/server-process.ts'
import { openClient, type StockClient } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'
import { record, type Recording } from './recording.ts'
import { replay } from './replay.ts'
import { readTrace, type Trace } from './trace.ts'

/** Traces take seconds of Yjs' own time on each side, on a busy machine many. */
export const TRACE_MS = 240_000

/** A trace of e2e/traces, and its edits. */
export const recorded = async (
  name: string,
): Promise<{ readonly trace: Trace; readonly recording: Recording }> => {
  const file = fileURLToPath(new URL(`../traces/${name}.json.gz`, import.meta.url))
  const trace = await readTrace(file)
  if (!trace.ok) throw new Error(trace.error)
  const recording = record(trace.value)
  if (!recording.ok) throw new Error(recording.error)
  return { trace: trace.value, recording: recording.value }
}

/** Replays, and expects the end text of a reader from the start, one at the end, one after a kill. */
export const expectSurvives = async (name: string, recording: Recording): Promise<void> => {
  const server = await startServer()
  const readers: StockClient[] = []
  const reader = async (): Promise<StockClient> => {
    const client = openClient(server, name)
    readers.push(client)
    await client.synced(TRACE_MS)
    return client
  }
  try {
    const early = await reader()
    await replay(recording, { url: documentUrl(server, name) })
    await until('the early reader has everything', () => holds(early, recording), TRACE_MS)
    const late = await reader()
    await until('the late reader has everything', () => holds(late, recording))
    for (const client of readers.splice(0)) client.close()

    await server.end('SIGKILL')
    await server.restart()
    const fresh = await reader()
    expect(fresh.text.toJSON()).toBe(recording.endText)
  } finally {
    for (const client of readers) client.close()
    await server.remove()
  }
}

/** The lengths first: the text of a Y.Text is put together anew at each look. */
const holds = ({ text }: StockClient, { endText }: Recording): boolean =>
  text.length === endText.length && text.toJSON() === endText
