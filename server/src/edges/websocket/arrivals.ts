import type { IncomingMessage, Server } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { err, ok, type Result } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Undo } from '../../ports/undo.ts'
import { GroupRate } from '../../runtime/group-rate.ts'
import { Places, type NoPlace } from '../../runtime/places.ts'
import { addressReader, type ClientAddress } from './client-address.ts'
import type { EdgeLimits } from './limits.ts'
import { answer, refusalResponse, type Refusal } from './refusal.ts'
import type { TlsDoor } from './tls-door.ts'

/*
 * Who is let in: places for connections, for those of them that are no WebSocket (yet), and for sockets.
 *
 *     TCP ──connection, newcomer──▶ HTTP ──upgrade: socket──▶ 101 ──newcomer given back──▶ socket
 *
 * A newcomer is counted by the address of its connection, and again by its client's where a trusted
 * proxy has spoken for it. A socket's place is taken before its handshake is answered: what is under
 * way counts, and the limits are exact.
 *
 * How often an address shakes hands is bounded as well: each new session begins with a whole burst of its
 * rates, and a handshake costs more than most of what is said after it. What is refused is not counted, or
 * an office whose clients all retry would never be let in again. Plain requests have a rate of their own: of
 * those an application asks for all of its users.
 */

/** Refusals that are written at the same time; beyond, a connection is dropped without a word. */
const REFUSALS_AT_ONCE = 256

/** Addresses whose handshakes, or requests, are remembered: as many as there are connections, in about 3 MB. */
const ADDRESSES = 20_000

const MINUTE_MS = 60_000

/** When to come back, at the earliest: after a flood of handshakes, or when somebody may have left. */
const RETRY_SECONDS = 5

/** What is full. */
export type Bound = PlaceBound | RateBound

type PlaceBound = 'connections' | 'handshakes' | 'sockets'
type RateBound = 'handshakes-per-minute' | 'requests-per-minute'

/** A newcomer that was refused. */
export interface RefusedNewcomer {
  readonly bound: Bound
  readonly of: 'server' | 'address'
  readonly limit: number
  readonly address: string
}

/** What `guardArrivals` needs. */
export interface ArrivalSetting {
  readonly limits: EdgeLimits
  readonly clock: Clock
  readonly trustedProxies: readonly string[]
  readonly onRefused: (newcomer: RefusedNewcomer) => void
}

/** The place of a socket to be, and whose it is. */
export interface SocketPlace {
  readonly client: ClientAddress
  /** The handshake is over, and its connection is the socket: no newcomer any more. */
  readonly arrived: Undo
  /** The handshake is over, and its connection may carry anything next. */
  readonly answered: Undo
  /** The socket is gone, or there will be none. */
  readonly leave: Undo
}

/** Watches over who comes in. */
export interface ArrivalGuard {
  /** Puts itself in front of the server's own reading of connections, and a door between the two. */
  guard(server: Server, door?: TlsDoor): void
  /** Takes a place for a socket, or says how to refuse its handshake. */
  takeSocket(request: IncomingMessage, socket: Duplex): Result<SocketPlace, Refusal>
  /**
   * What a session says comes over this connection, so it is no newcomer any more: as long as there is place among
   * those, of which there may be two for each socket: what is said goes over another one than what is heard.
   */
  carriesSession(socket: Duplex): void
  /** The TCP connection under a socket that speaks TLS; any other one itself. */
  lineOf(socket: TcpSocket): TcpSocket
  /** Counts a plain request, or says how to refuse it. */
  takeRequest(request: IncomingMessage): Result<void, Refusal>
  /** Whose request it is. */
  clientOf(request: IncomingMessage): ClientAddress
  /** The address that the connection of a request comes from, '' where there is none. */
  peerOf(request: IncomingMessage): string
  /** True if the connection of a request comes from a trusted proxy. */
  isProxied(request: IncomingMessage): boolean
  /** Why every newcomer is refused, or null. */
  full(): string | null
}

