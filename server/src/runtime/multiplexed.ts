/*
 * A socket that carries several sessions: a channel and an attachment for each of them. Which frame is for
 * whom, and what is left of the socket when one of them ends, the family's `Connection` decides.
 */
import { assertNever, closeCodes, type CloseName } from '@quire/shared'
import type { Connection, Decision, Said, SharedFamily } from '../dialects/connection.ts'
import type { RequestFacts } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { Socket, SocketListener } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import type { Attached } from './attachment.ts'
import { Backlog, type BacklogLimits } from './backlog.ts'
import { Channel, type ChannelOwner } from './channel.ts'
import type { Documents } from './documents.ts'
import { Rate } from './rate.ts'
import { ReadingPace } from './reading-pace.ts'
import type { ThrottleLimits } from './throttle.ts'

/** Time that a socket without a document is kept, milliseconds: providers come and go on one. */
const EMPTY_MS = 60_000

/** What a login, or a session, counts for among the messages of its connection: one costs about as much. */
const LOGIN_MESSAGES = 50

/** Bounds of one connection that carries several documents. */
export interface ConnectionLimits extends ThrottleLimits {
  /** Documents, or sessions of one document, that are open on it. */
  readonly documents: number
  /** What is kept of what they say before their logins are checked. */
  readonly backlog: BacklogLimits
}

/** What a shared socket needs. */
export interface MultiplexOptions<P> {
  readonly family: SharedFamily<P>
  readonly socket: Socket
  /** The token that was given on the way in, null for none. */
  readonly token: string | null
  /** The request that the socket came with, where logins are judged by it. */
  readonly request?: RequestFacts | undefined
  readonly documents: Documents
  readonly limits: ConnectionLimits
  readonly clock: Clock
  readonly observe: Observe
}

/** Serves the clients of a family on a socket; what it returns is the socket's owner. */
export const multiplex = <P>(options: MultiplexOptions<P>): SocketListener => {
  const multiplexed = new Multiplexed(options)
  multiplexed.start()
  return multiplexed
}

interface Share {
  readonly address: string
  readonly channel: Channel
  readonly attached: Attached
}

class Multiplexed<P> implements SocketListener, ChannelOwner {
  readonly #options: MultiplexOptions<P>
  readonly #connection: Connection<P>
  readonly #backlog: Backlog
  readonly #rate: Rate
  readonly #pace = new ReadingPace()
  readonly #shares = new Map<string, Share>()
  readonly #pausing = new Set<unknown>()
  #undoBeat: Undo = () => undefined
  #undoEmpty: Undo | null = null
  #undoPause: Undo = () => undefined
  #isOver = false

  constructor(options: MultiplexOptions<P>) {
    this.#options = options
    const { limits, clock, family } = options
    this.#connection = family.connection
    this.#backlog = new Backlog(limits.backlog)
    this.#rate = new Rate(limits, clock.now())
  }

  /** Greets the client, and begins to watch the socket. */
  start(): void {
    const { clock, socket, family } = this.#options
    for (const frame of family.greeting) socket.send(frame)
    const { beat } = family
    if (beat !== null) this.#undoBeat = clock.every(beat.everyMs, () => socket.send(beat.frame()))
    this.#watchEmpty()
  }

