/* Documents as things: listed, made, described, deleted, brought back, copied. */
import { z } from 'zod'
import type { DocName } from '@quire/shared'
import type { DocumentFacts } from '../../ports/storage.ts'
import type { ApiParts } from './api-parts.ts'
import { givenInJson, seedOf } from './given.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { trouble } from './content.ts'
import { orProblem, Problem, roomProblem, storageProblem } from './problem.ts'
import {
  contentValue,
  count,
  docName,
  documentPage,
  documentSchema,
  KEY_BYTES,
  newName,
  rowId,
  userId,
} from './schemas.ts'
import { authorOf, factsJson, found } from './told.ts'

/** Documents of a page, at most; each is a row of an index and two seeks. */
const MOST_LISTED = 1_000

const listQuery = z.strictObject({
  prefix: z.string().default(''),
  search: z
    .string()
    .max(1_024)
    .default('')
    .meta({ description: 'Part of the name, in any case of ASCII letters' }),
  limit: count(MOST_LISTED, 100),
  cursor: z.string().max(4_096).optional().meta({ description: '`next` of the page before' }),
  deleted: z.enum(['true', 'false']).default('false'),
})

const creation = z
  .strictObject({ name: newName, content: contentValue.optional(), author: userId.optional() })
  .meta({ id: 'Creation' })

const cursorForm = z.tuple([z.string(), z.number().int()])

/** The operations. */
export const catalogueOperations = (parts: ApiParts): readonly Operation[] => {
  const { documents, storage, access, clock } = parts

  const list = operation(
    {
      id: 'listDocuments',
      method: 'get',
      path: '/documents',
      tag: 'Documents',
      summary: 'Lists documents by name',
      description:
        'In the order of their names. The login has to grant every name with this prefix. Deleted ones are shown to applications only.',
      needs: 'itself',
      query: listQuery,
      body: NOTHING,
      answers: { 200: { description: 'A page of them', json: documentPage } },
      problems: [],
    },
    async ({ c, query }) => {
      const { prefix, search, limit, cursor } = query
      const which = query.deleted === 'true' ? 'deleted' : 'present'
      await access.toAll(c, prefix, which === 'deleted' ? 'application' : 'read')
      const after = cursor === undefined ? null : readCursor(cursor)
      const page = orProblem(await storage.list({ prefix, search, after, limit: limit + 1, which }))
      const shown = page.slice(0, limit)
      const last = page.length > limit ? shown.at(-1) : undefined
      return c.json({
        documents: shown.map(factsJson),
        next: last === undefined ? null : writeCursor(last),
      })
    },
  )

  const create = operation(
    {
      id: 'createDocument',
      method: 'post',
      path: '/documents',
      tag: 'Documents',
      summary: 'Makes a document',
      description:
        'With its first content, once: who asks again with the same Idempotency-Key is given the same document, and nothing twice. ' +
        'A document that others have opened and nobody has written in yet is filled.',
      needs: 'itself',
      query: NOTHING,
      body: creation,
      fields: {
        'Idempotency-Key': `Up to ${KEY_BYTES} bytes; the same for each attempt at the same creation`,
      },
      answers: {
        201: {
          description: 'It is made',
          json: documentSchema,
          fields: { Location: 'Where it is' },
        },
        200: { description: 'It was made by an earlier attempt', json: documentSchema },
      },
      problems: ['conflict', 'deleted', 'unprocessable'],
    },
    async ({ c, body: { name, content, author } }) => {
      const grant = await access.toDocument(c, name, 'application')
      const key = readKey(c.req.header('idempotency-key'))
      const request = parts.asked(c, name, grant, authorOf(grant, author))
      const seed =
        content === undefined ? null : await seedOf(parts, { c, request }, givenInJson(content))
      const { kind, facts } = orProblem(
        await documents.create(name, { key, seed, at: clock.wall() }),
      )
      if (kind === 'repeated' && facts.name !== name)
        throw new Problem('conflict', 'the Idempotency-Key was used for another document')
      if (kind === 'repeated' && facts.deletedAt !== null) throw deletedSince()
      if (kind === 'repeated' && (seed === null || facts.head > 0))
        return c.json(factsJson(facts), 200)
      if (kind === 'exists' && (seed === null || facts.head > 0)) throw await notOurs(parts, key)
      if (kind !== 'created' && seed !== null) {
        // empty, as far as the disk knows: it is filled if nobody has written in it by then
        const empty = { epoch: facts.epoch, seq: facts.head }
        const filled = await parts.contents.merge(request, seed.update, empty)
        const isTaken = !filled.ok && filled.error.kind === 'changed'
        // by another attempt at the same, it has to be
        if (isTaken && kind === 'repeated')
          return c.json(factsJson(await found(storage, name)), 200)
        if (isTaken) throw await notOurs(parts, key)
        // what cannot be written now never can
        if (!filled.ok && filled.error.kind === 'content') await notOurs(parts, key)
        if (!filled.ok) throw trouble(filled.error)
      }
      c.header('Location', `${parts.base(c)}/documents/${encodeURIComponent(name)}`)
      return c.json(factsJson(await found(storage, name)), 201)
    },
  )

  const describe = operation(
    {
      id: 'readDocument',
      method: 'get',
      path: '/documents/{name}',
      tag: 'Documents',
      summary: 'Says what there is of a document',
      needs: 'read',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'As the disk has it', json: documentSchema } },
      problems: ['not-found'],
    },
    async ({ c, document }) => c.json(factsJson(await found(storage, document))),
  )

  const remove = operation(
    {
      id: 'deleteDocument',
      method: 'delete',
      path: '/documents/{name}',
      tag: 'Documents',
      summary: 'Deletes a document',
      description:
        'Whoever has it open is sent away for good. What it holds is kept and can be undeleted; nobody but the API makes one of its name anew.',
      needs: 'application',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'It is deleted', json: documentSchema } },
      problems: ['not-found'],
    },
    async ({ c, document }) => {
      const removed = orProblem(await documents.delete(document))
      if (removed === null) throw new Problem('not-found', 'there is no document of this name')
      return c.json(factsJson(removed))
    },
  )

  const undelete = operation(
    {
      id: 'undeleteDocument',
      method: 'post',
      path: '/documents/{name}/undelete',
      tag: 'Documents',
      summary: 'Takes a deletion back',
      description:
        'With a new epoch. Of several deleted documents of one name the newest, or the one with this id.',
      needs: 'application',
      query: z.strictObject({ id: rowId.optional() }),
      body: NOTHING,
      answers: { 200: { description: 'It is there again', json: documentSchema } },
      problems: ['not-found', 'conflict'],
    },
    async ({ c, document, query }) => {
      const deleted = await deletedOf(parts, document, query.id)
      const back = orProblem(await documents.undelete(deleted))
      if (back === null) throw new Problem('conflict', 'there is another document of this name')
      return c.json(factsJson(back))
    },
  )

  const duplicate = operation(
    {
      id: 'duplicateDocument',
      method: 'post',
      path: '/documents/{name}/duplicate',
      tag: 'Documents',
      summary: 'Makes a copy under another name',
      description:
        'Of what it holds at this moment; versions, patches and authors stay with the first.',
      needs: 'application',
      query: NOTHING,
      body: z.strictObject({ to: newName }).meta({ id: 'Duplication' }),
      fields: {
        'Idempotency-Key': `Up to ${KEY_BYTES} bytes; the same for each attempt at the same copy`,
      },
      answers: {
        201: {
          description: 'The copy is made',
          json: documentSchema,
          fields: { Location: 'Where it is' },
        },
        200: { description: 'It was made by an earlier attempt', json: documentSchema },
      },
      problems: ['not-found', 'conflict', 'deleted'],
    },
    async ({ c, document, grant, body: { to } }) => {
      await access.toDocument(c, to, 'application')
      await found(storage, document)
      const key = readKey(c.req.header('idempotency-key'))
      const whole = await parts.contents.whole(parts.asked(c, document, grant), parts.isWanted(c))
      if (!whole.ok) throw roomProblem(whole.error)
      try {
        const seed = { update: whole.value.update, authors: [] }
        const { kind, facts } = orProblem(
          await documents.create(to, { key, seed, at: clock.wall() }),
        )
        if (kind === 'exists') throw await notOurs(parts, key)
        if (facts.name !== to)
          throw new Problem('conflict', 'the Idempotency-Key was used for another document')
        if (facts.deletedAt !== null) throw deletedSince()
        c.header('Location', `${parts.base(c)}/documents/${encodeURIComponent(to)}`)
        return c.json(factsJson(facts), kind === 'created' ? 201 : 200)
      } finally {
        whole.value.read()
      }
    },
  )

  return [list, create, describe, remove, undelete, duplicate]
}

