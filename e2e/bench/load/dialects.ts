/*
 * The two ways in which servers of Yjs documents frame the same messages:
 *
 *   y-websocket  varUint type, rest                     the document is named by the address
 *   Hocuspocus   varString document, varUint type, rest  and says who it is first
 *
 *   type 0 sync: varUint 0 step 1 | 1 step 2 | 2 update, varUint8Array
 *   type 1 presence: varUint8Array
 *   type 8 (Hocuspocus) status of a step 2 or update: varUint 1 taken | 0 refused
 */
import * as encoding from 'lib0/encoding'

/** What a message is. `from` and `to` are where the update, vector or presence in it stands. */
export interface Heard {
  kind: 'step-1' | 'step-2' | 'update' | 'presence' | 'taken' | 'refused' | 'other'
  from: number
  to: number
}

/** How to talk to a server about one document. */
export interface Dialect {
  /** Where the connection goes. */
  path(document: string): string
  /** What a client says first, in messages of their own. */
  hello(document: string, stateVector: Uint8Array): readonly Uint8Array[]
  update(document: string, update: Uint8Array): Uint8Array
  /** The answer to a server's step 1. */
  stepTwo(document: string, update: Uint8Array): Uint8Array
  presence(document: string, entries: Uint8Array): Uint8Array
  /** Reads the message in bytes [from, to) into `heard`. */
  read(bytes: Uint8Array, range: readonly [from: number, to: number], heard: Heard): void
}

const SYNC = 0
const PRESENCE = 1
const AUTH = 2
const STATUS = 8
const PROVIDER_VERSION = '4.7.0'

const syncMessage = (head: (out: encoding.Encoder) => void, kind: number, bytes: Uint8Array) =>
  encoding.encode((out) => {
    head(out)
    encoding.writeVarUint(out, SYNC)
    encoding.writeVarUint(out, kind)
    encoding.writeVarUint8Array(out, bytes)
  })

const presenceMessage = (head: (out: encoding.Encoder) => void, entries: Uint8Array) =>
  encoding.encode((out) => {
    head(out)
    encoding.writeVarUint(out, PRESENCE)
    encoding.writeVarUint8Array(out, entries)
  })

/** y-websocket's: Quire, `@y/websocket-server`. `prefix` is what stands before the document's name. */
export const yWebsocketDialect = (prefix: string): Dialect => {
  const head = (): void => {}
  return {
    path: (document) => `${prefix}/${encodeURIComponent(document)}`,
    hello: (_, stateVector) => [syncMessage(head, 0, stateVector)],
    stepTwo: (_, update) => syncMessage(head, 1, update),
    update: (_, update) => syncMessage(head, 2, update),
    presence: (_, entries) => presenceMessage(head, entries),
    read: (bytes, [from], heard) => readBody(bytes, from, heard),
  }
}

/** Hocuspocus' (versions 2 to 4). */
export const hocuspocusDialect: Dialect = {
  path: () => '/',
  hello: (document, stateVector) => [
    encoding.encode((out) => {
      encoding.writeVarString(out, document)
      encoding.writeVarUint(out, AUTH)
      encoding.writeVarUint(out, 0)
      encoding.writeVarString(out, '')
      encoding.writeVarString(out, PROVIDER_VERSION)
    }),
    syncMessage((out) => encoding.writeVarString(out, document), 0, stateVector),
  ],
  stepTwo: (document, update) =>
    syncMessage((out) => encoding.writeVarString(out, document), 1, update),
  update: (document, update) =>
    syncMessage((out) => encoding.writeVarString(out, document), 2, update),
  presence: (document, entries) =>
    presenceMessage((out) => encoding.writeVarString(out, document), entries),
  read: (bytes, [from], heard) => {
    const reader = new Reader(bytes, from)
    const name = reader.varUint()
    readBody(bytes, reader.at + name, heard)
  },
}

const syncKinds = ['step-1', 'step-2', 'update'] as const

const readBody = (bytes: Uint8Array, at: number, heard: Heard): void => {
  const reader = new Reader(bytes, at)
  const type = reader.varUint()
  heard.kind = 'other'
  if (type === STATUS) heard.kind = reader.varUint() === 1 ? 'taken' : 'refused'
  else if (type === SYNC) heard.kind = syncKinds[reader.varUint()] ?? 'other'
  else if (type === PRESENCE) heard.kind = 'presence'
  else return
  if (type === STATUS) return
  const length = reader.varUint()
  heard.from = reader.at
  heard.to = reader.at + length
}

class Reader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  varUint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new Error('a message ends too early')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
}
