/*
 * A Hocuspocus client's socket, with words for what is said and heard on it (dialects/hocuspocus.ts has the
 * bytes, which are tested against the stock providers there).
 */
import { ok } from '@quire/shared'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { hocuspocusFamily } from '../../dialects/hocuspocus-family.ts'
import type { QuireEvent } from '../../ports/observe.ts'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { expect } from 'vitest'
import type { ServerLimits } from '../limits.ts'
import { multiplex, type ConnectionLimits } from '../multiplexed.ts'
import { createSlowAuth, tokenAuth, tokens, WRITER } from './logins.ts'
import { createMemorySocket, type Peer } from './memory-socket.ts'
import { settle, startTestServer, testServerLimits, type TestServer } from './server.ts'

/** Bounds as small as a test needs them to be to reach them, with rates that no test meets by accident. */
export const testConnectionLimits: ConnectionLimits = {
  documents: 10,
  backlog: { bytes: 16 * 1024, messages: 20 },
  messagesPerSecond: 1_000_000,
  bytesPerSecond: 1024 * 1024 * 1024,
  burstMs: 10_000,
  heldBackMs: 60_000,
}

/** What a test may choose. */
export interface SharedOptions {
  readonly token?: string | null
  readonly limits?: Partial<ConnectionLimits>
}

/** The client's end of a shared socket. */
export interface SharedSocket {
  readonly peer: Peer
  /** What the socket's owner reported itself. */
  readonly events: readonly QuireEvent[]
  /** Says a frame of this body. */
  say(address: string, ...body: readonly number[]): void
  login(address: string, token: string, version?: string): void
  /** Asks for the document, as a client does that has nothing. */
  ask(address: string): void
  /** Sends an update that types a text; a document of its own each time. */
  type(address: string, text: string): void
  /** Says that this client is here. */
  appear(address: string, client: number): void
  stateless(address: string, text: string): void
  bye(address: string): void
  /** Says what is said in `act` as if it had been read at once, whatever the server wants after the first of it. */
  atOnce(act: () => void): void
  /** The texts that an address was told of, in no order. */
  texts(address: string): string
  /** What was heard since the last call, as `address: word`, of an address the words alone. */
  heard(): readonly string[]
  heard(address: string): readonly string[]
}

/** Opens a shared socket on a server. */
export const openShared = (
  server: TestServer,
  { token = null, limits = {} }: SharedOptions = {},
): SharedSocket => {
  const { socket, peer } = createMemorySocket()
  const events: QuireEvent[] = []
  const { documents, clock } = server
  const connectionLimits = { ...testConnectionLimits, ...limits }
  peer.open(
    multiplex({
      socket,
      token,
      documents,
      clock,
      family: hocuspocusFamily(connectionLimits.documents, {
        presenceEntries: 100,
        presenceBytes: 16 * 1024,
      }),
      limits: connectionLimits,
      observe: { event: (event) => events.push(event) },
    }),
  )
  let sayFrame = peer.say
  const write = (address: string, type: number, rest: (out: encoding.Encoder) => void): void =>
    sayFrame(
      encoding.encode((out) => {
        encoding.writeVarString(out, address)
        encoding.writeVarUint(out, type)
        rest(out)
      }),
    )
  let read = 0
  const unheard: { readonly address: string; readonly word: string }[] = []
  return {
    peer,
    events,
    say: (address, type = 0, ...body) =>
      write(address, type, (out) => encoding.writeUint8Array(out, Uint8Array.from(body))),
    login: (address, said, version) =>
      write(address, 2, (out) => {
        encoding.writeVarUint(out, 0)
        encoding.writeVarString(out, said)
        if (version !== undefined) encoding.writeVarString(out, version)
      }),
    ask: (address) =>
      write(address, 0, (out) => encoding.writeUint8Array(out, Uint8Array.of(0, 1, 0))),
    type: (address, text) =>
      write(address, 0, (out) => {
        encoding.writeVarUint(out, 2)
        encoding.writeVarUint8Array(out, typed(text))
      }),
    appear: (address, client) =>
      write(address, 1, (out) => encoding.writeVarUint8Array(out, presenceOf(client))),
    stateless: (address, text) => write(address, 5, (out) => encoding.writeVarString(out, text)),
    bye: (address) => write(address, 7, () => undefined),
    atOnce(act) {
      const frames: Uint8Array[] = []
      sayFrame = (frame) => void frames.push(frame)
      act()
      sayFrame = peer.say
      peer.sayAtOnce(frames)
    },
    texts(of) {
      const doc = new Y.Doc()
      for (const frame of peer.frames) {
        const reader = decoding.createDecoder(frame)
        if (decoding.readVarString(reader) !== of || decoding.readVarUint(reader) !== 0) continue
        if (decoding.readVarUint(reader) === 0) continue // a question
        Y.applyUpdate(doc, decoding.readVarUint8Array(reader))
      }
      return doc.getText('text').toJSON()
    },
    heard(of?: string): readonly string[] {
      unheard.push(...peer.frames.slice(read).map(wordOf))
      read = peer.frames.length
      const all = unheard.splice(0)
      if (of === undefined) return all.map(({ address, word }) => `${address}: ${word}`)
      unheard.push(...all.filter(({ address }) => address !== of))
      return all.flatMap(({ address, word }) => (address === of ? [word] : []))
    },
  }
}

