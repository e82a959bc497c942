/*
 * What a document holds, read and written whole by requests, and what that may cost: both are bounded over
 * all requests and for each address, and have a least pace.
 */
import { finished } from 'node:stream'
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { EMPTY_UPDATE, readUpdate, type DocName } from '@quire/shared'
import type { EdgeBindings } from '../edges/websocket/edge-bindings.ts'
import type { WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Storage } from '../ports/storage.ts'
import { writeDocument, type DirectRequest } from '../runtime/direct.ts'
import type { Documents } from '../runtime/documents.ts'
import { isKnownName } from '../runtime/known-name.ts'
import type { WholeDocuments } from '../runtime/whole-documents.ts'
import type { AnswerRoom } from './answer-room.ts'
import type { ByteBudget } from './byte-budget.ts'
import { pacedAnswer } from './paced-answer.ts'
import { readBody } from './request-body.ts'
import { bodyRefusal, refusal } from './y-sweet-refusals.ts'

/** What the routes are made of. */
export interface ContentRoutes {
  readonly documents: Documents
  readonly edge: WebSocketEdge
  readonly clock: Clock
  readonly storage: Storage
  /** Largest update that a request may bring, bytes. */
  readonly maxUpdateBytes: number
  /** Bytes that requests bring. */
  readonly bodies: ByteBudget
  /** Documents in one update. */
  readonly wholes: WholeDocuments
  /** What was answered and is not read yet. */
  readonly answers: AnswerRoom
  /** Time for 2 MiB of a body or an answer, or its end, milliseconds. */
  readonly readMs: number
  /** Time for a document to answer, milliseconds. */
  readonly answerMs: number
}

/** A request whose login has been checked. */
export interface GrantedEnv {
  Bindings: EdgeBindings
  Variables: { document: DocName; grant: Grant }
}

/** What a request asks of its document. */
export const asked = (
  { documents, clock, edge, answerMs }: ContentRoutes,
  c: Context<GrantedEnv>,
): DirectRequest => ({
  documents,
  clock,
  document: c.get('document'),
  grant: c.get('grant'),
  client: edge.clientOf(c.env.incoming),
  withinMs: answerMs,
})

/** `GET /d/{id}/as-update` and `POST /d/{id}/update`; `withGrant` checks the login first. */
export const contentRoutes = (
  options: ContentRoutes,
  withGrant: MiddlewareHandler<GrantedEnv>,
): Hono<GrantedEnv> => {
  const { clock, edge, storage, readMs, maxUpdateBytes, bodies, wholes, answers } = options
  const groupOf = (c: Context<GrantedEnv>) => edge.clientOf(c.env.incoming).addressGroup
  const routes = new Hono<GrantedEnv>()

  routes.get('/d/:id/as-update', withGrant, async (c) => {
    const { outgoing } = c.env
    if (outgoing === undefined) throw noSocket()
    // a room would make it, and whoever may only ask is to make nothing
    const known = await isKnownName(storage, c.get('document'))
    if (!known.ok) throw refusal({ close: 'tryAgainLater', reason: 'the storage cannot be asked' })
    if (!known.value) return c.body(EMPTY_UPDATE.slice(), 200, OCTETS)
    const whole = await wholes.read(asked(options, c), () => !outgoing.destroyed)
    if (!whole.ok) throw refusal(whole.error)
    const { update, read } = whole.value
    finished(outgoing, read) // also where it is closed already
    const share = answers.takeShared(update.length, groupOf(c))
    if (!share.ok) throw noShare(share.error.limit)
    finished(outgoing, share.value)
    return c.body(pacedAnswer(update, { outgoing, clock, readMs }), 200, {
      ...OCTETS,
      'Content-Length': String(update.length),
    })
  })

  routes.post('/d/:id/update', withGrant, async (c) => {
    // before any of the body is kept: who may only read fills no room of those who may write
    if (c.get('grant').access !== 'write')
      throw refusal({ close: 'forbidden', reason: 'this login may not change the document' })
    const take = (bytes: number) => bodies.take(bytes, groupOf(c))
    const body = await readBody(c.req.raw, { limit: maxUpdateBytes, take, clock, readMs })
    if (!body.ok) throw bodyRefusal(body.error)
    try {
      const contents = readUpdate(body.value.bytes)
      if (!contents.ok)
        throw refusal({ close: 'badFrame', reason: `update: ${contents.error.message}` })
      const written = await writeDocument(asked(options, c), contents.value)
      if (!written.ok) throw refusal(written.error)
    } finally {
      body.value.free()
    }
    return c.body(null, 200)
  })

  return routes
}

const OCTETS = { 'Content-Type': 'application/octet-stream' }

const noSocket = () =>
  new HTTPException(400, { message: 'this resource is no WebSocket: ask without Upgrade' })

const noShare = (limit: number) =>
  new HTTPException(429, {
    message: `answers to your address hold ${limit} bytes, which is its share`,
  })
