/* Documents as a stream of lines, each as the disk has it at its turn. */
import { z } from 'zod'
import type { DocName } from '@quire/shared'
import type { Grant } from '../../ports/auth.ts'
import type { DocumentFacts, Storage } from '../../ports/storage.ts'
import type { ApiParts } from './api-parts.ts'
import { answerLines, documentLine, exportedLine, LINES } from './bulk-lines.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { contentProblem, orProblem, Problem } from './problem.ts'

/** Documents that are listed at a time for an export. */
const PAGE = 100

/** The operation. */
export const exportOperation = (parts: ApiParts): Operation =>
  operation(
    {
      id: 'exportDocuments',
      method: 'get',
      path: '/export',
      tag: 'Bulk',
      summary: 'Exports documents as a stream',
      description:
        'Of all whose names begin with `prefix`, each as the disk has it at its turn, a line of JSON each: what the import takes. ' +
        'One that cannot be read, or whose turn comes when the login has been taken back or has expired, is a line with ' +
        '`"result":"failed"`, which the import passes over. ' +
        'A last line {"done":true,"documents":n,"failed":m} says that it is complete.',
      needs: 'itself',
      query: z.strictObject({ prefix: z.string().default('') }),
      body: NOTHING,
      answers: { 200: { description: 'Lines of JSON', types: [LINES], lines: exportedLine } },
      problems: [],
    },
    async ({ c, query: { prefix } }) => {
      const grant = await parts.access.toAll(c, prefix, 'application')
      return answerLines(parts, c, exported(parts, { prefix, grant, request: c.get('requestId') }))
    },
  )

/** One export. */
interface Export {
  readonly grant: Grant
  /** What the names of its documents begin with. */
  readonly prefix: string
  /** The id of its request. */
  readonly request: string
}

type Told = z.input<typeof exportedLine>

/** An export ends with its last line, or is cut: what was read until then is no export. */
const exported = async function* (
  parts: ApiParts,
  { grant, prefix, request }: Export,
): AsyncIterable<Told> {
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
        const line = await lineOf(parts, grant, facts)
        if (line === null) continue
        yield line
        counts['result' in line ? 'failed' : 'documents']++
      } catch (cause) {
        told(cause, facts.name)
        counts.failed++
        yield failed(facts.name, 'it could not be read')
      }
    }
  } catch (cause) {
    told(cause, null)
    return // without its last line
  }
  yield { done: true, ...counts }
}

const failed = (name: DocName, detail: string) => ({ name, result: 'failed', detail }) as const

/** What is said of a document, as far as its login still goes; null where there is none any more. */
const lineOf = async (parts: ApiParts, grant: Grant, facts: DocumentFacts) => {
  const refused = () => {
    const lost = parts.access.lost(grant, facts.name)
    return lost === null ? null : failed(facts.name, lost)
  }
  const early = refused()
  if (early !== null) return early
  const state = await stateOf(parts, facts)
  return state === null ? null : (refused() ?? state) // that may have taken long
}

/** What there is of a document, null where it was purged meanwhile. */
const stateOf = async ({ storage, content }: ApiParts, facts: DocumentFacts) => {
  const stored = await storage.read(facts.id)
  if (!stored.ok && stored.error.kind === 'unknown-document') return null
  const { snapshot, tail, head } = orProblem(stored)
  const update = await content.merge([...(snapshot === null ? [] : [snapshot]), ...tail])
  if (!update.ok) throw contentProblem(update.error)
  const authors = orProblem(await storage.authors(facts.id))
  return documentLine(facts, { sequence: head, update: update.value, authors })
}

const listed = async function* (storage: Storage, prefix: string): AsyncIterable<DocumentFacts> {
  let after: Pick<DocumentFacts, 'name' | 'id'> | null = null
  for (;;) {
    const page: readonly DocumentFacts[] = orProblem(
      await storage.list({ prefix, search: '', after, limit: PAGE, which: 'present' }),
    )
    yield* page
    const last: DocumentFacts | undefined = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last
  }
}
