/* The lines of exports and imports, as JSON. */
import type { Context } from 'hono'
import { z } from 'zod'
import type { ApiParts } from './api-parts.ts'
import { lineStream } from './line-stream.ts'
import type { ApiEnv } from './operation.ts'
import type { AuthorRange, DocumentFacts } from '../../ports/storage.ts'
import { newName, time, userId } from './schemas.ts'
import { timeText } from './told.ts'

/** The type of lines of JSON. */
export const LINES = 'application/x-ndjson'

/** The line that an export ends with: no document. */
export const END = z.object({ done: z.literal(true) })

/** A document that an export could not read, or not any more under its login. */
export const FAILED = z
  .object({ name: z.string(), result: z.literal('failed'), detail: z.string() })
  .meta({ description: 'A document that was not exported' })

/** A client and a clock are at most 2^53 - 1, as in an update. */
const authorRange = z.tuple([z.int().min(0), z.int().min(0), userId.nullable()])

/** A document to be imported. */
export const importLine = z
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

/** What an export says. */
export const exportedLine = z
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

/** A line of an export: a document with its whole state. */
export const documentLine = (
  facts: Pick<DocumentFacts, 'createdAt' | 'changedAt'> & { readonly name: string },
  content: {
    readonly sequence: number
    readonly update: Uint8Array
    readonly authors: readonly AuthorRange[]
  },
) => ({
  name: facts.name,
  createdAt: timeText(facts.createdAt),
  changedAt: timeText(facts.changedAt),
  sequence: content.sequence,
  update: Buffer.from(content.update).toString('base64'),
  authors: content.authors.map(({ client, clock, user }): [number, number, string | null] => [
    client,
    clock,
    user,
  ]),
})

/** What an import answers. */
export const importedLine = z
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

/** Lines as an answer, at the pace of their reader. */
export const answerLines = (
  { clock, readMs }: ApiParts,
  c: Context<ApiEnv>,
  lines: AsyncIterable<unknown>,
): Response =>
  c.body(lineStream(lines, { outgoing: c.env.outgoing, clock, readMs }), 200, {
    'Content-Type': LINES,
  })
