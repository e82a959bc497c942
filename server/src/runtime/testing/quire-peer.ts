/* A client of quire.v1 that says what a test tells it to, on a server under test. */
import {
  decodeNotice,
  encodeChannelRequest,
  encodeConnectionRequest,
  QUIRE_REVISION,
  seq,
  type ChannelNotice,
  type ChannelRequest,
  type ConnectionNotice,
  type ConnectionRequest,
  type StateVector,
  type UnknownMessage,
  type Update,
} from '@quire/shared'
import * as Y from 'yjs'
import { quireFamily } from '../../dialects/quire-connection.ts'
import type { QuireEvent } from '../../ports/observe.ts'
import { multiplex } from '../multiplexed.ts'
import { createMemorySocket, type Peer } from './memory-socket.ts'
import { testConnectionLimits } from './shared-socket.ts'
import type { TestServer } from './server.ts'

type Notice = ConnectionNotice | ChannelNotice | UnknownMessage

/** The far end of a quire.v1 socket. */
export interface QuirePeer {
  readonly peer: Peer
  readonly events: readonly QuireEvent[]
  /** Says something about a document. */
  say(channel: number, message: ChannelRequest): void
  /** Says something about the connection. */
  sayOfAll(message: ConnectionRequest): void
  /** Opens a document, and asks for what it lacks beyond this state. */
  open(channel: number, document: string, more?: { token?: string | null; doc?: Y.Doc }): void
  /** What it has been told on a channel since it was looked at last; beats are left out. */
  heard(channel: number): readonly Notice[]
  /** The kinds of that. */
  kinds(channel: number): readonly string[]
}

/** What it takes to open one. */
export interface QuirePeerOptions {
  readonly token?: string | null
  readonly documents?: number
}

/** Opens a socket on a server. */
export const openQuire = (
  server: TestServer,
  { token = null, documents = 10 }: QuirePeerOptions = {},
): QuirePeer => {
  const { socket, peer } = createMemorySocket()
  const events: QuireEvent[] = []
  const presence = { presenceEntries: 100, presenceBytes: 16 * 1024 }
  peer.open(
    multiplex({
      family: quireFamily({ documents, messageBytes: 1024 * 1024 }, presence, {
        spreadMs: () => 7,
        pauseMs: () => 3,
      }),
      socket,
      token,
      documents: server.documents,
      clock: server.clock,
      limits: { ...testConnectionLimits, documents },
      observe: { event: (event) => events.push(event) },
    }),
  )
  peer.say(encodeConnectionRequest({ kind: 'hello', revision: QUIRE_REVISION, agent: 'test' }))
  let read = 0
  const unheard: { readonly channel: number; readonly message: Notice }[] = []
  const heard = (channel: number): readonly Notice[] => {
    for (const frame of peer.frames.slice(read)) {
      const notice = decodeNotice(frame)
      if (!notice.ok) throw new Error(`the server said what does not read: ${notice.error.message}`)
      if (notice.value.message.kind !== 'beat') unheard.push(notice.value)
    }
    read = peer.frames.length
    const all = unheard.splice(0)
    unheard.push(...all.filter((one) => one.channel !== channel))
    return all.flatMap((one) => (one.channel === channel ? [one.message] : []))
  }
  const say = (channel: number, message: ChannelRequest): void =>
    peer.say(encodeChannelRequest(channel, message))
  return {
    peer,
    events,
    say,
    sayOfAll: (message) => peer.say(encodeConnectionRequest(message)),
    open(channel, document, { token: own = null, doc = new Y.Doc() } = {}) {
      say(channel, { kind: 'open', document, token: own })
      say(channel, { kind: 'ask', stateVector: Y.encodeStateVector(doc) as StateVector })
    },
    heard,
    kinds: (channel) => heard(channel).map(({ kind }) => kind),
  }
}

/** Somebody who types at the beginning of a text. */
export const typistOf = (client: number): { readonly doc: Y.Doc; type(text: string): Update } => {
  const doc = new Y.Doc()
  doc.clientID = client
  return {
    doc,
    type(text) {
      const before = Y.encodeStateVector(doc)
      doc.getText('text').insert(0, text)
      return Y.encodeStateAsUpdate(doc, before) as Update // made by Yjs
    },
  }
}

/** The text that these updates make. */
export const textIn = (notices: readonly Notice[]): string => {
  const doc = new Y.Doc()
  for (const notice of notices)
    if (notice.kind === 'update' || notice.kind === 'answer') Y.applyUpdate(doc, notice.update)
  return doc.getText('text').toJSON()
}

/** A place in the log. */
export const position = (epoch: number, at: number, writer: number): ChannelRequest => ({
  kind: 'position',
  epoch,
  seq: seq(at),
  writer,
})