/** Creates the guard of one edge. */
export const guardArrivals = (setting: ArrivalSetting): ArrivalGuard => {
  const { limits, clock, trustedProxies, onRefused } = setting
  const addresses = addressReader(trustedProxies)
  const connections = new Places({ total: limits.connections, perGroup: Infinity })
  const newcomers = new Places({
    total: limits.handshakes,
    perGroup: limits.handshakesPerAddress,
  })
  const proxied = new Places({ total: Infinity, perGroup: limits.handshakesPerAddress })
  const ofSockets = { total: limits.sockets, perGroup: limits.socketsPerAddress }
  const sockets = new Places(ofSockets)
  const carriers = new Places({ total: 2 * ofSockets.total, perGroup: 2 * ofSockets.perGroup })
  const rates: Record<RateBound, Rate> = {
    'handshakes-per-minute': rateOf(limits.handshakesPerMinute),
    'requests-per-minute': rateOf(limits.requestsPerMinute),
  }
  const arriving = new WeakMap<Duplex, Undo>()
  const lines = new WeakMap<TcpSocket, TcpSocket>()
  let refusing = 0

  const refusalFor = (bound: PlaceBound, { address }: ClientAddress, full: NoPlace): Refusal => {
    const of = full.kind === 'group' ? 'address' : 'server'
    onRefused({ bound, of, limit: full.limit, address })
    return fullRefusal(bound, of, full.limit)
  }

  /** Counts one more of this client's, or says how to refuse it. */
  const takeTurn = (bound: RateBound, { address, group }: ClientAddress): Result<void, Refusal> => {
    if (group === null) return ok(undefined)
    const { limit, groups } = rates[bound]
    const turn = groups.take(group, clock.now())
    if (turn.ok) return turn
    onRefused({ bound, of: 'address', limit, address })
    return err({
      status: 429,
      sentence: `your address may ${rateWords[bound](limit)} a minute`,
      headers: retryAfter(Math.max(RETRY_SECONDS, Math.ceil(turn.error.waitMs / 1000))),
    })
  }

  const refuse = (tcp: TcpSocket, refusal: Refusal): void => {
    tcp.on('error', () => tcp.destroy())
    if (refusing >= REFUSALS_AT_ONCE) {
      tcp.destroy()
      return
    }
    refusing++
    tcp.once('close', () => refusing--)
    answer(tcp, refusalResponse(refusal), { clock, closeMs: limits.closeMs })
  }

  /** Null if the connection has its places. */
  const problemOf = (tcp: TcpSocket): Refusal | null => {
    const client = addresses.ofConnection(tcp.remoteAddress)
    const connection = connections.take(null)
    if (!connection.ok) return refusalFor('connections', client, connection.error)
    tcp.once('close', connection.value)
    const newcomer = newcomers.take(client.group)
    if (!newcomer.ok) return refusalFor('handshakes', client, newcomer.error)
    tcp.once('close', newcomer.value)
    arriving.set(tcp, newcomer.value)
    return null
  }

  const clientOf = (request: IncomingMessage): ClientAddress =>
    addresses.ofRequest(request.socket.remoteAddress, fieldOf(request, 'x-forwarded-for'))

  const peerOf = ({ socket }: IncomingMessage): string =>
    addresses.ofConnection(socket.remoteAddress).address

  return {
    guard: (server, door) => {
      const read = server.listeners('connection')
      server.removeAllListeners('connection')
      const enter = (socket: TcpSocket): void => {
        for (const listener of read) listener.call(server, socket)
      }
      server.on('connection', (tcp: TcpSocket) => {
        const problem = problemOf(tcp)
        if (door === undefined) return problem === null ? enter(tcp) : refuse(tcp, problem)
        if (problem !== null) return void tcp.destroy() // a handshake for a refusal costs more than both have
        door.open(tcp, (socket) => {
          const arrived = arriving.get(tcp)
          if (arrived !== undefined) arriving.set(socket, arrived)
          lines.set(socket, tcp)
          enter(socket)
        })
      })
    },

    clientOf,
    peerOf,

    carriesSession: (socket) => {
      const arrived = arriving.get(socket)
      if (arrived === undefined) return
      const { remoteAddress } = socket as TcpSocket // whatever arrived is one
      const place = carriers.take(addresses.ofConnection(remoteAddress).group)
      if (!place.ok) return
      arriving.delete(socket)
      arrived()
      socket.once('close', place.value)
    },

    lineOf: (socket) => lines.get(socket) ?? socket,

    takeRequest: (request) => takeTurn('requests-per-minute', clientOf(request)),

    isProxied: (request) => addresses.isTrusted(peerOf(request)),

    takeSocket: (request, socket) => {
      const client = clientOf(request)
      const isProxied = client.address !== peerOf(request)
      const handshake = proxied.take(isProxied ? client.group : null)
      if (!handshake.ok) return err(refusalFor('handshakes', client, handshake.error))
      const place = sockets.take(client.group)
      if (!place.ok) {
        handshake.value()
        return err(refusalFor('sockets', client, place.error))
      }
      const turn = takeTurn('handshakes-per-minute', client)
      if (!turn.ok) {
        handshake.value()
        place.value()
        return turn
      }
      const arrived = (): void => {
        handshake.value()
        arriving.get(socket)?.()
      }
      return ok({
        client,
        arrived,
        answered: handshake.value,
        leave: () => {
          handshake.value()
          place.value()
        },
      })
    },

    full: () => (sockets.isFull ? `${limits.sockets} sessions are open, which is the limit` : null),
  }
}

/** The values of a field; HTTP/2 requests of Node have no `headersDistinct`. */
export const fieldOf = ({ headers }: IncomingMessage, name: string): readonly string[] =>
  [headers[name] ?? []].flat()

interface Rate {
  readonly limit: number
  readonly groups: GroupRate
}

const rateOf = (limit: number): Rate => ({
  limit,
  groups: new GroupRate({ perWindow: limit, windowMs: MINUTE_MS, groups: ADDRESSES }),
})

const rateWords = {
  'handshakes-per-minute': (limit: number) => `open ${limit} sessions`,
  'requests-per-minute': (limit: number) => `make ${limit} requests`,
} as const satisfies Record<RateBound, unknown>

const words = {
  connections: 'connections',
  handshakes: 'connections that are no session yet',
  sockets: 'sessions',
} as const satisfies Record<PlaceBound, string>

/** RFC 6585 §4 for one who has too much, RFC 9110 §15.6.4 where all together have. */
const fullRefusal = (bound: PlaceBound, of: RefusedNewcomer['of'], limit: number): Refusal => ({
  status: of === 'address' ? 429 : 503,
  sentence: `${of === 'address' ? 'your address' : 'the server'} has ${limit} ${words[bound]}, which is the limit`,
  headers: retryAfter(RETRY_SECONDS),
})

const retryAfter = (seconds: number): Refusal['headers'] => [['Retry-After', String(seconds)]]
