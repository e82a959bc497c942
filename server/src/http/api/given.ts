/* Content as requests give it: in a body of JSON, or as bytes of a type. */
import type { Context } from 'hono'
import { readUpdate, type Update } from '@quire/shared'
import type { Format, FormattedContent } from '../../ports/content.ts'
import type { AuthorRange } from '../../ports/storage.ts'
import type { DirectRequest } from '../../runtime/direct.ts'
import type { ApiParts } from './api-parts.ts'
import type { ApiEnv, MediaType } from './operation.ts'
import { contentProblem, Problem } from './problem.ts'

/** What is written: content of a field, or an update as it is. */
export type Given =
  | ({ readonly kind: 'content' } & FieldContent)
  | { readonly kind: 'update'; readonly update: Uint8Array }

/** Content of a field, null being the one that the editor writes to. */
export interface FieldContent {
  readonly field: string | null
  readonly content: FormattedContent
}

/** What may be asked for, and its type on the wire. */
export const formatTypes = {
  json: 'application/json',
  text: 'text/plain',
  markdown: 'text/markdown',
  html: 'text/html',
  update: 'application/octet-stream',
} as const satisfies Record<Format | 'update', MediaType>

const EMPTY = new Uint8Array([0, 0]) as Update // no structs, no deletes (Yjs update format 1)

interface InJson<F> {
  readonly format: F
  readonly value?: unknown
  readonly field?: string | undefined
}

/** Content in JSON that is no update. */
export const contentOf = ({ format, value, field }: InJson<Format>): FieldContent => {
  if (format === 'json') return { field: field ?? null, content: { format, value } }
  if (typeof value !== 'string')
    throw new Problem('bad-request', `value: content of the format ${format} is text`)
  return { field: field ?? null, content: { format, value } }
}

/** Content in JSON. */
export const givenInJson = ({ format, ...given }: InJson<Format | 'update'>): Given => {
  if (format !== 'update') return { kind: 'content', ...contentOf({ format, ...given }) }
  const { value } = given
  if (typeof value !== 'string' || !BASE64.test(value))
    throw new Problem('bad-request', 'value: an update is given as text of base64')
  return { kind: 'update', update: new Uint8Array(Buffer.from(value, 'base64')) }
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Content in the bytes of a body. */
export const givenInBody = (
  type: string | undefined,
  bytes: Uint8Array,
  field: string | undefined,
): Given => {
  const [essence = ''] = (type ?? '').split(';', 1)
  const known = Object.entries(formatTypes).find(
    ([, name]) => name === essence.trim().toLowerCase(),
  )
  if (known === undefined)
    throw new Problem(
      'unsupported',
      `Content-Type is ${type ?? 'missing'}, taken are ${Object.values(formatTypes).join(', ')}`,
    )
  const format = known[0] as keyof typeof formatTypes // a key of the table
  if (format === 'update') return { kind: 'update', update: bytes }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('bad-request', 'the body is not UTF-8')
  }
  if (format !== 'json') return { kind: 'content', ...contentOf({ format, value: text, field }) }
  try {
    return { kind: 'content', ...contentOf({ format, value: JSON.parse(text), field }) }
  } catch {
    throw new Problem('bad-request', 'the body is not JSON')
  }
}

/** Who asks for a document to be made. */
interface Seeding {
  readonly c: Context<ApiEnv>
  readonly request: DirectRequest
}

/** The first content of a document that is to be made; its making takes its turn with what others asked for. */
export const seedOf = async (
  parts: ApiParts,
  seeding: Seeding,
  given: Given,
): Promise<{ readonly update: Update; readonly authors: readonly AuthorRange[] }> => {
  const { author = null } = seeding.request
  const update = given.kind === 'update' ? given.update : await made(parts, seeding, given)
  const contents = readUpdate(update)
  if (!contents.ok) throw new Problem('unprocessable', `update: ${contents.error.message}`)
  const authors: AuthorRange[] = []
  // ranges of one client come together and ascend: the first says it of all of them
  if (author !== null)
    for (const { client, start } of contents.value.structs.ranges())
      if (authors.at(-1)?.client !== client) authors.push({ client, clock: start, user: author })
  return { update: contents.value.update, authors }
}

const made = async (
  { content, contents, isWanted }: ApiParts,
  { c, request }: Seeding,
  { field, content: wanted }: FieldContent,
): Promise<Update> => {
  const job = () => content.change(EMPTY, [{ kind: 'replace', field, content: wanted }])
  const change = await contents.work(request, job, isWanted(c))
  if (!change.ok) throw contentProblem(change.error)
  return change.value.update ?? EMPTY
}