const deletedSince = (): Problem =>
  new Problem('deleted', 'what was made with this Idempotency-Key was deleted since')

/** The problem of a name that is taken; the key may be used for something else. */
const notOurs = async ({ storage }: ApiParts, key: string | null): Promise<Problem> => {
  const freed = key === null ? null : await storage.freeKey(key)
  return freed?.ok === false
    ? storageProblem(freed.error)
    : new Problem('conflict', 'there is a document of this name')
}

/** The deleted document of this id, or the newest of that name. */
const deletedOf = async (
  { storage }: ApiParts,
  name: DocName,
  id: number | undefined,
): Promise<DocumentFacts['id']> => {
  let newest: DocumentFacts | undefined
  let after: Pick<DocumentFacts, 'name' | 'id'> | null = null
  for (;;) {
    // what begins with a name begins with those of that name
    const question = {
      prefix: name,
      search: '',
      after,
      limit: MOST_LISTED,
      which: 'deleted',
    } as const
    const page: readonly DocumentFacts[] = orProblem(await storage.list(question))
    const same = page.filter((facts) => facts.name === name)
    const wanted = id === undefined ? undefined : same.find((facts) => facts.id === id)
    if (wanted !== undefined) return wanted.id
    newest = same.at(-1) ?? newest
    if (same.length < MOST_LISTED) break
    after = same.at(-1) ?? null
  }
  if (newest === undefined || id !== undefined)
    throw new Problem('not-found', 'there is no such deleted document')
  return newest.id
}

const readKey = (raw: string | undefined): string | null => {
  if (raw === undefined) return null
  const bytes = new TextEncoder().encode(raw).length
  if (bytes === 0 || bytes > KEY_BYTES)
    throw new Problem(
      'bad-request',
      `the Idempotency-Key is ${bytes} bytes, it may be 1 to ${KEY_BYTES}`,
    )
  return raw
}

const writeCursor = ({ name, id }: DocumentFacts): string =>
  Buffer.from(JSON.stringify([name, id])).toString('base64url')

const readCursor = (raw: string): Pick<DocumentFacts, 'name' | 'id'> => {
  try {
    const [name, id] = cursorForm.parse(JSON.parse(Buffer.from(raw, 'base64url').toString()))
    return { name: docName.parse(name), id: id as DocumentFacts['id'] } // one that was never given finds no more than a page
  } catch {
    throw new Problem('bad-request', 'query.cursor: this is no `next` of an earlier page')
  }
}
