/* An outbox whose sessions hear words. */
import {
  millis,
  sessionId,
  type ClientId,
  type Frame,
  type KnownPresence,
  type Update,
} from '@quire/shared'
import type { Dialect } from '../../dialects/dialect.ts'
import type { ServerMessage } from '../../room/message.ts'
import { Outbox } from '../outbox.ts'
import { createSession, type Session } from '../session.ts'
import { Turns } from '../turns.ts'
import { createManualClock } from './manual-clock.ts'
import { createMemorySocket, type Peer } from './memory-socket.ts'

/** The bytes of a word. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
/** A word as an update. */
export const update = (text: string): Update => bytesOf(text) as Update // never decoded here

/** Says what a message is in words; of a grant it has none. */
const words: Dialect = {
  name: 'words',
  family: 'direct',
  lane: 'words',
  asking: 'on-join',
  keepAliveMs: 10_000,
  decode: () => ({ ok: true, value: [] }),
  encode: (message) => (message.kind === 'granted' ? [] : [bytesOf(wordOf(message)) as Frame]),
}

const wordOf = (message: ServerMessage): string => {
  if (message.kind === 'update') return textOf(message.update)
  if (message.kind === 'presence')
    return message.entries.map(({ client, clock }) => `${client}@${clock}`).join(' ')
  if (message.kind === 'denied') return message.reason
  return message.kind
}

/** A word for one session. */
export const saying = (reason: string): ServerMessage => ({ kind: 'denied', reason })

/** A state of presence. */
export const entry = (client: number, clock: number): KnownPresence => ({
  client: client as ClientId,
  clock,
  state: '{}',
  user: null,
})

/** Bounds of an outbox under test, none of which a test meets by accident. */
export interface OutboxBounds {
  readonly intervalMs?: number
  readonly lagBytes?: number
  readonly turnBytes?: number
}

/** An outbox with so many sessions. `heard` tells what each has heard, in its order. */
export const setUp = (count: number, options: OutboxBounds = {}) => {
  const clock = createManualClock()
  const sessions = new Map<Session['id'], Session>()
  const peers: Peer[] = []
  const congested: number[] = []
  const served: number[] = []
  const outbox = new Outbox({
    clock,
    turns: new Turns(clock, options.turnBytes ?? 1024 * 1024),
    sessions,
    intervalMs: () => options.intervalMs ?? 0,
    lagBytes: options.lagBytes ?? 1_000,
    measured: null,
    onCongested: (session) => congested.push(session),
    onServed: (session) => served.push(session.id),
    onBug: (error) => {
      throw error
    },
  })
  const join = (): Session => {
    const { socket, peer } = createMemorySocket()
    const id = sessionId(peers.length + 1)
    const session = createSession({ id, dialect: words, socket }, millis(0))
    peers.push(peer)
    sessions.set(id, session)
    outbox.attach(session)
    return session
  }
  const all = Array.from({ length: count }, join)
  const heard = (index: number): string[] => (peers[index]?.frames ?? []).map(textOf)
  return { outbox, clock, sessions, peers, congested, served, join, all, heard }
}
