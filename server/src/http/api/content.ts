/* What a document holds: read, replaced, and changed in part, as one more collaborator. */
import { z } from 'zod'
import { finished } from 'node:stream'
import type { Context } from 'hono'
import type { Result } from '@quire/shared'
import type { Change } from '../../ports/content.ts'
import type { ContentsTrouble, Written } from '../../runtime/contents.ts'
import { pacedAnswer } from '../paced-answer.ts'
import { preferred } from './accept.ts'
import type { ApiParts } from './api-parts.ts'
import { contentOf, formatTypes, givenInBody } from './given.ts'
import { NOTHING, operation, type ApiEnv, type MediaType, type Operation } from './operation.ts'
import { changeFor, entityTag, ETAG, expectedOf, IF_MATCH, isKnown } from './precondition.ts'
import { contentProblem, Problem, roomProblem } from './problem.ts'
import { contentPatch, field, format, type patchStep, userId, writtenSchema } from './schemas.ts'
import { authorOf, changedProblem, contentBytes, found } from './told.ts'

const ALL_TYPES: readonly MediaType[] = Object.values(formatTypes)

/** The operations. */
export const contentOperations = (parts: ApiParts): readonly Operation[] => {
  const { contents, content, storage } = parts

  const read = operation(
    {
      id: 'readContent',
      method: 'get',
      path: '/documents/{name}/content',
      tag: 'Content',
      summary: 'Reads what a document holds',
      description: 'As `as` says, or else Accept; JSON where neither does.',
      needs: 'read',
      query: z.strictObject({ as: format.optional(), field }),
      body: NOTHING,
      fields: { Accept: 'Types, by their q', 'If-None-Match': 'ETags of states that are known' },
      answers: {
        200: { description: 'Its content', types: ALL_TYPES, fields: ETAG },
        304: { description: 'It is in one of the states of If-None-Match', fields: ETAG },
      },
      problems: ['not-found', 'deleted', 'not-acceptable', 'unprocessable'],
    },
    async ({ c, document, grant, query }) => {
      c.header('Vary', 'Accept', { append: true })
      await found(storage, document) // to read makes none
      const as = query.as ?? accepted(c.req.header('accept'))
      const request = parts.asked(c, document, grant)
      const isWanted = parts.isWanted(c)
      const whole = await contents.whole(request, isWanted)
      if (!whole.ok) throw roomProblem(whole.error)
      const { update, position, read: undo } = whole.value
      c.header('ETag', entityTag(position))
      if (as === 'update' && !isKnown(c, position)) {
        finished(c.env.outgoing, undo) // also where it is closed already
        return answerBytes(parts, c, update, { type: formatTypes.update, held: 'shared' })
      }
      try {
        if (as === 'update' || isKnown(c, position)) return c.body(null, 304)
        const question = { format: as, field: query.field ?? null }
        const told = await contents.work(request, () => content.readAs(update, question), isWanted)
        if (!told.ok) throw contentProblem(told.error)
        const type = `${formatTypes[as]}; charset=utf-8`
        return answerBytes(parts, c, contentBytes(as, told.value.value), { type })
      } finally {
        undo()
      }
    },
  )

  const put = operation(
    {
      id: 'writeContent',
      method: 'put',
      path: '/documents/{name}/content',
      tag: 'Content',
      summary: 'Makes a document hold this',
      description:
        'By the smallest change: what is the same already stays as it is, and people who type keep their carets. An update is merged as it is.',
      needs: 'write',
      query: z.strictObject({ field, author: userId.optional() }),
      body: NOTHING,
      takes: ALL_TYPES,
      fields: IF_MATCH,
      answers: { 200: { description: 'It is on disk', json: writtenSchema, fields: ETAG } },
      problems: ['not-found', 'deleted', 'changed', 'unprocessable'],
    },
    async ({ c, document, grant, query }) => {
      await found(storage, document)
      const [expectedStates, isWanted] = [expectedOf(c), parts.isWanted(c)]
      const type = c.req.header('content-type')
      const given = givenInBody(type, await parts.bytes(c), query.field)
      const request = parts.asked(c, document, grant, authorOf(grant, query.author))
      const written = await changeFor(expectedStates, (expected) =>
        given.kind === 'update'
          ? contents.merge(request, given.update, expected)
          : contents.change(request, [{ ...given, kind: 'replace' }], { expected, isWanted }),
      )
      return answerWritten(c, written)
    },
  )

  const patch = operation(
    {
      id: 'patchContent',
      method: 'patch',
      path: '/documents/{name}/content',
      tag: 'Content',
      summary: 'Changes part of a document',
      description: 'All steps, in order, in one update, or none of them.',
      needs: 'write',
      query: NOTHING,
      body: contentPatch,
      fields: IF_MATCH,
      answers: { 200: { description: 'It is on disk', json: writtenSchema, fields: ETAG } },
      problems: ['not-found', 'deleted', 'changed', 'unprocessable'],
    },
    async ({ c, document, grant, body }) => {
      await found(storage, document)
      const request = parts.asked(c, document, grant, authorOf(grant, body.author))
      const [steps, isWanted] = [body.steps.map(changeOf), parts.isWanted(c)]
      const written = await changeFor(expectedOf(c), (expected) =>
        contents.change(request, steps, { expected, isWanted }),
      )
      return answerWritten(c, written)
    },
  )

  return [read, put, patch]
}

