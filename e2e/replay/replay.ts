/*
 * Replays a recording through live connections, one per agent, into a running server.
 */
import type { Recording } from './recording.ts'
import { Writer } from './writer.ts'

/** Where a replay goes, and how fast. */
export interface ReplayOptions {
  /** The document's address, as a y-websocket client has it. */
  readonly url: string
  /** Most edits per second and agent; as fast as the server takes them where it is absent. */
  readonly perSecond?: number
  /** Told how many edits the server has acknowledged so far. */
  readonly onProgress?: (acknowledged: number) => void
}

/** What a replay came to. */
export interface Replayed {
  readonly updates: number
  /** From the first edit's sending to the last one's acknowledgement. */
  readonly elapsedMs: number
  readonly updatesPerSecond: number
}

/** Sends all edits; resolves when the server has acknowledged each of them, that is, committed it. */
export const replay = async (recording: Recording, options: ReplayOptions): Promise<Replayed> => {
  const { url, perSecond = Number.POSITIVE_INFINITY, onProgress } = options
  let acknowledged = 0
  const writers = Array.from(
    { length: recording.agents },
    () => new Writer(url, { acknowledged: (edits) => onProgress?.((acknowledged += edits)) }),
  )
  try {
    await Promise.all(writers.map((writer) => writer.joined()))
    const startedAt = performance.now()
    const sent = writers.map((writer, agent) => {
      const own = recording.edits.filter((edit) => edit.agent === agent)
      return writer.send(own, perSecond)
    })
    await Promise.all(sent)
    const elapsedMs = performance.now() - startedAt
    const updates = recording.edits.length
    return { updates, elapsedMs, updatesPerSecond: (updates / elapsedMs) * 1000 }
  } finally {
    for (const writer of writers) writer.close()
  }
}
