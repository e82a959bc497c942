/* A stream of lines made documents of, one line after the other. */
import type { Context } from 'hono'
import { z } from 'zod'
import { clientId, millis, readUpdate } from '@quire/shared'
import type { Grant } from '../../ports/auth.ts'
import type { ApiParts } from './api-parts.ts'
import { answerLines, END, FAILED, importedLine, importLine, LINES } from './bulk-lines.ts'
import { linesOf } from './lines.ts'
import { needsType, NOTHING, operation, type ApiEnv, type Operation } from './operation.ts'
import { storageProblem } from './problem.ts'

/** What is said of a line that is malformed, at most. */
const MOST_ISSUES = 3

/** The operation. */
export const importOperation = (parts: ApiParts): Operation =>
  operation(
    {
      id: 'importDocuments',
      method: 'post',
      path: '/import',
      tag: 'Bulk',
      summary: 'Imports documents from a stream',
      description:
        'Lines as an export gives them. A document that is there is skipped, or with `existing=merge` gets what it lacks, under ' +
        'nobody’s name. Each line is answered as it is on disk; a line that cannot be used costs no other, and ' +
        'one that comes when the login has been taken back or has expired fails. The answer begins before the body has ended, and ' +
        'has to be read while it is sent: where nobody reads it, no more of the body is read.',
      needs: 'itself',
      query: z.strictObject({
        prefix: z.string().default(''),
        existing: z.enum(['skip', 'merge']).default('skip'),
      }),
      body: NOTHING,
      takes: [LINES],
      takesLines: importLine,
      answers: {
        200: { description: 'What came of each line', types: [LINES], lines: importedLine },
      },
      problems: [],
    },
    async ({ c, query }) => {
      const grant = await parts.access.toAll(c, query.prefix, 'application')
      needsType(c, LINES)
      return answerLines(parts, c, resultsOf(parts, { ...query, c, grant }))
    },
  )

/** One import. */
interface Import {
  readonly c: Context<ApiEnv>
  readonly grant: Grant
  /** What all names have to begin with. */
  readonly prefix: string
  /** What becomes of a document that is there already. */
  readonly existing: 'skip' | 'merge'
}

type Told = z.input<typeof importedLine>

const resultsOf = async function* (parts: ApiParts, asked: Import): AsyncIterable<Told> {
  const { clock, readMs, maxBodyBytes: limit } = parts
  const bounds = { clock, readMs, limit, take: parts.room(asked.c) }
  let line = 0
  for await (const raw of linesOf(asked.c.req.raw, bounds)) {
    line++
    if (raw.kind !== 'line') {
      yield { line, name: null, result: 'failed', detail: raw.message }
      if (raw.kind === 'end') return
      continue
    }
    const read = readLine(raw.text)
    if (read === null) continue
    if (typeof read === 'string') yield { line, name: null, result: 'failed', detail: read }
    else yield { line, name: read.name, ...(await resultOf(parts, asked, read)) }
  }
  yield { done: true, lines: line }
}

interface Outcome {
  readonly result: 'created' | 'skipped' | 'merged' | 'failed'
  readonly detail?: string
}

const failed = (detail: string): Outcome => ({ result: 'failed', detail })

/** What comes of one line; a fault of ours costs no other line. */
const resultOf = async (
  parts: ApiParts,
  asked: Import,
  read: ReadLine | z.output<typeof FAILED>,
): Promise<Outcome> => {
  if ('result' in read) return { result: 'skipped', detail: 'the export does not have it' }
  if (!read.name.startsWith(asked.prefix))
    return failed(`the name does not begin with ${JSON.stringify(asked.prefix)}`)
  const lost = parts.access.lost(asked.grant, read.name)
  if (lost !== null) return failed(lost)
  try {
    return await take(parts, asked, read)
  } catch (cause) {
    const error = new Error('a line of an import failed', { cause })
    parts.observe.event({ kind: 'bug', document: read.name, error })
    return failed('the server failed')
  }
}

const take = async (parts: ApiParts, asked: Import, read: ReadLine): Promise<Outcome> => {
  const { documents, contents, clock } = parts
  const update = readUpdate(new Uint8Array(Buffer.from(read.update, 'base64')))
  if (!update.ok) return failed(`update: ${update.error.message}`)
  const authors = read.authors.map(([client, from, user]) => ({
    client: clientId(client),
    clock: from,
    user,
  }))
  const seed = { update: update.value.update, authors }
  const at = read.createdAt === undefined ? clock.wall() : millis(Date.parse(read.createdAt))
  const made = await documents.create(read.name, { key: null, seed, at })
  if (!made.ok) return failed(storageProblem(made.error).message)
  if (made.value.kind === 'created') return { result: 'created' }
  if (asked.existing === 'skip') return { result: 'skipped' }
  const request = parts.asked(asked.c, read.name, asked.grant, null) // as said: nobody's
  const merged = await contents.merge(request, seed.update, null)
  return merged.ok ? { result: 'merged' } : failed('it could not be merged')
}

type ReadLine = z.output<typeof importLine>

/** What a line says: a document, the end of an export (null), or what is wrong with it. */
const readLine = (raw: string): ReadLine | z.output<typeof FAILED> | string | null => {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    return 'the line is not JSON'
  }
  if (END.safeParse(value).success) return null
  const failed = FAILED.safeParse(value)
  if (failed.success) return failed.data
  const read = importLine.safeParse(value)
  if (read.success) return read.data
  return read.error.issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => `${['line', ...path.map(String)].join('.')}: ${message}`)
    .join('; ')
}
