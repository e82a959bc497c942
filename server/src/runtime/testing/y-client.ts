/*
 * What the y-websocket client does with frames (npm y-websocket, src/y-websocket.js), over a memory socket:
 * a real document, real presence, y-protocols for the bytes.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { sessionId, type DocName } from '@quire/shared'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { onTestFinished } from 'vitest'
import type { Dialect } from '../../dialects/dialect.ts'
import type { Documents, Login } from '../documents.ts'
import { createMemorySocket, type Peer } from './memory-socket.ts'

/** How a client connects. */
export interface ClientOptions {
  readonly documents: Documents
  readonly name: DocName
  readonly dialect: Dialect
  /** What it edits; a new document where it is absent. */
  readonly doc?: Y.Doc
  /** Its presence state, none where it is absent. */
  readonly presence?: Readonly<Record<string, unknown>>
  /** How it comes by its grant; absent: without a token. */
  readonly login?: Login
}

/** A client with its document. */
export interface YClient {
  readonly doc: Y.Doc
  readonly awareness: Awareness
  readonly peer: Peer
  /** True once the server has answered its state vector. */
  readonly isSynced: boolean
  /** The document's text. */
  text(): string
  /** Types at the end of the text. */
  type(text: string): void
}

let nextClientId = 1

/** Connects a client; it says at once what the stock client says as its socket opens. */
export const connectClient = (options: ClientOptions): YClient => {
  const { documents, name, dialect } = options
  const doc = options.doc ?? new Y.Doc()
  if (options.doc === undefined) doc.clientID = sessionId(nextClientId++)
  const awareness = new Awareness(doc)
  awareness.setLocalState(options.presence ?? null)
  onTestFinished(() => awareness.destroy())
  const { socket, peer } = createMemorySocket()
  let isSynced = false

  const say = (write: (out: encoding.Encoder) => void): void => peer.say(encoding.encode(write))
  const hear = (frame: Uint8Array): void => {
    const reader = decoding.createDecoder(frame)
    const type = decoding.readVarUint(reader)
    if (type === 1) applyAwarenessUpdate(awareness, decoding.readVarUint8Array(reader), peer)
    if (type !== 0) return
    const reply = encoding.createEncoder()
    encoding.writeVarUint(reply, 0)
    if (readSyncMessage(reader, reply, doc, peer) === 1) isSynced = true
    if (encoding.length(reply) > 1) peer.say(encoding.toUint8Array(reply))
  }

  const { login = { kind: 'given', token: null } } = options
  peer.open(documents.attach({ document: name, login, dialect, socket }), hear)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === peer) return
    say((out) => {
      encoding.writeVarUint(out, 0)
      writeUpdate(out, update)
    })
  })
  say((out) => {
    encoding.writeVarUint(out, 0)
    writeSyncStep1(out, doc)
  })
  if (options.presence !== undefined)
    say((out) => {
      encoding.writeVarUint(out, 1)
      encoding.writeVarUint8Array(out, encodeAwarenessUpdate(awareness, [doc.clientID]))
    })
  return {
    doc,
    awareness,
    peer,
    get isSynced() {
      return isSynced
    },
    text: () => doc.getText('text').toJSON(),
    type: (text) => doc.getText('text').insert(doc.getText('text').length, text),
  }
}
