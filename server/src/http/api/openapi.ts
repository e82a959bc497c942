/*
 * The description of the API (OpenAPI 3.1, whose schemas are JSON Schema 2020-12, as zod writes them): made of the
 * operations, once, when it is asked for.
 */
import { z } from 'zod'
import type { AnswerOf, MediaType, Operation } from './operation.ts'
import { NOTHING } from './operation.ts'
import { problems, type ProblemKind } from './problem.ts'
import { problemSchema } from './schemas.ts'

type Json = Record<string, unknown>

/** Problems that any request may have. */
const ALWAYS: readonly ProblemKind[] = [
  'bad-request',
  'unauthorized',
  'forbidden',
  'too-many',
  'internal',
  'unavailable',
]

/** The description of operations, as JSON. */
export const describeOperations = (operations: readonly Operation[], version: string): Json => {
  const components: Json = {}
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
    for (const [name, definition] of Object.entries($defs ?? {}))
      components[name] = moved(definition)
    const { id } = schema.meta() ?? {}
    if (id === undefined) return moved(own)
    if (!('$ref' in own)) components[id] = moved(own) // one that has others in it is among its own `$defs`
    return { $ref: `#/components/schemas/${id}` }
  }
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    paths[operation.path] ??= {}
    const path = paths[operation.path] ?? {}
    path[operation.method] = describe(operation, schemaOf)
  }
  schemaOf(problemSchema, 'output') // which all of them point to
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quire',
      version,
      description:
        'Documents that several people write in at once: read and changed by programs, as one more collaborator.',
    },
    paths,
    components: {
      schemas: components,
      headers: Object.fromEntries(
        Object.entries(HEADERS).map(([name, about]) => [name, headerOf(about)]),
      ),
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    security: [{ token: [] }],
  }
}

/** zod puts what is named under `$defs`; here it is a component. */
const moved = (schema: unknown): Json => {
  const { id: _, ...rest } = JSON.parse(
    JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as Json // what was an object of JSON Schema is one
  return rest
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Json

const describe = (operation: Operation, schemaOf: SchemaOf): Json => {
  const { id, tag, summary, description, needs } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description, NEEDS[needs]].filter((part) => part !== undefined).join(' '),
    parameters: parametersOf(operation, schemaOf),
    ...(hasBody(operation)
      ? { requestBody: { required: true, content: bodyOf(operation, schemaOf) } }
      : {}),
    responses: responsesOf(operation, schemaOf),
  }
}

const NEEDS = {
  read: 'Needs a login that may read the document.',
  write: 'Needs a login that may write the document.',
  application: 'Needs an application’s login (a token without `sub`) that may write the document.',
  itself: undefined,
  'operations-read':
    'Needs a login that may see how the server is (`"operations": "read"` in a token).',
  'operations-write': 'Needs a login that may run the server (`"operations": "write"` in a token).',
} as const

const parametersOf = ({ path, query, fields = {} }: Operation, schemaOf: SchemaOf): Json[] => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'name' ? { type: 'string' } : { type: 'integer', minimum: 1 },
    description: name === 'name' ? 'The document’s name, percent-encoded whole' : 'The id',
  }))
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    readonly properties?: Record<string, Json>
    readonly required?: readonly string[]
  } // queries are objects
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
  const inHead = Object.entries(fields).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
  return [...inPath, ...inQuery, ...inHead]
}

const hasBody = ({ body, takes }: Operation): boolean => body !== NOTHING || takes !== undefined

/** What is of these types; OpenAPI 3.1 has no word for what each line of a body is, 3.2 calls it so. */
const ofTypes = (types: readonly MediaType[], line: Json | null): Json =>
  Object.fromEntries(
    types.map((type) => [
      type,
      {
        schema: type === 'application/json' ? {} : { type: 'string' },
        ...(line === null ? {} : { 'x-itemSchema': line }),
      },
    ]),
  )

const bodyOf = ({ body, takes, takesLines }: Operation, schemaOf: SchemaOf): Json =>
  takes === undefined
    ? { 'application/json': { schema: schemaOf(body, 'input') } }
    : ofTypes(takes, takesLines === undefined ? null : schemaOf(takesLines, 'input'))

/** Fields that are not one operation's. */
const HEADERS = {
  'X-Request-Id': 'Names the request: as it was brought, or chosen by the server',
  'RateLimit-Policy':
    'Requests of one login in a window, as in "login";q=600;w=60; only where a login was let in that is counted',
  RateLimit: 'What is left of them, as in "login";r=599;t=1; where there is a RateLimit-Policy',
  'Retry-After': 'When to ask again, seconds',
  'WWW-Authenticate': 'Bearer',
} as const

type Header = keyof typeof HEADERS

/** What any answer may have: the rate is told of a login that was let in. */
const COMMON: readonly Header[] = ['X-Request-Id', 'RateLimit-Policy', 'RateLimit']

const headersOf = (names: readonly Header[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

const headerOf = (description: string): Json => ({ description, schema: { type: 'string' } })

/** Problems of whatever has a body, beside those of its own. */
const OF_BODIES: readonly ProblemKind[] = ['too-large', 'too-slow', 'unsupported']

const OF_PROBLEMS: Partial<Record<ProblemKind, Header>> = {
  unauthorized: 'WWW-Authenticate',
  'too-many': 'Retry-After',
  unavailable: 'Retry-After',
}

const responsesOf = (operation: Operation, schemaOf: SchemaOf): Json => {
  const responses: Json = {}
  for (const [status, answer] of Object.entries(operation.answers))
    responses[status] = answerOf(answer, schemaOf)
  for (const kind of [...ALWAYS, ...(hasBody(operation) ? OF_BODIES : []), ...operation.problems]) {
    const { status, title } = problems[kind]
    const own = OF_PROBLEMS[kind]
    responses[status] = {
      description: title,
      headers: headersOf(own === undefined ? COMMON : [...COMMON, own]),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return responses
}

const answerOf = (
  { description, json, types, lines, fields = {} }: AnswerOf,
  schemaOf: SchemaOf,
): Json => {
  const content =
    json === undefined
      ? ofTypes(types ?? [], lines === undefined ? null : schemaOf(lines, 'output'))
      : { 'application/json': { schema: schemaOf(json, 'output') } }
  const own = Object.entries(fields).map(([name, about]) => [name, headerOf(about)])
  return {
    description,
    headers: { ...headersOf(COMMON), ...Object.fromEntries(own) },
    ...(Object.keys(content).length === 0 ? {} : { content }),
  }
}
