/*
 * The document API, `/api/v1`: its operations behind one door, which says who may, reads what is given within its
 * bounds, and answers every error as problem details.
 */
import { finished } from 'node:stream'
import { Hono, type Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { parseDocName, type DocName } from '@quire/shared'
import type { EdgeBindings } from '../../edges/websocket/edge-bindings.ts'
import { fieldOf } from '../../edges/websocket/arrivals.ts'
import type { WebSocketEdge } from '../../edges/websocket/web-socket-edge.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Content } from '../../ports/content.ts'
import type { Observe } from '../../ports/observe.ts'
import type { Storage } from '../../ports/storage.ts'
import { Contents } from '../../runtime/contents.ts'
import type { Documents } from '../../runtime/documents.ts'
import type { OperationsSource } from '../../runtime/operations/operations.ts'
import type { NoPlace } from '../../runtime/places.ts'
import type { Webhooks } from '../../runtime/webhooks/webhooks.ts'
import type { WholeDocuments } from '../../runtime/whole-documents.ts'
import type { AnswerRoom } from '../answer-room.ts'
import { takeBoth, type ByteBudget } from '../byte-budget.ts'
import { readBody } from '../request-body.ts'
import { Access, operatorGrant } from './access.ts'
import type { ApiParts } from './api-parts.ts'
import { bulkOperations } from './bulk.ts'
import { catalogueOperations } from './catalogue.ts'
import { contentOperations } from './content.ts'
import { guardingOperations } from './guarding.ts'
import { operationsOperations } from './operations.ts'
import { describeOperations } from './openapi.ts'
import {
  needsType,
  NOTHING,
  readJson,
  readQuery,
  type ApiEnv,
  type Call,
  type Need,
  type Operation,
} from './operation.ts'
import { answerProblem, bodyProblem, Problem } from './problem.ts'
import { REFERENCE_POLICY, referencePage } from './reference.ts'
import { rowId } from './schemas.ts'
import { versionOperations } from './versions.ts'
import { webhookOperations } from './webhooks.ts'

/** Where the API is. */
export const API_PATH = '/api/v1'

/** The version of the description. */
const API_VERSION = '1.0.0'

/** What the API is made of. */
export interface ApiOptions {
  readonly documents: Documents
  readonly storage: Storage
  /** Null where nobody is told of documents. */
  readonly webhooks: Webhooks | null
  readonly content: Content
  readonly edge: WebSocketEdge
  readonly clock: Clock
  readonly observe: Observe
  /** Largest body of a request, bytes. */
  readonly maxApiBodyBytes: number
  /** Largest change of a document, as of any client, bytes. */
  readonly maxUpdateBytes: number
  /** Bytes that requests bring. */
  readonly bodies: ByteBudget
  /** Those of them that are brought before it is known whether a login may: all others find room beside them. */
  readonly strangersBodies: ByteBudget
  /** Documents in one update. */
  readonly wholes: WholeDocuments
  /** What was answered and is not read yet. */
  readonly answers: AnswerRoom
  readonly maxApiRequestsPerMinute: number
  readonly maxVersions: number
  readonly maxNamedVersions: number
  readonly operations: OperationsSource
  /** Time for 2 MiB of a body or an answer, or its end, milliseconds. */
  readonly readMs: number
  /** Time for a document to answer, milliseconds. */
  readonly answerMs: number
}

/** The operations of the API, with what they are made of. */
export const apiOperations = (parts: ApiParts): readonly Operation[] => [
  ...catalogueOperations(parts),
  ...contentOperations(parts),
  ...versionOperations(parts),
  ...guardingOperations(parts),
  ...bulkOperations(parts),
  ...webhookOperations(parts),
  ...operationsOperations(parts),
]

/** The routes below `API_PATH`. */
export const apiRoutes = (options: ApiOptions): Hono<ApiEnv> => {
  const parts = partsOf(options)
  const operations = apiOperations(parts)
  const routes = new Hono<ApiEnv>()
  routes.use(async (c, next) => {
    const { outgoing }: EdgeBindings = c.env
    if (outgoing === undefined)
      throw new Problem('bad-request', 'the API is no WebSocket: ask without Upgrade')
    c.header('Cache-Control', 'no-store') // what is answered holds for this moment, and is nobody else's
    await next()
  })
  for (const operation of operations)
    routes.on(operation.method, operation.path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) =>
      answer(parts, operation, c),
    )
  let description: Record<string, unknown> | null = null
  const described = () => (description ??= describeOperations(operations, API_VERSION))
  routes.get('/openapi.json', (c) => c.json(described()))
  routes.get('/reference', async (c) => {
    c.header('Content-Security-Policy', REFERENCE_POLICY)
    return c.html(await referencePage(operations, described()))
  })
  routes.all('*', (c) => {
    const allowed = allowedAt(operations, c.req.path.slice(behindApi(c.req.path)))
    if (allowed.length > 0) {
      c.header('Allow', allowed.join(', '))
      throw new Problem('method-not-allowed', `there are ${allowed.join(', ')} at ${c.req.path}`)
    }
    throw new Problem('not-found', `the API has nothing at ${c.req.method} ${c.req.path}`)
  })
  routes.onError((error, c) => {
    if (error instanceof Problem && error.parts.cause !== undefined)
      options.observe.event({
        kind: 'request-failed',
        id: c.get('requestId'),
        problem: error.parts.cause,
      })
    if (error instanceof HTTPException) return answerProblem(error, c)
    options.observe.event({ kind: 'bug', document: null, error })
    return answerProblem(new Problem('internal', 'the server failed to answer'), c)
  })
  return routes
}

