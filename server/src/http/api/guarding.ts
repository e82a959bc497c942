/* Who is here and who may be: connections, what was written and not let in, and logins that are taken back. */
import { z } from 'zod'
import { millis, sessionId, type DocName } from '@quire/shared'
import type { Patch, Revocation } from '../../ports/storage.ts'
import type { Documents } from '../../runtime/documents.ts'
import type { ConnectionFacts } from '../../runtime/guard.ts'
import type { ApiParts } from './api-parts.ts'
import { answerBytes, answerWritten } from './content.ts'
import { formatTypes } from './given.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { changeFor, ETAG, expectedOf, IF_MATCH } from './precondition.ts'
import { contentProblem, orProblem, Problem } from './problem.ts'
import {
  connectionSchema,
  patchSchema,
  revocationRequest,
  revocationSchema,
  revokedSchema,
  userId,
  writtenSchema,
} from './schemas.ts'
import { authorOf, found, timeText } from './told.ts'

/** A connection as the API tells it. */
export const connectionJson = ({ since, ...connection }: ConnectionFacts) => ({
  ...connection,
  since: timeText(since),
})

const patchJson = ({ firstAt, lastAt, ...patch }: Patch) => ({
  ...patch,
  firstAt: timeText(firstAt),
  lastAt: timeText(lastAt),
})

/** The operations. */
export const guardingOperations = (parts: ApiParts): readonly Operation[] => [
  ...connectionOperations(parts),
  ...patchOperations(parts),
  ...revocationOperations(parts),
]

/** Clients, and not what the server itself does with a document for requests and for the program around it. */
export const connectionsOf = (
  documents: Documents,
  document: DocName,
): readonly ConnectionFacts[] =>
  documents.guard.connections(document).filter(({ transport }) => transport !== 'direct')

const connectionOperations = ({ documents }: ApiParts): readonly Operation[] => [
  operation(
    {
      id: 'listConnections',
      method: 'get',
      path: '/documents/{name}/connections',
      tag: 'Connections',
      summary: 'Lists who has a document open',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: {
        200: {
          description: 'At this server',
          json: z.object({ connections: z.array(connectionSchema) }),
        },
      },
      problems: [],
    },
    async ({ c, document }) =>
      c.json({
        connections: connectionsOf(documents, document).map(connectionJson),
      }),
  ),
  operation(
    {
      id: 'endConnection',
      method: 'delete',
      path: '/documents/{name}/connections/{id}',
      tag: 'Connections',
      summary: 'Ends a connection',
      description:
        'For good, as far as its client obeys; its user may come back with a new page. To keep somebody out, revoke the login.',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: 'It is ended' } },
      problems: ['not-found'],
    },
    async ({ c, document, id }) => {
      const isThere = connectionsOf(documents, document).some((one) => Number(one.id) === id)
      if (!isThere || !documents.guard.kick(document, sessionId(id)))
        throw new Problem('not-found', `the document has no connection ${id}`)
      return c.body(null, 204)
    },
  ),
]

