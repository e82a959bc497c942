/* Documents as they were. */
import { z } from 'zod'
import type { DocId, DocName, Update } from '@quire/shared'
import type { Version } from '../../ports/storage.ts'
import type { HeldWhole } from '../../runtime/contents.ts'
import type { ApiParts } from './api-parts.ts'
import { answerBytes, answerJson, answerWritten, trouble } from './content.ts'
import { formatTypes } from './given.ts'
import { NOTHING, operation, type Call, type Operation } from './operation.ts'
import { changeFor, ETAG, expectedOf, IF_MATCH } from './precondition.ts'
import { another, contentProblem, orProblem, Problem, roomProblem } from './problem.ts'
import {
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
import { authorsOperation } from './authorship.ts'
import { authorOf, contentBytes, found, versionJson } from './told.ts'

/** Versions of a page, at most. */
const MOST_LISTED = 1_000

interface VersionOf {
  readonly doc: DocId
  readonly version: Version
}

const noVersion = (id: number): Problem =>
  new Problem('not-found', `the document has no version ${id}`)

const noMore = (limit: number): Problem =>
  new Problem(
    'conflict',
    `the document has no room for another version with a name, limit ${limit}: drop one of them first`,
    { fields: { limit } },
  )

/** Keeps the document of a call as it is now, and answers with the version. */
export const keepNow = async (
  parts: ApiParts,
  { c, document, grant }: Pick<Call<unknown, unknown>, 'c' | 'document' | 'grant'>,
  { name, author }: Pick<Version, 'author'> & { readonly name: string },
): Promise<Response> => {
  const { storage, contents, clock, maxVersions, maxNamedVersions } = parts
  const facts = await found(storage, document)
  const whole = await contents.whole(parts.asked(c, document, grant), parts.isWanted(c))
  if (!whole.ok) throw roomProblem(whole.error)
  try {
    const { update, position } = whole.value
    if (position.epoch !== facts.epoch) throw another()
    const version = { seq: position.seq, at: clock.wall(), name, author, update }
    const limits = { unnamed: maxVersions, named: maxNamedVersions }
    const kept = orProblem(await storage.keepVersion(facts.id, version, limits))
    if (kept === 'full') throw noMore(limits.named)
    return c.json(versionJson(kept), 201)
  } finally {
    whole.value.read()
  }
}

/** The operations. */
export const versionOperations = (parts: ApiParts): readonly Operation[] => {
  const { storage, content, contents } = parts
  const limits = { unnamed: parts.maxVersions, named: parts.maxNamedVersions }

  /** What there is of a version, and of the document that has it. */
  const told = async (name: DocName, id: number): Promise<VersionOf> => {
    const facts = await found(storage, name)
    const [version] = orProblem(await storage.versions(facts.id, { before: id + 1, limit: 1 }))
    if (version?.id !== id) throw noVersion(id)
    return { doc: facts.id, version }
  }

  const stateOf = async ({ doc, version }: VersionOf): Promise<Update> => {
    const whole = orProblem(await storage.version(doc, version.id))
    if (whole === null) throw noVersion(version.id)
    return whole.update
  }

  /** Uses the state of a version, which counts as held meanwhile. */
  const using = async <T>(
    { c, document, id }: Pick<Call<unknown, unknown>, 'c' | 'document' | 'id'>,
    use: (state: Update) => Promise<T>,
  ): Promise<T> => {
    const one = await told(document, id)
    const undo = parts.held(c, one.version.bytes)
    try {
      return await use(await stateOf(one))
    } finally {
      undo()
    }
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
      description:
        'Where as many versions have a name as may have one, it is not kept: `limit` says how many those are.',
      needs: 'write',
      query: NOTHING,
      body: z
        .strictObject({ name: versionName, author: userId.optional() })
        .meta({ id: 'NewVersion' }),
      answers: { 201: { description: 'It is kept', json: versionSchema } },
      problems: ['not-found', 'conflict', 'deleted'],
    },
    async ({ c, document, grant, body }) => {
      const author = authorOf(grant, body.author)
      return keepNow(parts, { c, document, grant }, { name: body.name, author })
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
    async ({ c, document, id }) => c.json(versionJson((await told(document, id)).version)),
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
    async (call) => {
      const { c, document, grant, query } = call
      const { as } = query
      const request = parts.asked(c, document, grant)
      const bytes = await using(call, async (update) => {
        if (as === 'update') return update
        const question = { format: as, field: query.field ?? null }
        const job = () => content.readAs(update, question)
        const read = await contents.work(request, job, parts.isWanted(c))
        if (!read.ok) throw contentProblem(read.error)
        return contentBytes(as, read.value.value)
      })
      const type = as === 'update' ? formatTypes.update : `${formatTypes[as]}; charset=utf-8`
      return answerBytes(parts, c, bytes, { type })
    },
  )

  const rename = operation(
    {
      id: 'nameVersion',
      method: 'patch',
      path: '/documents/{name}/versions/{id}',
      tag: 'Versions',
      summary: 'Gives a version a name',
      description:
        'One that was kept by itself stays then, however many follow. Where as many have a name as may have one, `limit` says how ' +
        'many those are; one of them is given another name all the same.',
      needs: 'write',
      query: NOTHING,
      body: z.strictObject({ name: versionName }).meta({ id: 'VersionName' }),
      answers: { 200: { description: 'It has the name', json: versionSchema } },
      problems: ['not-found', 'conflict'],
    },
    async ({ c, document, id, body: { name } }) => {
      const { doc, version } = await told(document, id)
      const named = orProblem(await storage.nameVersion(doc, { id, name }, limits))
      if (named === 'unknown') throw noVersion(id)
      if (named === 'full') throw noMore(limits.named)
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
      if (!removed) throw noVersion(id)
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
    async ({ c, document, grant, id, query: { to } }) => {
      const request = parts.asked(c, document, grant)
      const isWanted = parts.isWanted(c)
      const from = await told(document, id)
      const until = to === undefined ? null : await told(document, to)
      const undo = parts.held(c, from.version.bytes + (until?.version.bytes ?? 0))
      try {
        const before = await stateOf(from)
        if (until === null) {
          const compare = ({ update }: HeldWhole) => content.diff(before, update)
          const compared = await contents.using(request, compare, isWanted)
          if (!compared.ok) throw trouble(compared.error)
          return answerJson(parts, c, { fields: compared.value })
        }
        const after = await stateOf(until)
        const compared = await contents.work(request, () => content.diff(before, after), isWanted)
        if (!compared.ok) throw contentProblem(compared.error)
        return answerJson(parts, c, { fields: compared.value })
      } finally {
        undo()
      }
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
    async (call) => {
      const { c, document, grant, query } = call
      const request = parts.asked(c, document, grant, authorOf(grant, query.author))
      const isWanted = parts.isWanted(c)
      const written = await using(call, (update) =>
        changeFor(expectedOf(c), (expected) =>
          contents.restore(request, update, { expected, isWanted }),
        ),
      )
      return answerWritten(c, written)
    },
  )

  return [list, keep, describe, read, rename, remove, diff, restore, authorsOperation(parts)]
}
