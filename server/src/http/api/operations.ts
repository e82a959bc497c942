/* Running the server: what is there and open, who is in it and why it is large; and what is done about it. */
import { z } from 'zod'
import type { ApiParts } from './api-parts.ts'
import { documentOperationsOfOperators, operationsJson } from './operations-document.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import {
  operationsDocumentPage,
  operationsListQuery,
  operationsOverview,
} from './operations-schemas.ts'
import { orProblem, Problem } from './problem.ts'
import { docName } from './schemas.ts'
import {
  Listing,
  type ListedDocument,
  type ListOrder,
  type ListPlace,
} from '../../runtime/operations/listing.ts'

/** The operations. */
export const operationsOperations = (parts: ApiParts): readonly Operation[] => {
  const { operations } = parts
  const listing = new Listing(parts)

  const overview = operation(
    {
      id: 'readOperations',
      method: 'get',
      path: '/operations',
      tag: 'Operations',
      summary: 'Says how the server is',
      description:
        'This moment, a sample for every two seconds of the last ten minutes, and the newest refusals, denials and errors: what the page ' +
        'of operations follows live. Also whose request the server takes this one for, which shows whether it knows the proxies before it.',
      needs: 'operations-read',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'How it is', json: operationsOverview } },
      problems: [],
    },
    async ({ c, grant }) => {
      const access = grant.access === 'write' ? 'write' : 'read'
      return c.json({ access, asker: parts.asker(c), now: operations.now(), ...operations.kept })
    },
  )

  const list = operation(
    {
      id: 'listOperationsDocuments',
      method: 'get',
      path: '/operations/documents',
      tag: 'Operations',
      summary: 'Lists documents with what is going on in them',
      description:
        'All that are there, open or not. Figures change while pages are read: a document may be on two of them, or on none.',
      needs: 'operations-read',
      query: operationsListQuery,
      body: NOTHING,
      answers: { 200: { description: 'A page of them', json: operationsDocumentPage } },
      problems: [],
    },
    async ({ c, query: { search, sort, limit, cursor } }) => {
      const after = cursor === undefined ? null : readCursor(cursor, sort)
      const { documents, next } = orProblem(
        await listing.page({ search, order: sort, after, limit }),
      )
      return c.json({
        documents: documents.map(listedJson),
        next: next === null ? null : writeCursor(sort, next),
      })
    },
  )

  return [overview, list, ...documentOperationsOfOperators(parts)]
}

const listedJson = ({ facts, open }: ListedDocument) =>
  operationsJson(facts, open, open?.log ?? null)

const place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('figure'), figure: z.number(), name: z.string() }),
  z.strictObject({ kind: z.literal('name'), name: docName, id: z.int() }),
  z.strictObject({ kind: z.literal('rank'), rank: z.int().min(0) }),
])

const cursorForm = z.tuple([z.string(), place])

const writeCursor = (order: ListOrder, next: ListPlace): string =>
  Buffer.from(JSON.stringify([order, next])).toString('base64url')

/** A place in one order means nothing in another. */
const readCursor = (raw: string, sort: ListOrder): ListPlace => {
  const wrong = new Problem(
    'bad-request',
    'query.cursor: this is no `next` of an earlier page of this order',
  )
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(raw, 'base64url').toString())
  } catch {
    throw wrong
  }
  const read = cursorForm.safeParse(json)
  if (!read.success || read.data[0] !== sort) throw wrong
  return read.data[1] as ListPlace // an id that was never given finds no more than a page
}
