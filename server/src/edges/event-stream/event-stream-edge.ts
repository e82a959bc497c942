import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { err, ok, type Result } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Socket, SocketListener } from '../../ports/socket.ts'
import type { Undo } from '../../ports/undo.ts'
import type { NoPlace } from '../../runtime/places.ts'
import type { ArrivalGuard } from '../websocket/arrivals.ts'
import type { Refusal } from '../websocket/refusal.ts'
import { drainingRefusal, type Drain } from '../websocket/web-socket-edge.ts'
import type { StreamAnswer } from './down-line.ts'
import { EventStream } from './event-stream.ts'
import type { StreamLimits } from './limits.ts'

/*
 * Sockets over plain HTTP (PROTOCOL.md P30 to P36): one answer that does not end brings what the server says, and
 * requests bring what the client says. It knows sockets and listeners, not documents, and not how requests look.
 *
 *     GET  ──open────────▶ EventStream ──▶ listener         place, rate of handshakes
 *     GET  ──find, resume──▶ │                              whoever knows its name
 *     POST ──find, hear────▶ │
 */

/** Bytes of chance in a stream's name: nobody guesses one of 2^128. */
const NAME_BYTES = 16

/** What the edge needs. */
export interface EventStreamEdgeOptions {
  readonly limits: StreamLimits
  readonly clock: Clock
  /** Who is let in, together with WebSockets. */
  readonly arrivals: ArrivalGuard
  /** Told of every error that is nobody's fault but ours. */
  readonly onBug: (error: Error) => void
}

/** A client's first request. */
export interface StreamRequest extends StreamAnswer {
  readonly incoming: IncomingMessage
  /** Writes the head of the answer; it is called once the stream is let in. */
  readonly begin: () => void
  /** Asked for the owner; it may use the socket at once. */
  readonly open: (socket: Socket) => SocketListener
  /** Room for so many bytes of a message that has come in part. */
  readonly takeRoom: (bytes: number) => Result<Undo, NoPlace>
}

/** The edge. */
export interface EventStreamEdge {
  readonly limits: StreamLimits
  /** Lets a client in and answers it, or says how to refuse it. */
  open(request: StreamRequest): Result<void, Refusal>
  /** The stream of this name that is not over. */
  find(name: string): EventStream | null
  /**
   * Ends all streams and refuses new ones with 503, for good. Resolves when every listener has been told `closed`, at
   * most `graceMs` later. Safe to call twice: the second call joins the first.
   */
  close(drain: Drain): Promise<void>
  /** Streams whose listener has not been told `closed`. */
  figures(): { readonly streams: number }
}

/** Creates an edge; no timer runs until there is a stream. */
export const createEventStreamEdge = (options: EventStreamEdgeOptions): EventStreamEdge => {
  const { limits, clock, arrivals, onBug } = options
  const streams = new Map<string, EventStream>()
  const empty = Promise.withResolvers<void>()
  let draining: Drain | null = null

  return {
    limits,

    open: ({ incoming, outgoing, waitMs, begin, open, takeRoom }) => {
      if (draining !== null) return err(drainingRefusal(draining))
      const place = arrivals.takeSocket(incoming, incoming.socket)
      if (!place.ok) return place
      const { client, answered, leave } = place.value
      answered()
      arrivals.carriesSession(incoming.socket) // which may outlive the stream
      const name = randomBytes(NAME_BYTES).toString('base64url')
      const stream = new EventStream({
        name,
        client,
        limits,
        clock,
        takeRoom,
        onBug,
        onGone: () => {
          leave()
          streams.delete(name)
          if (draining !== null && streams.size === 0) empty.resolve()
        },
      })
      streams.set(name, stream)
      begin()
      stream.start({ outgoing, waitMs }, open)
      return ok(undefined)
    },

    find: (name) => streams.get(name) ?? null,

    close: (drain) => {
      if (draining !== null) return empty.promise
      draining = drain
      for (const stream of streams.values()) stream.close(drain, drain.reason, drain.graceMs)
      if (streams.size === 0) empty.resolve()
      return empty.promise
    },

    figures: () => ({ streams: streams.size }),
  }
}
