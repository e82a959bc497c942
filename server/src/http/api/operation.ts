/*
 * One operation of the document API: what it is called, who may, what it takes and gives. The same schemas check
 * requests and make the description (openapi.ts).
 */
import type { Context } from 'hono'
import { z } from 'zod'
import type { DocName } from '@quire/shared'
import type { EdgeBindings } from '../../edges/websocket/edge-bindings.ts'
import type { Grant } from '../../ports/auth.ts'
import { Problem, type ProblemKind } from './problem.ts'

/** What requests of the API carry: an answer that is written, which handshakes have not. */
export interface ApiEnv {
  Bindings: Required<EdgeBindings>
  Variables: { requestId: string }
}

/**
 * What a login has to grant: to see or to change the document in the path; `application` is a login that speaks
 * for all users, with write access to it; `itself`: the operation asks, as the document is not in its path. Of
 * `operations-` it is whether somebody may see how the server is, or run it, whatever documents are his.
 */
export type Need =
  | 'read'
  | 'write'
  | 'application'
  | 'itself'
  | 'operations-read'
  | 'operations-write'

/** A type of bytes that are taken or given as they are. */
export type MediaType =
  | 'application/json'
  | 'application/x-ndjson'
  | 'application/octet-stream'
  | 'text/plain'
  | 'text/markdown'
  | 'text/html'

/** What an answer is. */
export interface AnswerOf {
  readonly description: string
  /** JSON of this form; absent: no body, or bytes of `types`. */
  readonly json?: z.ZodType
  readonly types?: readonly MediaType[]
  /** What each line of it is, where it is lines of JSON. */
  readonly lines?: z.ZodType
  readonly fields?: Readonly<Record<string, string>>
}

/** A request for an operation, checked. */
export interface Call<Q, B> {
  readonly c: Context<ApiEnv>
  /** Of the path; of an operation without one it must not be read. */
  readonly document: DocName
  /** Of the document in the path; as with it. Of who runs the server, to any document, and whatever is in the path. */
  readonly grant: Grant
  /** Of a path with one, such as that of a version. */
  readonly id: number
  readonly query: Q
  readonly body: B
}

/** What is said about an operation. */
export interface OperationFacts<Q extends z.ZodType, B extends z.ZodType> {
  readonly id: string
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As OpenAPI writes it: `/documents/{name}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly needs: Need
  readonly query: Q
  /** JSON of this form; `NOTHING` for none, or where the operation reads the bytes itself. */
  readonly body: B
  /** Types of a body that the operation reads itself. */
  readonly takes?: readonly MediaType[]
  /** What each line of such a body is, where it is lines of JSON. */
  readonly takesLines?: z.ZodType
  /** Request fields that count. */
  readonly fields?: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<number, AnswerOf>>
  /** Beside those that each may have. */
  readonly problems: readonly ProblemKind[]
}

/** An operation. */
export interface Operation extends OperationFacts<z.ZodType, z.ZodType> {
  readonly handle: (call: Call<unknown, unknown>) => Promise<Response>
}

/** No query, or no body. */
export const NOTHING = z.strictObject({})

/** Makes an operation, whose handler sees what its schemas say. */
export const operation = <Q extends z.ZodType, B extends z.ZodType>(
  facts: OperationFacts<Q, B>,
  handle: (call: Call<z.output<Q>, z.output<B>>) => Promise<Response>,
): Operation => ({
  ...facts,
  // `readQuery` and `readJson` have parsed both with the schemas of the same facts
  handle: (call) => handle(call as Call<z.output<Q>, z.output<B>>),
})

/** The query of a request, or what is wrong with it. A token in it is a login (token.ts), and no part of the question. */
export const readQuery = (schema: z.ZodType, c: Context): unknown => {
  const { token: _, ...query } = c.req.query()
  return parsed(schema, query, 'query')
}

/** Says that a body has this type, whatever its parameters. */
export const needsType = (c: Context, type: MediaType): void => {
  const given = c.req.header('content-type')
  const [essence = ''] = (given ?? '').split(';', 1)
  if (essence.trim().toLowerCase() === type) return
  throw new Problem('unsupported', `Content-Type is ${given ?? 'missing'}, taken is ${type}`)
}

/** A body of JSON, or what is wrong with it. */
export const readJson = (schema: z.ZodType, bytes: Uint8Array): unknown => {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Problem('bad-request', 'the body is not JSON in UTF-8')
  }
  return parsed(schema, value, 'body')
}

const MOST_PROBLEMS = 3

const parsed = (schema: z.ZodType, value: unknown, where: string): unknown => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const said = result.error.issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => {
    const place = [where, ...path.map(String)].join('.')
    return `${place}: ${message}`
  })
  throw new Problem('bad-request', said.join('; '))
}
