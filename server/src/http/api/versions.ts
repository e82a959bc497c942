/* Documents as they were, and who wrote what. */
import { z } from 'zod'
import { err, type Update } from '@quire/shared'
import type { ApiParts } from './api-parts.ts'
import { answerBytes, answerWritten, trouble } from './content.ts'
import { formatTypes } from './given.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { changeFor, ETAG, expectedOf, IF_MATCH } from './precondition.ts'
import { contentProblem, orProblem, Problem, roomProblem } from './problem.ts'
import {
  authorsSchema,
  count,
  diffSchema,
  field,
  format,
  rowId,
  userId,
  versionName,
  versionPage,
  versionSchema,
  writtenSchema,
} from './schemas.ts'
import { authorNames } from './authors.ts'
import { authorOf, contentBytes, found, versionJson } from './told.ts'

/** Versions of a page, at most. */
const MOST_LISTED = 1_000

/** The operations. */
export const versionOperations = (parts: ApiParts): readonly Operation[] => {
  const { storage, content, contents, clock, maxVersions } = parts

  const stored = async (name: Parameters<typeof found>[1], id: number) => {
    const { id: doc } = await found(storage, name)
    const version = orProblem(await storage.version(doc, id))
    if (version === null) throw new Problem('not-found', `the document has no version ${id}`)
    return { doc, version }
  }

  const list = operation(
    {
      id: 'listVersions',
      method: 'get',
      path: '/documents/{name}/versions',
      tag: 'Versions',
      summary: 'Lists versions, the newest first',
      needs: 'read',
      query: z.strictObject({ limit: count(MOST_LISTED, 100), before: rowId.optional() }),
      body: NOTHING,
      answers: { 200: { description: 'A page of them', json: versionPage } },
      problems: ['not-found'],
    },
    async ({ c, document, query: { limit, before } }) => {
      const { id } = await found(storage, document)
      const page = orProblem(
        await storage.versions(id, { before: before ?? null, limit: limit + 1 }),
      )
      const shown = page.slice(0, limit)
      const next = page.length > limit ? (shown.at(-1)?.id ?? null) : null
      return c.json({ versions: shown.map(versionJson), next })
    },
  )

  const keep = operation(
    {
      id: 'keepVersion',
      method: 'post',
      path: '/documents/{name}/versions',
      tag: 'Versions',
      summary: 'Keeps the document as it is now, under a name',
      needs: 'write',
      query: NOTHING,
      body: z
        .strictObject({ name: versionName, author: userId.optional() })
        .meta({ id: 'NewVersion' }),
      answers: { 201: { description: 'It is kept', json: versionSchema } },
      problems: ['not-found', 'deleted'],
    },
    async ({ c, document, grant, body }) => {
      const { id } = await found(storage, document)
      const author = authorOf(grant, body.author)
      const whole = await contents.whole(parts.asked(c, document, grant), parts.isWanted(c))
      if (!whole.ok) throw roomProblem(whole.error)
      try {
        const { update, position } = whole.value
        const version = { seq: position.seq, at: clock.wall(), name: body.name, author, update }
        const kept = orProblem(await storage.keepVersion(id, version, maxVersions))
        return c.json(versionJson(kept), 201)
      } finally {
        whole.value.read()
      }
    },
  )

  const describe = operation(
    {
      id: 'readVersion',
      method: 'get',
      path: '/documents/{name}/versions/{id}',
      tag: 'Versions',
      summary: 'Says what there is of a version',
      needs: 'read',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'The version', json: versionSchema } },
      problems: ['not-found'],
    },
    async ({ c, document, id }) => c.json(versionJson((await stored(document, id)).version)),
  )

  const read = operation(
    {
      id: 'readVersionContent',
      method: 'get',
      path: '/documents/{name}/versions/{id}/content',
      tag: 'Versions',
      summary: 'Reads what a version holds',
      needs: 'read',
      query: z.strictObject({ as: format.default('json'), field }),
      body: NOTHING,
      answers: { 200: { description: 'Its content', types: Object.values(formatTypes) } },
      problems: ['not-found', 'unprocessable'],
    },
    async ({ c, document, id, query }) => {
      const { update } = (await stored(document, id)).version
      if (query.as === 'update') return answerBytes(parts, c, update, formatTypes.update)
      const told = await content.readAs(update, { format: query.as, field: query.field ?? null })
      if (!told.ok) throw contentProblem(told.error)
      const type = `${formatTypes[query.as]}; charset=utf-8`
      return answerBytes(parts, c, contentBytes(query.as, told.value.value), type)
    },
  )

  const rename = operation(
    {
      id: 'nameVersion',
      method: 'patch',
      path: '/documents/{name}/versions/{id}',
      tag: 'Versions',
      summary: 'Gives a version a name',
      description: 'One that was kept by itself stays then, however many follow.',
      needs: 'write',
      query: NOTHING,
      body: z.strictObject({ name: versionName }).meta({ id: 'VersionName' }),
      answers: { 200: { description: 'It has the name', json: versionSchema } },
      problems: ['not-found'],
    },
    async ({ c, document, id, body: { name } }) => {
      const { doc, version } = await stored(document, id)
      const named = orProblem(await storage.nameVersion(doc, id, name))
      if (!named) throw new Problem('not-found', `the document has no version ${id}`)
      return c.json(versionJson({ ...version, name }))
    },
  )

  const remove = operation(
    {
      id: 'removeVersion',
      method: 'delete',
      path: '/documents/{name}/versions/{id}',
      tag: 'Versions',
      summary: 'Drops a version',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: 'It is gone' } },
      problems: ['not-found'],
    },
    async ({ c, document, id }) => {
      const { id: doc } = await found(storage, document)
      const removed = orProblem(await storage.removeVersion(doc, id))
      if (!removed) throw new Problem('not-found', `the document has no version ${id}`)
      return c.body(null, 204)
    },
  )

  const diff = operation(
    {
      id: 'diffVersion',
      method: 'get',
      path: '/documents/{name}/versions/{id}/diff',
      tag: 'Versions',
      summary: 'Says what has changed since a version',
      description:
        'Until now, or until the version `to`: of each field that is not the same, block by block.',
      needs: 'read',
      query: z.strictObject({ to: rowId.optional() }),
      body: NOTHING,
      answers: { 200: { description: 'Block by block', json: diffSchema } },
      problems: ['not-found', 'unprocessable'],
    },
    async ({ c, document, grant, id, query }) => {
      const from = (await stored(document, id)).version.update
      if (query.to !== undefined) {
        const to = (await stored(document, query.to)).version.update
        const compared = await content.diff(from, to)
        if (!compared.ok) throw contentProblem(compared.error)
        return c.json({ fields: compared.value })
      }
      const work = async (whole: { readonly update: Update }) => {
        const blocks = await content.diff(from, whole.update)
        return blocks.ok ? blocks : err({ kind: 'content', problem: blocks.error } as const)
      }
      const request = parts.asked(c, document, grant)
      const compared = await contents.using(request, work, parts.isWanted(c))
      if (!compared.ok) throw trouble(compared.error)
      return c.json({ fields: compared.value })
    },
  )

  const restore = operation(
    {
      id: 'restoreVersion',
      method: 'post',
      path: '/documents/{name}/versions/{id}/restore',
      tag: 'Versions',
      summary: 'Makes the document hold what a version held',
      description:
        'As a new edit, by the smallest change: nothing that was written since is lost from the log, and who has it open sees it happen.',
      needs: 'write',
      query: z.strictObject({ author: userId.optional() }),
      body: NOTHING,
      fields: IF_MATCH,
      answers: { 200: { description: 'It is on disk', json: writtenSchema, fields: ETAG } },
      problems: ['not-found', 'deleted', 'changed', 'unprocessable'],
    },
    async ({ c, document, grant, id, query }) => {
      const { update } = (await stored(document, id)).version
      const request = parts.asked(c, document, grant, authorOf(grant, query.author))
      const isWanted = parts.isWanted(c)
      const written = await changeFor(expectedOf(c), (expected) =>
        contents.restore(request, update, { expected, isWanted }),
      )
      return answerWritten(c, written)
    },
  )

  const authors = operation(
    {
      id: 'readAuthors',
      method: 'get',
      path: '/documents/{name}/authors',
      tag: 'Versions',
      summary: 'Says who wrote which text',
      description:
        'By the logins that the server has stamped, and not by what clients say of themselves.',
      needs: 'read',
      query: z.strictObject({ field }),
      body: NOTHING,
      answers: { 200: { description: 'The text in runs of one author', json: authorsSchema } },
      problems: ['not-found', 'deleted', 'unprocessable'],
    },
    async ({ c, document, grant, query }) => {
      const { id: doc } = await found(storage, document)
      const work = async (whole: { readonly update: Update }) => {
        const runs = await content.blame(whole.update, query.field ?? null)
        return runs.ok ? runs : err({ kind: 'content', problem: runs.error } as const)
      }
      const request = parts.asked(c, document, grant)
      const blamed = await contents.using(request, work, parts.isWanted(c))
      if (!blamed.ok) throw trouble(blamed.error)
      // after the document: whoever wrote it was stamped in the same commit
      const stamped = orProblem(await storage.authors(doc))
      return c.json({ ranges: authorNames(blamed.value, stamped) })
    },
  )

  return [list, keep, describe, read, rename, remove, diff, restore, authors]
}