/** The methods of a path of the API; none where nothing is there. */
const allowedAt = (operations: readonly Operation[], path: string): readonly string[] => {
  const own = operations
    .filter((operation) => patternOf(operation).test(path))
    .map(({ method }) => method.toUpperCase())
  if (path === '/openapi.json' || path === '/reference') own.push('GET')
  return own.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}

const patternOf = ({ path }: Operation): RegExp =>
  new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)

const partsOf = (options: ApiOptions): ApiParts => {
  const { documents, content, edge, clock, readMs, maxApiBodyBytes, wholes, answerMs } = options
  const { bodies, strangersBodies, answers } = options
  const clientOf = (c: Context<ApiEnv>) => edge.clientOf(c.env.incoming)
  const room: ApiParts['room'] = (c) => {
    const { addressGroup } = clientOf(c)
    return (size) => bodies.take(size, addressGroup)
  }
  const strangersRoom: ApiParts['room'] = (c) => {
    const { addressGroup } = clientOf(c)
    return (size) =>
      takeBoth(strangersBodies.take(size, addressGroup), () => bodies.take(size, addressGroup))
  }
  return {
    ...options,
    maxBodyBytes: maxApiBodyBytes,
    contents: new Contents(wholes, content, options.maxUpdateBytes),
    access: new Access(options),
    asked: (c, document, grant, author = grant.user) => ({
      documents,
      clock,
      document,
      grant,
      author,
      client: clientOf(c),
      withinMs: answerMs,
    }),
    asker: (c) => {
      const { incoming } = c.env
      const fields = fieldOf(incoming, 'x-forwarded-for')
      return {
        address: clientOf(c).address,
        peer: { address: edge.arrivals.peerOf(incoming), port: incoming.socket.remotePort ?? null },
        isProxied: edge.arrivals.isProxied(incoming),
        forwardedFor: fields.length === 0 ? null : fields.join(', '),
      }
    },
    isWanted: (c) => () => !c.env.outgoing.destroyed,
    base: (c) => c.req.path.slice(0, behindApi(c.req.path)),
    room,
    held: (c, bytes, as = 'own') => {
      const { addressGroup } = clientOf(c)
      const taken =
        as === 'own' ? answers.take(bytes, addressGroup) : answers.takeShared(bytes, addressGroup)
      if (!taken.ok) throw noAnswerRoom(taken.error)
      return taken.value
    },
    bytes: async (c, sender = 'granted') => {
      const take = sender === 'granted' ? room(c) : strangersRoom(c)
      const bounds = { limit: maxApiBodyBytes, take, clock, readMs }
      const body = await readBody(c.req.raw, bounds)
      if (!body.ok) throw bodyProblem(body.error)
      finished(c.env.outgoing, body.value.free)
      return body.value.bytes
    },
  }
}

const noAnswerRoom = ({ kind, limit }: NoPlace): Problem =>
  kind === 'group'
    ? new Problem('too-many', `answers to your address hold ${limit} bytes, which is its share`)
    : new Problem('unavailable', `answers hold ${limit} bytes, which is the limit`)

const isOfOperators = (needs: Need): needs is 'operations-read' | 'operations-write' =>
  needs === 'operations-read' || needs === 'operations-write'

const answer = async (
  parts: ApiParts,
  operation: Operation,
  c: Context<ApiEnv>,
): Promise<Response> => {
  const { needs, query, body, takes } = operation
  const call: Record<string, unknown> = {}
  if (operation.path.includes('{name}')) {
    const document = documentIn(c)
    call['document'] = document
    if (!isOfOperators(needs)) call['grant'] = await parts.access.toDocument(c, document, needs)
  }
  if (isOfOperators(needs)) {
    const need = needs === 'operations-read' ? 'read' : 'write'
    call['grant'] = operatorGrant(await parts.access.toOperations(c, need), parts.clock)
  }
  if (operation.path.includes('{id}')) call['id'] = idIn(c)
  const given = readQuery(query, c)
  const hasJson = body !== NOTHING && takes === undefined
  if (hasJson) needsType(c, 'application/json')
  // after the login: who may not has nothing read
  const isKnown = needs !== 'itself'
  if (hasJson && !isKnown) await parts.access.toAnything(c)
  const value = hasJson
    ? readJson(body, await parts.bytes(c, isKnown ? 'granted' : 'stranger'))
    : {}
  // an operation without `{name}` or `{id}` in its path reads no such thing
  return operation.handle({ ...call, c, query: given, body: value } as unknown as Call<
    unknown,
    unknown
  >)
}

/** Where in a path the API's own begins: behind whatever it is mounted at, which may look like it. */
const behindApi = (path: string): number => path.lastIndexOf(`${API_PATH}/`) + API_PATH.length

/** The router decodes what it can and leaves the rest; a name is decoded once, whole, or not at all. */
const documentIn = (c: Context): DocName => {
  const { pathname } = new URL(c.req.url)
  const [, segment = ''] =
    /^(?:\/operations)?\/documents\/([^/]*)/.exec(pathname.slice(behindApi(pathname))) ?? []
  let raw: string
  try {
    raw = decodeURIComponent(segment)
  } catch {
    throw new Problem('bad-request', 'the document’s name is not percent-encoded UTF-8')
  }
  const name = parseDocName(raw)
  if (!name.ok) throw new Problem('bad-request', name.error.message)
  return name.value
}

const idIn = (c: Context): number => {
  const id = rowId.safeParse(c.req.param('id'))
  if (!id.success)
    throw new Problem('bad-request', 'the id in the path is not a whole number from 1')
  return id.data
}
