import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { err, type Result } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { Undo } from '../../ports/undo.ts'
import type { SocketPlace } from './arrivals.ts'
import { readAnswer } from './answer-body.ts'
import { handshakeProblem } from './handshake.ts'
import type { EdgeLimits } from './limits.ts'
import { answer, refusal, refusalResponse, type BareResponse, type Refusal } from './refusal.ts'
import type { Route } from './route.ts'

/*
 * The handshakes under way. An upgrade request runs through the whole app before it is accepted:
 *
 *     admit ──▶ asking ──route──▶ routed ──101──▶ (taken)
 *       │          └────┬────────────┘
 *       ▼               ▼
 *    refused         refused: the app's answer, its failure, 408, 503, or the peer hung up
 */

interface Handshake {
  readonly socket: Duplex
  readonly undoDeadline: Undo
  readonly undoWatch: Undo
  /** Called when the handshake is over, however it ended. */
  onOver: Undo | null
  readonly place: SocketPlace
  /** Who took it; null while it is asking. */
  route: Route | null
}

/** What `handshakeGuard` needs. */
export interface GuardSetting {
  readonly limits: EdgeLimits
  readonly clock: Clock
  readonly onBug: (error: Error) => void
  /** A refusal for every handshake, or null while the edge takes new sockets. */
  readonly refuseAll: () => Refusal | null
  /** A place for the socket that a handshake is to become, or its refusal. */
  readonly takePlace: (request: IncomingMessage, socket: Duplex) => Result<SocketPlace, Refusal>
}

/** The route of a handshake that was accepted, and the place of its socket. */
export interface Taken {
  readonly route: Route
  readonly place: SocketPlace
}

/** What an app's `fetch` gives. */
type Answer = Response | Promise<Response>

/** Watches over handshakes from the `upgrade` event to the 101 or the refusal. */
export interface HandshakeGuard {
  /** Starts the clock for a handshake; refuses what is none and returns false. */
  admit(request: IncomingMessage, socket: Duplex): boolean
  /**
   * Asks the app about an admitted handshake. What it answers but 200 from a route is a refusal, which is
   * written; null if it was refused or is over.
   */
  ask(request: IncomingMessage, answerOf: () => Answer): Promise<Response | null>
  /** A route takes the handshake; false if `request` is no handshake under way. */
  route(request: IncomingMessage | undefined, route: Route): boolean
  /** The route that took a handshake, until `take`. */
  routeOf(request: IncomingMessage): Route | null
  /** What a handshake has become a socket with: its 101 is out. Its place is the caller's. */
  take(request: IncomingMessage): Taken | null
  /** Handshakes under way. */
  count(): number
}

/** Builds the guard. */
export const handshakeGuard = (setting: GuardSetting): HandshakeGuard => {
  const { limits, clock } = setting
  const underWay = new Map<IncomingMessage, Handshake>()

  /** Ends the watch; the place is still taken. */
  const forget = (request: IncomingMessage): Handshake | undefined => {
    const handshake = underWay.get(request)
    underWay.delete(request)
    handshake?.undoDeadline()
    handshake?.undoWatch()
    handshake?.onOver?.()
    return handshake
  }

  const abandon = (request: IncomingMessage): Handshake | undefined => {
    const handshake = forget(request)
    handshake?.place.leave()
    return handshake
  }

  const routeOf = (request: IncomingMessage): Route | null => underWay.get(request)?.route ?? null

  const refuse = (request: IncomingMessage, response: BareResponse): void => {
    const handshake = abandon(request)
    if (handshake === undefined) return // answered before, or the peer hung up
    answer(handshake.socket, response, { clock, closeMs: limits.closeMs })
  }

  const answerOrBug = async (answerOf: () => Answer): Promise<Response | null> => {
    try {
      return await answerOf()
    } catch (cause) {
      setting.onBug(new Error('the app threw on a handshake', { cause }))
      return null
    }
  }

  const refusalOf = async (
    all: Refusal | null,
    response: Response | null,
    handshake: Handshake,
  ): Promise<BareResponse> => {
    if (all !== null) return refusalResponse(all)
    if (response === null) return refusalResponse(broken)
    const over = new AbortController()
    handshake.onOver = () => over.abort()
    try {
      const body = await readAnswer(response, over.signal, setting.onBug)
      return body === null ? refusalResponse(tooLong) : bareResponse(response, body)
    } catch (cause) {
      setting.onBug(new Error('the body of an answer to a handshake failed', { cause }))
      return refusalResponse(broken)
    }
  }

  const late = refusal(408, `the handshake took over ${limits.handshakeMs} ms`)

  return {
    admit: (request, socket) => {
      destroyOnError(socket)
      const problem = handshakeProblem(request) ?? setting.refuseAll()
      const place = problem === null ? setting.takePlace(request, socket) : err(problem)
      if (!place.ok) {
        answer(socket, refusalResponse(place.error), { clock, closeMs: limits.closeMs })
        return false
      }
      request.headers.upgrade = 'websocket' // it may be one of a list; ws reads no lists
      const undoDeadline = clock.after(limits.handshakeMs, () =>
        refuse(request, refusalResponse(late)),
      )
      const gone = (): void => void abandon(request)
      socket.once('close', gone)
      underWay.set(request, {
        socket,
        undoDeadline,
        undoWatch: () => socket.off('close', gone), // it would keep the request as long as the socket
        onOver: null,
        place: place.value,
        route: null,
      })
      return true
    },

    ask: async (request, answerOf) => {
      const response = await answerOrBug(answerOf)
      const handshake = underWay.get(request)
      if (handshake === undefined) {
        await response?.body?.cancel()
        return null
      }
      const all = setting.refuseAll()
      if (all === null && handshake.route !== null && response?.status === 200) return response
      refuse(request, await refusalOf(all, response, handshake))
      return null
    },

    route: (request, route) => {
      const handshake = request && underWay.get(request)
      if (handshake === undefined) return false
      handshake.route = route
      return true
    },

    routeOf,

    take: (request) => {
      const route = routeOf(request)
      if (route === null) {
        abandon(request)
        return null
      }
      const handshake = forget(request)
      handshake?.place.arrived()
      return handshake === undefined ? null : { route, place: handshake.place }
    },

    count: () => underWay.size,
  }
}

/** Node took its own listener away. Made here, so that it keeps nothing of the handshake. */
const destroyOnError = (socket: Duplex): void => {
  socket.on('error', () => socket.destroy())
}

/** Fields that describe the connection or the framing, which `answer` writes itself. */
const framing = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding'])

/** The fields of an app's answer that are its own to set. */
export const fieldsOf = ({ headers }: Response): ReadonlyArray<readonly [string, string]> =>
  [...headers].filter(([name]) => !framing.has(name))

const bareResponse = (response: Response, body: Uint8Array): BareResponse => ({
  status: response.status,
  headers: fieldsOf(response),
  body,
})

const broken = refusal(500, 'the server failed to answer')
const tooLong = refusal(400, 'this resource is no WebSocket: ask without Upgrade')
