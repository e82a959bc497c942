/*
 * Many documents at once, as streams of lines of JSON (https://github.com/ndjson/ndjson-spec): a line is a document,
 *
 *   {"name":"team/notes","createdAt":"…","changedAt":"…","sequence":12,"update":"AQHs…","authors":[[client,clock,"ann"]]}
 *
 * with its whole state as one Yjs update in base64. Neither holds more than one document at a time.
 */
import { z } from 'zod'
import { clientId, readUpdate } from '@quire/shared'
import type { DocumentFacts, Storage } from '../../ports/storage.ts'
import type { ApiParts } from './api-parts.ts'
import { linesOf } from './lines.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { Problem, storageProblem } from './problem.ts'
import { docName, time } from './schemas.ts'
import { timeText } from './told.ts'

/** Documents that are listed at a time for an export. */
const PAGE = 100

/** The line that an export ends with: no document. */
const END = /^\s*\{\s*"done"\s*:\s*true\b/

const authorRange = z.tuple([z.int().min(0), z.int().min(0), z.string().nullable()])

const line = z.object({
  name: docName,
  createdAt: time.optional(),
  update: z.base64(),
  authors: z.array(authorRange).default([]),
})

const lineResult = z
  .object({
    line: z.int(),
    name: z.string().nullable(),
    result: z.enum(['created', 'skipped', 'merged', 'failed']),
    detail: z.string().optional(),
  })
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
        'A last line {"done":true,"documents":n} says that it is complete.',
      needs: 'itself',
      query: z.object({ prefix: z.string().default('') }),
      body: NOTHING,
      answers: { 200: { description: 'Lines of JSON', types: ['application/x-ndjson'] } },
      problems: [],
    },
    async ({ c, query: { prefix } }) => {
      await access.toAll(c, prefix, 'application')
      const lines = exported(parts, prefix)
      c.header('Content-Type', 'application/x-ndjson')
      return c.body(ReadableStream.from(encoded(lines)))
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
        'Lines as an export gives them. A document that is there is skipped, or with `existing=merge` gets what it lacks. ' +
        'Each line is answered as it is on disk; a line that cannot be used costs no other.',
      needs: 'itself',
      query: z.object({
        prefix: z.string().default(''),
        existing: z.enum(['skip', 'merge']).default('skip'),
      }),
      body: NOTHING,
      takes: ['application/x-ndjson'],
      answers: { 200: { description: 'What came of each line', types: ['application/x-ndjson'] } },
      problems: ['too-large', 'unsupported'],
    },
    async ({ c, query: { prefix, existing } }) => {
      const grant = await access.toAll(c, prefix, 'application')
      const take = async (raw: string, number: number): Promise<z.input<typeof lineResult>> => {
        const failed = (detail: string, name: string | null = null) =>
          ({ line: number, name, result: 'failed', detail }) as const
        const read = readLine(raw)
        if (typeof read === 'string') return failed(read)
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
        const made = await documents.create(name, { key: null, seed, at: clock.wall() })
        if (!made.ok) return failed(storageProblem(made.error).message, name)
        if (made.value.kind === 'created') return { line: number, name, result: 'created' }
        if (existing === 'skip') return { line: number, name, result: 'skipped' }
        const merged = await contents.merge(parts.asked(c, name, grant), seed.update, null)
        return merged.ok
          ? { line: number, name, result: 'merged' }
          : failed('it could not be merged', name)
      }
      const results = async function* () {
        let number = 0
        for await (const raw of linesOf(c.req.raw, parts)) {
          number++
          if (raw.kind === 'problem') {
            yield { line: number, name: null, result: 'failed', detail: raw.message }
            return
          }
          if (!END.test(raw.text)) yield await take(raw.text, number)
        }
        yield { done: true, lines: number }
      }
      c.header('Content-Type', 'application/x-ndjson')
      return c.body(ReadableStream.from(encoded(results())))
    },
  )

  return [exporting, importing]
}

const encoded = async function* (lines: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const one of lines) yield encoder.encode(`${JSON.stringify(one)}\n`)
}

const readLine = (raw: string): z.output<typeof line> | string => {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    return 'the line is not JSON'
  }
  const read = line.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  return `${issue?.path.join('.') ?? 'line'}: ${issue?.message ?? 'is malformed'}`
}

/** An export ends with its last line, or is cut: what was read until then is no export. */
const exported = async function* ({ storage, content }: ApiParts, prefix: string) {
  let count = 0
  for await (const facts of listed(storage, prefix)) {
    const stored = await storage.read(facts.id)
    if (!stored.ok && stored.error.kind === 'unknown-document') continue // purged meanwhile
    if (!stored.ok) throw storageProblem(stored.error)
    const { snapshot, tail, head } = stored.value
    const update = await content.merge([...(snapshot === null ? [] : [snapshot]), ...tail])
    if (!update.ok) throw new Problem('internal', update.error.message)
    const authors = await storage.authors(facts.id)
    if (!authors.ok) throw storageProblem(authors.error)
    yield {
      name: facts.name,
      createdAt: timeText(facts.createdAt),
      changedAt: timeText(facts.changedAt),
      sequence: head,
      update: Buffer.from(update.value).toString('base64'),
      authors: authors.value.map(({ client, clock, user }) => [client, clock, user]),
    }
    count++
  }
  yield { done: true, documents: count }
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
