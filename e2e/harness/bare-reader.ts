import { applyUpdate, Doc } from 'yjs'
import { readSyncFrame, stepOneFrame } from './frames.ts'
import { openRaw, type RawClient } from './raw-client.ts'

/** A bare connection that holds what it hears in a document, and says nothing more than that it wants it. */
export interface BareReader {
  readonly doc: Doc
  readonly client: RawClient
  close(): void
}

const EMPTY_STATE_VECTOR = Uint8Array.of(0)

/** Opens a reader. */
export const openBareReader = async (url: string): Promise<BareReader> => {
  const doc = new Doc()
  const client = await openRaw(url)
  client.socket.on('message', (frame: Buffer) => {
    const sync = readSyncFrame(frame)
    if (sync !== null && sync.kind !== 'step-1') applyUpdate(doc, sync.bytes)
  })
  client.socket.send(stepOneFrame(EMPTY_STATE_VECTOR))
  return {
    doc,
    client,
    close() {
      client.socket.terminate()
      doc.destroy()
    },
  }
}
