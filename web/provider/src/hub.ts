/* The connection of all documents of one server: it is opened for the first of them, and ended with the last. */
import {
  CONNECTION,
  decodeNotice,
  encodeChannelRequest,
  encodeConnectionRequest,
  QUIRE_REVISION,
  type ChannelNotice,
  type ChannelRequest,
  type ConnectionNotice,
  type UnknownMessage,
} from '@quire/shared'
import {
  dueAt,
  IDLE,
  remembers,
  stepConnection,
  type Connection,
  type ConnectionEffect,
  type ConnectionEvent,
} from './connection/connection.ts'
import type { Environment } from './environment.ts'
import { probe } from './probe.ts'
import { MESSAGE_BYTES, type Line, type Transport } from './transports/transport.ts'

/** What this client calls itself, in a server's log. */
const AGENT = '@quire/provider'

/** A document on the connection. */
export interface ChannelOwner {
  /** The connection is open, for messages of at most so many bytes: what was said before is forgotten there. */
  online(messageBytes: number): void
  offline(): void
  /** The connection is in another state. */
  changed(): void
  /** The machine has woken up, or the network is back. */
  woken(): void
  notice(notice: ChannelNotice): void
}

/** A place on the connection. */
export interface Place {
  say(request: ChannelRequest): void
  /** Tries a connection again that was refused. */
  retry(): void
  /** What the connection is in. */
  readonly connection: Connection
  leave(): void
}

/** What a hub is made with. */
export interface HubOptions {
  readonly url: string
  /** Ways to reach the server, the most wanted first. */
  readonly transports: readonly [Transport, ...(readonly Transport[])]
  readonly environment: Environment
  /** The last document has left. */
  readonly onEmpty: () => void
}

/** One connection to one server. */
export class Hub {
  readonly #options: HubOptions
  readonly #owners = new Map<number, ChannelOwner>()
  #nextChannel = 1
  #connection: Connection = IDLE
  #line: Line | null = null
  /** Gives up the attempt with the first transport beside the one that is open. */
  #undoProbe: () => void = () => undefined
  #undoTimer: () => void = () => undefined
  #undoWoken: () => void = () => undefined
  #queue: ConnectionEvent[] = []
  #isStepping = false

  constructor(options: HubOptions) {
    this.#options = options
  }