const patchOperations = (parts: ApiParts): readonly Operation[] => {
  const { storage, content, contents } = parts

  /** One patch of a document in one update. */
  const merged = async (name: Parameters<typeof found>[1], id: number) => {
    const { id: doc } = await found(storage, name)
    const pieces = orProblem(await storage.patch(doc, id))
    if (pieces === null) throw new Problem('not-found', `the document has no patch ${id}`)
    const update = await content.merge(pieces)
    if (!update.ok) throw contentProblem(update.error)
    return { doc, update: update.value }
  }

  const list = operation(
    {
      id: 'listPatches',
      method: 'get',
      path: '/documents/{name}/patches',
      tag: 'Patches',
      summary: 'Lists what was written and not let in',
      description:
        'What people wrote who had lost the right to: one patch for each of them. It is no part of the document.',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: {
        200: { description: 'All of them', json: z.object({ patches: z.array(patchSchema) }) },
      },
      problems: ['not-found'],
    },
    async ({ c, document }) => {
      const { id } = await found(storage, document)
      const patches = orProblem(await storage.patches(id))
      return c.json({ patches: patches.map(patchJson) })
    },
  )

  const read = operation(
    {
      id: 'readPatch',
      method: 'get',
      path: '/documents/{name}/patches/{id}',
      tag: 'Patches',
      summary: 'Downloads a patch',
      description: 'As one Yjs update, to be applied to a copy of the document.',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'The update', types: [formatTypes.update] } },
      problems: ['not-found'],
    },
    async ({ c, document, id }) =>
      answerBytes(parts, c, (await merged(document, id)).update, { type: formatTypes.update }),
  )

  const apply = operation(
    {
      id: 'applyPatch',
      method: 'post',
      path: '/documents/{name}/patches/{id}/apply',
      tag: 'Patches',
      summary: 'Lets a patch in after all',
      description: 'It stays listed until it is dropped.',
      needs: 'application',
      query: z.strictObject({ author: userId.optional() }),
      body: NOTHING,
      fields: IF_MATCH,
      answers: { 200: { description: 'It is on disk', json: writtenSchema, fields: ETAG } },
      problems: ['not-found', 'deleted', 'changed', 'unprocessable'],
    },
    async ({ c, document, grant, id, query }) => {
      const { update } = await merged(document, id)
      const request = parts.asked(c, document, grant, authorOf(grant, query.author))
      const written = await changeFor(expectedOf(c), (expected) =>
        contents.merge(request, update, expected),
      )
      return answerWritten(c, written)
    },
  )

  const drop = operation(
    {
      id: 'dropPatch',
      method: 'delete',
      path: '/documents/{name}/patches/{id}',
      tag: 'Patches',
      summary: 'Drops a patch',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: 'It is gone' } },
      problems: ['not-found'],
    },
    async ({ c, document, id }) => {
      const { id: doc } = await found(storage, document)
      const removed = orProblem(await storage.removePatch(doc, id))
      if (!removed) throw new Problem('not-found', `the document has no patch ${id}`)
      return c.body(null, 204)
    },
  )

  return [list, read, apply, drop]
}

const revocationJson = ({ at, until, ...revocation }: Revocation) => ({
  ...revocation,
  at: timeText(at),
  until: until === null ? null : timeText(until),
})

const revocationOperations = ({ documents, access, clock }: ApiParts): readonly Operation[] => [
  operation(
    {
      id: 'revoke',
      method: 'post',
      path: '/revocations',
      tag: 'Revocations',
      summary: 'Takes logins back, or lowers them',
      description:
        'Of a user, for a document or a prefix, or a token by its id; where several are named, all have to fit. It holds at once for those ' +
        'who are connected, and for every login that was issued until now. What a lowered one writes all the same is kept as a patch. ' +
        'Needs an application’s login for the document or prefix that it names, or for all.',
      needs: 'itself',
      query: NOTHING,
      body: revocationRequest,
      answers: { 201: { description: 'It holds', json: revokedSchema } },
      problems: ['unavailable'],
    },
    async ({ c, body }) => {
      await access.toPattern(c, body.document ?? '*', 'application')
      const { until, ...rest } = body
      const asked = {
        ...rest,
        at: clock.wall(),
        until: until === null ? null : millis(Date.parse(until)),
      }
      const { revocation, sessions } = orProblem(await documents.guard.revoke(asked))
      return c.json({ ...revocationJson(revocation), sessions }, 201)
    },
  ),
  operation(
    {
      id: 'listRevocations',
      method: 'get',
      path: '/revocations',
      tag: 'Revocations',
      summary: 'Lists the revocations that hold',
      needs: 'itself',
      query: NOTHING,
      body: NOTHING,
      answers: {
        200: {
          description: 'All of them',
          json: z.object({ revocations: z.array(revocationSchema) }),
        },
      },
      problems: [],
    },
    async ({ c }) => {
      await access.toAll(c, '', 'application')
      return c.json({ revocations: documents.guard.revocations().map(revocationJson) })
    },
  ),
  operation(
    {
      id: 'unrevoke',
      method: 'delete',
      path: '/revocations/{id}',
      tag: 'Revocations',
      summary: 'Ends a revocation',
      description: 'Logins count again as they say, at once also for whoever is connected.',
      needs: 'itself',
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: 'It is ended' } },
      problems: ['not-found'],
    },
    async ({ c, id }) => {
      await access.toAll(c, '', 'application')
      const ended = orProblem(await documents.guard.unrevoke(id))
      if (!ended) throw new Problem('not-found', `there is no revocation ${id}`)
      return c.body(null, 204)
    },
  ),
]
