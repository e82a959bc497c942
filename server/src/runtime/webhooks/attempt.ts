/* One attempt to tell a target of an event: one connection, one request, one deadline. */
import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Millis } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { OutboxEvent } from '../../ports/outbox.ts'
import { type AddressRule, PrivateAddressError } from './addresses.ts'
import { retryAfterMs } from './retrying.ts'
import { bodyOf, signedFields } from './signature.ts'

/** Bytes of an answer that are read: what it says is its status, and what it says besides is nobody's. */
const ANSWER_BYTES = 16 * 1024

/** Longest problem that is kept, characters. */
const PROBLEM_LENGTH = 200

/** Somebody who is told. */
export interface Target {
  /** Tells it from others; holds no secret, as `host` holds none. */
  readonly key: string
  readonly host: string
  /** May have secrets in its path and its query: it is told to nobody. */
  readonly url: URL
}

/** What attempts need. */
export interface AttemptPorts {
  readonly clock: Clock
  readonly addresses: AddressRule
  /** What signatures are made with. */
  readonly signingKey: Buffer
  /** Time for all of it, milliseconds. */
  readonly timeoutMs: number
}

/** What came of an attempt. */
export type AttemptOutcome =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'failed'
      /** For people. */
      readonly problem: string
      /** What the target has asked for, milliseconds. */
      readonly retryMs: number | null
      /** The target has said that it wants no more. */
      readonly isFinal: boolean
    }
  /** It was given up by who began it: nobody knows what came of it. */
  | { readonly kind: 'given-up' }

/** An attempt that is under way. */
export interface Attempt {
  readonly outcome: Promise<AttemptOutcome>
  /** Ends it at once. */
  giveUp(): void
}

/** An attempt that failed, and may be made again. */
export const failed = (problem: string): AttemptOutcome => ({
  kind: 'failed',
  problem: problem.slice(0, PROBLEM_LENGTH),
  retryMs: null,
  isFinal: false,
})

/** What a status says. A redirect is not followed: where it leads nobody has allowed. */
const byStatus = ({ statusCode = 0, headers }: IncomingMessage, now: Millis): AttemptOutcome => {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered' }
  const hint = statusCode >= 300 && statusCode < 400 ? ': redirects are not followed' : ''
  return {
    kind: 'failed',
    problem: statusCode === 410 ? 'status 410: the target is gone' : `status ${statusCode}${hint}`,
    retryMs: retryAfterMs(headers['retry-after'], now),
    isFinal: statusCode === 410,
  }
}

/** Begins an attempt. */
export const beginAttempt = (
  { url }: Target,
  event: OutboxEvent,
  { clock, addresses, signingKey, timeoutMs }: AttemptPorts,
): Attempt => {
  if (!addresses.allows(url.hostname))
    return {
      outcome: Promise.resolve(failed(new PrivateAddressError().message)),
      giveUp: () => undefined,
    }
  const { promise: outcome, resolve } = Promise.withResolvers<AttemptOutcome>()
  const body = bodyOf(event)
  const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, {
    method: 'POST',
    agent: false, // a connection that is kept may end as it is used again, which looks like a failure
    lookup: addresses.lookup,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Quire',
      ...signedFields(signingKey, { id: event.id, body, now: clock.wall() }),
    },
  })
  const end = (what: AttemptOutcome): void => {
    undoDeadline()
    resolve(what) // the first one counts
    request.destroy()
  }
  const undoDeadline = clock.after(timeoutMs, () => end(late(request, timeoutMs)))
  let said: AttemptOutcome | null = null
  request.on('response', (response) => {
    const what = byStatus(response, clock.wall())
    said = what
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > ANSWER_BYTES) end(what)
    })
    // its status has been said: what becomes of the rest changes nothing
    for (const over of ['end', 'error', 'close']) response.on(over, () => end(what))
  })
  request.on('error', (error) => end(said ?? failed(sentence(error))))
  request.on('close', () => end(said ?? failed('the connection was closed without an answer')))
  request.on('upgrade', (_, socket) => {
    socket.destroy()
    end(failed('status 101: this is no WebSocket'))
  })
  request.end(body)
  /** It has said what it has to say, or has said nothing in time. */
  function late({ socket }: ClientRequest, ms: number): AttemptOutcome {
    return (
      said ??
      failed(`no answer within ${ms} ms${socket?.connecting === false ? '' : ': no connection'}`)
    )
  }
  return { outcome, giveUp: () => end({ kind: 'given-up' }) }
}

/** Codes name no part of a URL. */
const sentence = (error: Error & { readonly code?: unknown }): string =>
  error instanceof PrivateAddressError || typeof error.code !== 'string'
    ? error.message
    : `the request failed: ${error.code}`