  /** A document needs the connection. */
  join(owner: ChannelOwner): Place {
    if (this.#owners.size === 0) {
      this.#undoWoken = this.#options.environment.onWoken(() => this.#wake())
      this.#push({ kind: 'wanted' })
    }
    let channel = this.#nextChannel++
    this.#owners.set(channel, owner)
    if (this.#connection.kind === 'open') owner.online(this.#connection.greeting.messageBytes)
    const connection = (): Connection => this.#connection
    return {
      say: (request) => {
        if (request.kind === 'open') {
          // each number once: what is still on its way on a channel that was closed is for nobody any more
          this.#owners.delete(channel)
          channel = this.#nextChannel++
          this.#owners.set(channel, owner)
        }
        this.#line?.send(sendable(encodeChannelRequest(channel, request)))
      },
      retry: () => this.#push({ kind: 'wanted' }),
      get connection() {
        return connection()
      },
      leave: () => {
        if (this.#owners.get(channel) !== owner) return
        this.#owners.delete(channel)
        if (this.#owners.size > 0) return
        this.#undoWoken()
        this.#push({ kind: 'unwanted' })
        if (!remembers(this.#connection, this.#options.environment.now())) this.#options.onEmpty()
      },
    }
  }

  #wake(): void {
    this.#push({ kind: 'woken' })
    for (const owner of this.#owners.values()) owner.woken()
  }

  #push(event: ConnectionEvent): void {
    this.#queue.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    // what is done may push; the array grows while it is walked
    for (let i = 0; i < this.#queue.length; i++)
      try {
        this.#take(this.#queue[i])
      } catch (error) {
        this.#options.environment.report(error)
      }
    this.#queue = []
    this.#isStepping = false
  }

  #take(event: ConnectionEvent | undefined): void {
    if (event === undefined) return
    const { environment, transports } = this.#options
    const { now, random } = environment
    const before = this.#connection
    const around = { now: now(), random: random(), transports: transports.length }
    const { connection, effects } = stepConnection(before, event, around)
    this.#connection = connection
    for (const effect of effects) this.#perform(effect)
    if (connection.kind !== 'open') this.#undoProbe()
    this.#setTimer()
    if (before.kind === connection.kind && before === connection) return
    for (const [channel, owner] of Array.from(this.#owners)) {
      if (this.#owners.get(channel) !== owner) continue // one of the others has made it leave
      if (connection.kind === 'open' && before.kind !== 'open')
        owner.online(connection.greeting.messageBytes)
      if (connection.kind !== 'open' && before.kind === 'open') owner.offline()
      if (connection.kind !== before.kind) owner.changed()
    }
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case 'open':
        return this.#open(effect.transport)
      case 'drop':
        this.#line?.close()
        this.#line = null
        return
      case 'ping':
        return this.#line?.send(sendable(encodeConnectionRequest({ kind: 'ping' })))
      case 'probe':
        return this.#probe()
    }
  }

  #probe(): void {
    const { transports, url, environment } = this.#options
    this.#undoProbe = probe(transports[0], {
      url,
      environment,
      hello: hello(),
      isGreeting: (frame) => {
        const notice = decodeNotice(frame)
        return notice.ok && notice.value.message.kind === 'hello'
      },
      onDone: (works) => this.#push({ kind: 'probed', works }),
    })
  }

  #open(index: number): void {
    const { transports, url } = this.#options
    const transport = transports[index] ?? transports[0]
    try {
      const line: Line = transport.open(url, {
        message: (frame) => {
          if (this.#line === line) this.#hear(frame)
        },
        ended: (reason) => {
          if (this.#line !== line) return
          this.#line = null
          this.#push({ kind: 'ended', reason })
        },
      })
      this.#line = line
      line.send(hello())
    } catch (error) {
      // a platform refuses what can never be opened at once, as a browser does from a page with TLS
      const reason = error instanceof Error ? error.message : String(error)
      this.#push({ kind: 'ended', reason })
    }
  }

  /** What does not read, or is out of bounds, is no server of this protocol. */
  #hear(frame: Uint8Array): void {
    if (frame.length > MESSAGE_BYTES)
      return this.#giveUp(`a message of ${frame.length} bytes, limit ${MESSAGE_BYTES}`)
    const notice = decodeNotice(frame)
    if (!notice.ok) return this.#giveUp(`a message that does not read: ${notice.error.message}`)
    const { channel, message } = notice.value
    // the channel says which of both it is: `decodeNotice` has read it so
    if (channel === CONNECTION) return this.#hearOfAll(message as ConnectionNotice | UnknownMessage)
    this.#push({ kind: 'heard', spreadMs: null })
    // of a channel that is closed by now, or of a type that a newer server knows
    if (message.kind !== 'unknown' && this.#connection.kind === 'open')
      this.#owners.get(channel)?.notice(message as ChannelNotice)
  }

  #hearOfAll(message: ConnectionNotice | UnknownMessage): void {
    switch (message.kind) {
      case 'hello':
        return this.#push({ kind: 'greeted', greeting: message })
      case 'beat':
        return this.#push({ kind: 'heard', spreadMs: message.spreadMs })
      case 'farewell':
        return this.#push({ kind: 'farewell', ending: message })
      case 'unknown':
        return this.#push({ kind: 'heard', spreadMs: null })
    }
  }

  #giveUp(what: string): void {
    this.#line?.close()
    this.#line = null
    this.#push({ kind: 'ended', reason: `the server sent ${what}` })
  }

  #setTimer(): void {
    this.#undoTimer()
    const at = dueAt(this.#connection)
    const { now, after } = this.#options.environment
    this.#undoTimer =
      at === null ? () => undefined : after(at - now(), () => this.#push({ kind: 'tick' }))
  }
}

/** Messages are written into buffers of their own. */
const sendable = (frame: Uint8Array): Uint8Array<ArrayBuffer> => frame as Uint8Array<ArrayBuffer>

const hello = (): Uint8Array<ArrayBuffer> =>
  sendable(encodeConnectionRequest({ kind: 'hello', revision: QUIRE_REVISION, agent: AGENT }))