/** What a document hears first that its client may write. */
export const OPENING = ['read-write', 'question', 'answer']

/** Opens a document as its provider does that has nothing. */
export const open = (
  socket: SharedSocket,
  address: string,
  token: string,
  version?: string,
): void => {
  socket.login(address, token, version)
  socket.ask(address)
  socket.say(address, 0, 1, 2, 0, 0)
}

/** Opens documents, and forgets what they heard of it. */
export const openAll = async (
  socket: SharedSocket,
  addresses: readonly string[],
  { token = '', version }: { readonly token?: string; readonly version?: string | undefined } = {},
): Promise<void> => {
  for (const address of addresses) open(socket, address, token, version)
  await settle()
  for (const address of addresses) expect(socket.heard(address).slice(0, 3)).toEqual(OPENING)
}

/** A server with tokens, and a socket on it with two documents, `a` and `b`, that may be written. */
export const startWithTwo = async () => {
  const server = startTestServer({ auth: tokenAuth(tokens) })
  const ann = openShared(server)
  await openAll(ann, ['a', 'b'], { token: 'write' })
  await settle()
  return { server, ann }
}

/** A server whose logins wait until the test decides, and a socket on it. */
export const startSlow = (limits: Partial<ServerLimits> = {}) => {
  const { auth, asked } = createSlowAuth()
  const server = startTestServer({ auth, serverLimits: { ...testServerLimits, ...limits } })
  return { server, ann: openShared(server), asked }
}

/** The same with a document `a` that may be written: its first login is decided. */
export const startSlowWithOne = async (limits: Partial<ServerLimits> = {}) => {
  const { server, ann, asked } = startSlow(limits)
  open(ann, 'a', 'first')
  await settle()
  asked[0]?.resolve(ok(WRITER))
  await settle()
  ann.heard()
  return { server, ann, asked }
}

/** An update that types a text into a document of its own. */
const typed = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

const presenceOf = (client: number): Uint8Array => {
  const doc = new Y.Doc()
  doc.clientID = client
  const awareness = new Awareness(doc)
  const update = encodeAwarenessUpdate(awareness, [client])
  awareness.destroy()
  return update
}

/** What a frame says: `saved`, `denied: reason`, `presence 7 gone`. */
const wordOf = (frame: Uint8Array): { readonly address: string; readonly word: string } => {
  const reader = decoding.createDecoder(frame)
  const address = decoding.readVarString(reader)
  return { address, word: wordsOf(decoding.readVarUint(reader), reader) }
}

const wordsOf = (type: number, reader: decoding.Decoder): string => {
  switch (type) {
    case 0:
      return ['question', 'answer', 'update'][decoding.readVarUint(reader)] ?? 'nonsense'
    case 1:
      return presenceWords(decoding.createDecoder(decoding.readVarUint8Array(reader)))
    case 2:
      switch (decoding.readVarUint(reader)) {
        case 0:
          return 'token?'
        case 1:
          return `denied: ${decoding.readVarString(reader)}`
        default:
          return decoding.readVarString(reader)
      }
    case 3:
      return 'who?'
    case 5:
      return `says ${decoding.readVarString(reader)}`
    case 7:
      return `closed: ${decoding.readVarString(reader)}`
    case 8:
      return decoding.readVarUint(reader) === 1 ? 'saved' : 'refused'
    default:
      return `type ${type}`
  }
}

const presenceWords = (reader: decoding.Decoder): string => {
  const count = decoding.readVarUint(reader)
  const words = Array.from({ length: count }, () => {
    const client = decoding.readVarUint(reader)
    decoding.readVarUint(reader) // its clock
    return `${client} ${decoding.readVarString(reader) === 'null' ? 'gone' : 'here'}`
  })
  return count === 0 ? 'alive' : `presence ${words.join(', ')}`
}
