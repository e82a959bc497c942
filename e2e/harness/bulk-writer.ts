/*
 * Somebody who writes a lot and deletes it again, so that much is said and the document stays small.
 */
import { Doc } from 'yjs'
import { readSyncFrame, updateFrame } from './frames.ts'
import { openRaw, type RawClient } from './raw-client.ts'
import { TEXT } from './stock-client.ts'
import { until } from './until.ts'

const MIB = 1024 * 1024
const UPDATE_BYTES = 4096
/** Updates that are under way at most, so that only who does not read falls behind. */
const AHEAD = 200

/** Somebody who writes a lot. */
export interface BulkWriter {
  readonly doc: Doc
  readonly client: RawClient
  /** Writes so much in updates of 4 KB, and deletes each; resolves when all of it is acknowledged. */
  write(mib: number): Promise<void>
  /** The same without waiting for anything. */
  say(bytes: number): void
  close(): void
}

/** Opens a writer. */
export const openBulkWriter = async (url: string): Promise<BulkWriter> => {
  const doc = new Doc()
  const text = doc.getText(TEXT)
  const client = await openRaw(url)
  const unacknowledged: Uint8Array[] = []
  client.socket.on('message', (frame: Buffer) => {
    const sync = readSyncFrame(frame)
    const [next] = unacknowledged
    if (sync?.kind === 'update' && next !== undefined && Buffer.compare(sync.bytes, next) === 0)
      unacknowledged.shift()
  })
  doc.on('update', (update: Uint8Array) => {
    unacknowledged.push(update)
    client.socket.send(updateFrame(update))
  })

  const acknowledged = (but: number): Promise<void> =>
    until('the server acknowledges what was written', () => unacknowledged.length <= but)

  const say = (bytes: number): void => {
    for (let said = 0; said < bytes; said += UPDATE_BYTES) {
      text.insert(0, 'x'.repeat(UPDATE_BYTES))
      text.delete(0, UPDATE_BYTES)
    }
  }

  return {
    doc,
    client,
    say,
    async write(mib) {
      for (let written = 0; written < mib * MIB; written += UPDATE_BYTES) {
        say(UPDATE_BYTES)
        if (unacknowledged.length > AHEAD) await acknowledged(AHEAD / 2)
      }
      await acknowledged(0)
    },
    close() {
      client.socket.terminate()
      doc.destroy()
    },
  }
}