/** What a client would rather have: JSON, where it says nothing. */
const accepted = (accept: string | undefined): keyof typeof formatTypes => {
  const type = preferred(accept, [formatTypes.json, ...ALL_TYPES])
  const known = Object.entries(formatTypes).find(([, one]) => type === one)
  if (known !== undefined) return known[0] as keyof typeof formatTypes // a key of the table
  throw new Problem('not-acceptable', `Accept is ${accept}; there are ${ALL_TYPES.join(', ')}`)
}

const PLACES = {
  'replace-node': 'replace',
  'insert-before': 'before',
  'insert-after': 'after',
} as const

const changeOf = (step: z.output<typeof patchStep>): Change => {
  const field = step.field ?? null
  switch (step.op) {
    case 'append':
      return { kind: 'append', ...contentOf(step) }
    case 'replace-text': {
      const { from, to, text, node } = step
      const content = { format: 'text', value: text } as const
      return { kind: 'range', field, from, to, content, ...(node && { path: node }) }
    }
    case 'replace-node':
    case 'insert-before':
    case 'insert-after':
      return { kind: 'node', path: step.node, place: PLACES[step.op], ...contentOf(step) }
    case 'delete-node':
      return { kind: 'node', field, path: step.node, place: 'delete' }
  }
}

/** What came of a change. */
export const answerWritten = (
  c: Context<ApiEnv>,
  written: Result<Written, ContentsTrouble>,
): Response => {
  if (!written.ok) throw trouble(written.error)
  const { position, changed } = written.value
  c.header('ETag', entityTag(position))
  return c.json({ epoch: position.epoch, sequence: position.seq, changed })
}

/** Why content was not read or changed, as requests are told. */
export const trouble = (error: ContentsTrouble): Problem => {
  switch (error.kind) {
    case 'room':
      return roomProblem(error)
    case 'changed':
      return changedProblem(error.position)
    case 'content':
      return contentProblem(error.problem)
  }
}

/** Bytes at the pace of their reader, held until he has them. */
export const answerBytes = (
  parts: ApiParts,
  c: Context<ApiEnv>,
  bytes: Uint8Array,
  { type, held = 'own' }: { readonly type: string; readonly held?: 'own' | 'shared' },
): Response => {
  const { clock, readMs } = parts
  const fields = { 'Content-Type': type, 'Content-Length': String(bytes.length) }
  if (bytes.length === 0) return c.body(null, 200, fields)
  finished(c.env.outgoing, parts.held(c, bytes.length, held))
  return c.body(pacedAnswer(bytes, { outgoing: c.env.outgoing, clock, readMs }), 200, fields)
}

/** The same of JSON, which may be long. */
export const answerJson = (parts: ApiParts, c: Context<ApiEnv>, value: unknown): Response =>
  answerBytes(parts, c, new TextEncoder().encode(JSON.stringify(value)), {
    type: formatTypes.json,
  })
