/*
 * Many documents at once, as streams of lines of JSON (https://github.com/ndjson/ndjson-spec): a line is a document,
 *
 *   {"name":"team/notes","createdAt":"…","changedAt":"…","sequence":12,"update":"AQHs…","authors":[[client,clock,"ann"]]}
 *
 * with its whole state as one Yjs update in base64. Neither holds more than one document at a time.
 */
import { z } from 'zod'
import type { Context } from 'hono'
import { clientId, millis, readUpdate, type DocName } from '@quire/shared'
import type { DocumentFacts, Storage } from '../../ports/storage.ts'
import type { ApiParts } from './api-parts.ts'
import { lineStream } from './line-stream.ts'
import { linesOf } from './lines.ts'
import { needsType, NOTHING, operation, type ApiEnv, type Operation } from './operation.ts'
import { contentProblem, Problem, storageProblem } from './problem.ts'
import { newName, time, userId } from './schemas.ts'
import { timeText } from './told.ts'

/** Documents that are listed at a time for an export. */
const PAGE = 100

/** The line that an export ends with: no document. */
const END = z.object({ done: z.literal(true) })

/** A document that an export could not read. */
const FAILED = z
  .object({ name: z.string(), result: z.literal('failed'), detail: z.string() })
  .meta({ description: 'A document that could not be read' })

const LINES = 'application/x-ndjson'

/** What is said of a line that is malformed, at most. */
const MOST_ISSUES = 3

/** A client and a clock are at most 2^53 - 1, as in an update. */
const authorRange = z.tuple([z.int().min(0), z.int().min(0), userId.nullable()])

const line = z
  .object({
    name: newName,
    createdAt: time.optional().meta({ description: 'Absent: it is made now' }),
    update: z.base64().meta({ description: 'The whole state, a Yjs update' }),
    authors: z
      .array(authorRange)
      .default([])
      .meta({ description: 'Ranges of [client, from clock, user]' }),
  })
  .meta({ id: 'ImportLine' }) // what an export says beside that is let pass

const exportedLine = z
  .union([
    z.object({
      name: z.string(),
      createdAt: time,
      changedAt: time,
      sequence: z.int().min(0),
      update: z.base64(),
      authors: z.array(authorRange),
    }),
    FAILED,
    z
      .object({ done: z.literal(true), documents: z.int().min(0), failed: z.int().min(0) })
      .meta({ description: 'The last line: the export is complete' }),
  ])
  .meta({ id: 'ExportedLine' })

const importedLine = z
  .union([
    z.object({
      line: z.int().min(1),
      name: z.string().nullable(),
      result: z.enum(['created', 'skipped', 'merged', 'failed']),
      detail: z.string().optional(),
    }),
    z
      .object({ done: z.literal(true), lines: z.int().min(0) })
      .meta({ description: 'The last line: all was read' }),
  ])
  .meta({ id: 'ImportedLine' })

/** The operations. */
export const bulkOperations = (parts: ApiParts): readonly Operation[] => {
  const { access, documents, contents, clock } = parts

  const exporting = operation(
    {
      id: 'exportDocuments',
      method: 'get',
      path: '/export',
      tag: 'Bulk',
      summary: 'Exports documents as a stream',
      description:
        'Of all whose names begin with `prefix`, each as the disk has it at its turn, a line of JSON each: what the import takes. ' +
        'One that cannot be read is a line with `"result":"failed"`, which the import passes over. ' +
        'A last line {"done":true,"documents":n,"failed":m} says that it is complete.',
      needs: 'itself',
      query: z.strictObject({ prefix: z.string().default('') }),
      body: NOTHING,
      answers: { 200: { description: 'Lines of JSON', types: [LINES], lines: exportedLine } },
      problems: [],
    },
    async ({ c, query: { prefix } }) => {
      await access.toAll(c, prefix, 'application')
      return answerLines(parts, c, exported(parts, prefix, c.get('requestId')))
    },
  )

  const importing = operation(
    {
      id: 'importDocuments',
      method: 'post',
      path: '/import',
      tag: 'Bulk',
      summary: 'Imports documents from a stream',
      description:
        'Lines as an export gives them. A document that is there is skipped, or with `existing=merge` gets what it lacks, under ' +
        'nobody’s name. Each line is answered as it is on disk; a line that cannot be used costs no other. The answer begins ' +
        'before the body has ended, and has to be read while it is sent: where nobody reads it, no more of the body is read.',
      needs: 'itself',
      query: z.strictObject({
        prefix: z.string().default(''),
        existing: z.enum(['skip', 'merge']).default('skip'),
      }),
      body: NOTHING,
      takes: [LINES],
      takesLines: line,
      answers: {
        200: { description: 'What came of each line', types: [LINES], lines: importedLine },
      },
      problems: [],
    },
    async ({ c, query: { prefix, existing } }) => {
      const grant = await access.toAll(c, prefix, 'application')
      needsType(c, LINES)
      const take = async (
        raw: string,
        number: number,
      ): Promise<z.input<typeof importedLine> | null> => {
        const failed = (detail: string, name: string | null = null) =>
          ({ line: number, name, result: 'failed', detail }) as const
        const read = readLine(raw)
        if (read === null) return null
        if (typeof read === 'string') return failed(read)
        if ('result' in read) {
          const detail = 'the export could not read it'
          return { line: number, name: read.name, result: 'skipped', detail }
        }
        const { name, authors } = read
        if (!name.startsWith(prefix))
          return failed(`the name does not begin with ${JSON.stringify(prefix)}`, name)
        const update = readUpdate(new Uint8Array(Buffer.from(read.update, 'base64')))
        if (!update.ok) return failed(`update: ${update.error.message}`, name)
        const seed = {
          update: update.value.update,
          authors: authors.map(([client, from, user]) => ({
            client: clientId(client),
            clock: from,
            user,
          })),
        }
        const at = read.createdAt === undefined ? clock.wall() : millis(Date.parse(read.createdAt))
        const made = await documents.create(name, { key: null, seed, at })
        if (!made.ok) return failed(storageProblem(made.error).message, name)
        if (made.value.kind === 'created') return { line: number, name, result: 'created' }
        if (existing === 'skip') return { line: number, name, result: 'skipped' }
        const merged = await contents.merge(parts.asked(c, name, grant), seed.update, null)
        return merged.ok
          ? { line: number, name, result: 'merged' }
          : failed('it could not be merged', name)
      }
      const taken = async (raw: string, number: number) => {
        try {
          return await take(raw, number)
        } catch (cause) {
          const error = new Error(`line ${number} of an import failed`, { cause })
          parts.observe.event({ kind: 'bug', document: null, error })
          const detail = 'the server failed'
          return { line: number, name: null, result: 'failed', detail } as const
        }
      }
      const { readMs, maxBodyBytes: limit } = parts
      const bounds = { clock, readMs, limit, take: parts.room(c) }
      const results = async function* () {
        let number = 0
        for await (const raw of linesOf(c.req.raw, bounds)) {
          number++
          if (raw.kind === 'problem') {
            yield { line: number, name: null, result: 'failed', detail: raw.message }
            return
          }
          const told = await taken(raw.text, number)
          if (told !== null) yield told
        }
        yield { done: true, lines: number }
      }
      return answerLines(parts, c, results())
    },
  )

  return [exporting, importing]
}