  message(frame: Uint8Array): void {
    if (this.#isOver) return
    const decision = this.#connection.hear(frame)
    const messages = chargeOf(decision)
    if (messages > 0) this.#charge(messages, frame.length)
    this.#act(decision)
    this.#watchEmpty()
  }

  /** Each time another one is the first to write on: it may fill the line, and leave the others nothing. */
  drained(): void {
    const shares = [...this.#shares]
    const [first] = shares
    if (first === undefined) return
    this.#shares.delete(first[0])
    this.#shares.set(...first)
    for (const [, { attached }] of shares) attached.drained()
  }

  closed(code: number, reason: string): void {
    this.#isOver = true
    this.#undoEmpty?.()
    this.#undoPause()
    this.#undoBeat()
    const shares = [...this.#shares.values()]
    this.#shares.clear()
    for (const { channel, attached } of shares) {
      channel.end()
      attached.closed(code, reason)
    }
  }

  pause(by: unknown): void {
    if (this.#pausing.size === 0) this.#options.socket.pause()
    this.#pausing.add(by)
  }

  resume(by: unknown): void {
    if (this.#pausing.delete(by) && this.#pausing.size === 0) this.#options.socket.resume()
  }

  ended(channel: Channel, code: number, reason: string): void {
    if (this.#isOver) return
    const share = [...this.#shares.values()].find((known) => known.channel === channel)
    if (share === undefined) return
    this.#shares.delete(share.address)
    const { frames, closesSocket } = this.#connection.ended(share.address, code, reason)
    const { socket, clock } = this.#options
    for (const frame of frames) socket.send(frame)
    // as with a socket of its own: its owner hears of the end later
    clock.endOfTurn(() => share.attached.closed(code, reason))
    if (closesSocket) socket.close(code, reason)
    this.#watchEmpty()
  }

  #act(decision: Decision<P>): void {
    const { socket } = this.#options
    switch (decision.kind) {
      case 'ignore':
        return
      case 'open':
        return this.#open(decision)
      case 'hear': {
        const share = this.#shares.get(decision.address)
        if (share !== undefined) this.#tell(share.attached, decision.said)
        return
      }
      case 'leave':
        return this.#leave(decision.address)
      case 'break':
        return this.#shares
          .get(decision.address)
          ?.channel.close(closeCodes.badFrame.code, decision.reason)
      case 'refuse':
      case 'reply':
        return socket.send(decision.frame)
      case 'close': {
        const { reason } = decision
        this.#options.observe.event({
          kind: 'session-closed',
          document: null,
          close: 'badFrame',
          reason,
        })
        return this.#end('badFrame', reason)
      }
      case 'named': {
        const { agent, revision } = decision
        return this.#options.observe.event({ kind: 'client-named', agent, revision })
      }
      default:
        return assertNever(decision)
    }
  }

  /** P29: the close frame has no place for the advice. */
  #end(close: CloseName, reason: string): void {
    const { socket } = this.#options
    const { code } = closeCodes[close]
    for (const frame of this.#connection.farewell(code, reason)) socket.send(frame)
    socket.close(code, reason)
  }

  #open({ address, prefix, document, said }: Decision<P> & { kind: 'open' }): void {
    const { socket, documents, family, token, request } = this.#options
    const channel = new Channel(socket, this)
    const dialect = family.dialectOf(prefix)
    const login = { kind: 'said', token, request, backlog: this.#backlog } as const
    const attached = documents.attach({
      document,
      login,
      dialect,
      socket: channel,
      shared: { rate: this.#rate, pace: this.#pace },
    })
    this.#shares.set(address, { address, channel, attached })
    this.#tell(attached, said)
  }

  #tell(attached: Attached, said: Said): void {
    if (said.kind === 'message') return attached.message(said.body)
    attached.login(said.token ?? this.#options.token ?? '')
  }

  #leave(address: string): void {
    const share = this.#shares.get(address)
    if (share === undefined) return
    this.#shares.delete(address)
    share.channel.end()
    share.attached.closed(closeCodes.normal.code, '')
  }

  /** Whoever says too much that reaches no session, or logs in over and over, is not read for a while. */
  #charge(messages: number, bytes: number): void {
    const { clock, limits } = this.#options
    const waitMs = this.#rate.take(messages, bytes, clock.now())
    if (waitMs === 0 || this.#pausing.has(this.#rate)) return
    this.pause(this.#rate)
    const pauseMs = Math.min(waitMs, limits.heldBackMs) // its end is noticed only when it is read again
    this.#undoPause = clock.after(pauseMs, () => this.resume(this.#rate))
  }

  /** A socket on which nobody is, or gets in, ends. */
  #watchEmpty(): void {
    if (this.#connection.open > 0) {
      this.#undoEmpty?.()
      this.#undoEmpty = null
    } else if (this.#undoEmpty === null && !this.#isOver) {
      const reason = `no document for ${EMPTY_MS} ms`
      this.#undoEmpty = this.#options.clock.after(EMPTY_MS, () =>
        this.#end('tryAgainLater', reason),
      )
    }
  }
}

/** The messages that a frame counts for here; what a session hears, its throttle counts. */
const chargeOf = (decision: Decision<unknown>): number => {
  switch (decision.kind) {
    case 'open':
    case 'refuse':
      return LOGIN_MESSAGES
    case 'hear':
      return decision.said.kind === 'login' ? LOGIN_MESSAGES : 0
    case 'ignore':
    case 'named':
    case 'reply':
    case 'leave':
    case 'break':
    case 'close':
      return 1
    default:
      return assertNever(decision)
  }
}