const answerLines = (
  { clock, readMs }: ApiParts,
  c: Context<ApiEnv>,
  lines: AsyncIterable<unknown>,
): Response =>
  c.body(lineStream(lines, { outgoing: c.env.outgoing, clock, readMs }), 200, {
    'Content-Type': LINES,
  })

/** What a line says: a document, the end of an export (null), or what is wrong with it. */
const readLine = (raw: string): z.output<typeof line> | z.output<typeof FAILED> | string | null => {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    return 'the line is not JSON'
  }
  if (END.safeParse(value).success) return null
  const failed = FAILED.safeParse(value)
  if (failed.success) return failed.data
  const read = line.safeParse(value)
  if (read.success) return read.data
  return read.error.issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => `${['line', ...path.map(String)].join('.')}: ${message}`)
    .join('; ')
}

/** An export ends with its last line, or is cut: what was read until then is no export. */
const exported = async function* (
  parts: ApiParts,
  prefix: string,
  request: string,
): AsyncIterable<z.input<typeof exportedLine>> {
  const counts = { documents: 0, failed: 0 }
  const told = (cause: unknown, name: DocName | null): void => {
    const why = cause instanceof Problem ? (cause.parts.cause ?? cause.message) : String(cause)
    const where = name === null ? 'the list of documents' : JSON.stringify(name)
    const problem = `export: ${where}: ${why}`
    parts.observe.event({ kind: 'request-failed', id: request, problem })
  }
  try {
    for await (const facts of listed(parts.storage, prefix)) {
      try {
        const state = await stateOf(parts, facts)
        if (state === null) continue
        yield state
        counts.documents++
      } catch (cause) {
        told(cause, facts.name)
        counts.failed++
        yield { name: facts.name, result: 'failed', detail: 'it could not be read' }
      }
    }
  } catch (cause) {
    told(cause, null)
    return // without its last line
  }
  yield { done: true, ...counts }
}

/** What there is of a document, null where it was purged meanwhile. */
const stateOf = async ({ storage, content }: ApiParts, facts: DocumentFacts) => {
  const stored = await storage.read(facts.id)
  if (!stored.ok && stored.error.kind === 'unknown-document') return null
  if (!stored.ok) throw storageProblem(stored.error)
  const { snapshot, tail, head } = stored.value
  const update = await content.merge([...(snapshot === null ? [] : [snapshot]), ...tail])
  if (!update.ok) throw contentProblem(update.error)
  const authors = await storage.authors(facts.id)
  if (!authors.ok) throw storageProblem(authors.error)
  return {
    name: facts.name,
    createdAt: timeText(facts.createdAt),
    changedAt: timeText(facts.changedAt),
    sequence: head,
    update: Buffer.from(update.value).toString('base64'),
    authors: authors.value.map(({ client, clock, user }): [number, number, string | null] => [
      client,
      clock,
      user,
    ]),
  }
}

const listed = async function* (storage: Storage, prefix: string): AsyncIterable<DocumentFacts> {
  let after: Pick<DocumentFacts, 'name' | 'id'> | null = null
  for (;;) {
    const page = await storage.list({ prefix, search: '', after, limit: PAGE, which: 'present' })
    if (!page.ok) throw storageProblem(page.error)
    yield* page.value
    const last: DocumentFacts | undefined = page.value.at(-1)
    if (last === undefined || page.value.length < PAGE) return
    after = last
  }
}
