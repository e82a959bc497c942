/* What the document API takes and gives, as JSON. */
import { z } from 'zod'
import { parseDocName, utf8Length, type DocName } from '@quire/shared'

/** Longest key of an idempotent request, bytes. */
export const KEY_BYTES = 255

/** Longest name of a version, bytes. */
const VERSION_NAME_BYTES = 1_024

/** Longest id of a user or a token, bytes. */
const USER_BYTES = 1_024

const boundedText = (name: string, limit: number) =>
  z
    .string()
    .min(1)
    .refine((text) => text.isWellFormed() && utf8Length(text) <= limit, {
      message: `${name} is over ${limit} bytes of UTF-8, or no UTF-8`,
    })
    .meta({ maxLength: limit })

/** A document's name. */
export const docName = z
  .string()
  .transform((raw, ctx): DocName => {
    const name = parseDocName(raw)
    if (name.ok) return name.value
    ctx.addIssue({ code: 'custom', message: name.error.message })
    return z.NEVER
  })
  .meta({ description: '1 to 1,024 bytes of UTF-8 without U+0000', example: 'team/notes' })

/** The name of a document that is to be made: URLs take `.` and `..` for steps (RFC 3986 §5.2.4), and would not find it. */
export const newName = docName.refine((name) => name !== '.' && name !== '..', {
  message: 'a document is not named . or .. here: no URL would lead to it',
})

/** A user's id. */
export const userId = boundedText('a user', USER_BYTES).meta({ example: 'ann' })

/** Times are told as ISO 8601 in UTC. */
export const time = z.iso.datetime().meta({ example: '2026-11-25T09:30:00.000Z' })

/** How content is given. */
export const format = z.enum(['json', 'text', 'markdown', 'html', 'update'])

/** The same without bytes of an update. */
export const contentFormat = format.exclude(['update'])

/** The part of a document that is meant, by the name of its Yjs type. */
export const field = boundedText('a field', USER_BYTES).optional().meta({
  description: 'The Yjs type of the document that is meant; absent: where the editor writes',
})

const wholeNumber = z.int().min(0)

/** Digits are a number; whatever else a number may be written as in JavaScript is none. */
const digits = (raw: unknown): unknown =>
  typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? Number(raw) : raw

const NO_NUMBER = { error: 'it has to be a whole number, in digits' } as const

/** A number in a query. */
export const count = (most: number, fallback: number) =>
  z
    .preprocess(digits, z.int(NO_NUMBER).min(1).max(most))
    .default(fallback)
    .meta({ description: `Absent: ${fallback}` }) // zod tells no default of what is changed first

/** An id in a path or a query. */
export const rowId = z.preprocess(digits, z.int(NO_NUMBER).min(1))

export const documentSchema = z
  .object({
    name: z.string(),
    id: wholeNumber.meta({ description: 'Unique in the server, also among deleted documents' }),
    epoch: wholeNumber.meta({
      description: 'Another one when a document is made anew or undeleted',
    }),
    sequence: wholeNumber.meta({ description: 'Updates that were committed since it was made' }),
    bytes: wholeNumber.meta({ description: 'What is stored of it' }),
    createdAt: time,
    changedAt: time,
    deletedAt: time.nullable(),
  })
  .meta({ id: 'Document' })

export const documentPage = z
  .object({ documents: z.array(documentSchema), next: z.string().nullable() })
  .meta({ id: 'DocumentPage' })

/** Content in a body of JSON. */
export const contentValue = z
  .strictObject({
    format,
    value: z.unknown().meta({ description: 'Text; of format json JSON, of format update base64' }),
    field,
  })
  .meta({ id: 'Content' })

export const position = z
  .object({ epoch: wholeNumber, sequence: wholeNumber })
  .meta({ id: 'Position' })

export const writtenSchema = position
  .extend({
    changed: z.boolean().meta({
      description:
        'False where it was like that already; an update that is merged always counts as one',
    }),
  })
  .meta({ id: 'Written' })

export const versionSchema = z
  .object({
    id: wholeNumber,
    sequence: wholeNumber,
    at: time,
    name: z.string().nullable(),
    author: z.string().nullable(),
    bytes: wholeNumber,
  })
  .meta({ id: 'Version' })

export const versionPage = z
  .object({ versions: z.array(versionSchema), next: wholeNumber.nullable() })
  .meta({ id: 'VersionPage' })

export const versionName = boundedText('the name of a version', VERSION_NAME_BYTES)

export const patchSchema = z
  .object({
    id: wholeNumber,
    user: z.string().nullable(),
    firstAt: time,
    lastAt: time,
    parts: wholeNumber,
    bytes: wholeNumber,
  })
  .meta({ id: 'Patch' })

export const connectionSchema = z
  .object({
    id: wholeNumber,
    user: z.string().nullable(),
    name: z.string().nullable(),
    access: z.enum(['read', 'comment', 'write']),
    family: z.string(),
    address: z.string(),
    transport: z.string(),
    since: time,
  })
  .meta({ id: 'Connection' })

export const revocationRequest = z
  .strictObject({
    user: userId.nullable().default(null),
    document: boundedText('a pattern', USER_BYTES + 1)
      .nullable()
      .default(null)
      .meta({ description: "A document's name, or a prefix and *" }),
    token: boundedText('a token id', USER_BYTES)
      .nullable()
      .default(null)
      .meta({ description: 'The claim jti of a token' }),
    access: z.enum(['none', 'read', 'comment']).default('none'),
    until: time.nullable().default(null),
  })
  .refine(({ user, document, token }) => user !== null || document !== null || token !== null, {
    message: 'names no user, no document and no token',
  })
  .meta({ id: 'RevocationRequest' })

export const revocationSchema = z
  .object({
    id: wholeNumber,
    user: z.string().nullable(),
    document: z.string().nullable(),
    token: z.string().nullable(),
    access: z.enum(['none', 'read', 'comment']),
    at: time,
    until: time.nullable(),
  })
  .meta({ id: 'Revocation' })

export const revokedSchema = revocationSchema
  .extend({ sessions: wholeNumber.meta({ description: 'Open sessions that it met' }) })
  .meta({ id: 'Revoked' })

export const authorsSchema = z
  .object({
    ranges: z.array(
      z.object({
        text: z.string(),
        path: z.array(wholeNumber).meta({ description: 'Of its block, by index in each level' }),
        author: z
          .string()
          .nullable()
          .meta({ description: 'Null where no login with a user brought it' }),
      }),
    ),
  })
  .meta({ id: 'Authors' })

const diffNode = { type: z.string(), attributes: z.record(z.string(), z.unknown()) }

const diffBlock = {
  ...diffNode,
  text: z.string(),
  within: z
    .array(z.object(diffNode))
    .optional()
    .meta({ description: 'The nodes that it stands in, from the top; absent at the top' }),
}

export const diffSchema = z
  .object({
    fields: z.array(
      z.object({
        field: z.string(),
        kind: z.enum(['rich-text', 'text', 'map', 'array']),
        entries: z.array(
          z.discriminatedUnion('op', [
            z.object({ op: z.enum(['same', 'removed', 'added']), ...diffBlock }),
            z.object({
              op: z.literal('changed'),
              before: z.object(diffBlock),
              after: z.object(diffBlock),
              parts: z.array(
                z.object({ op: z.enum(['same', 'removed', 'added']), text: z.string() }),
              ),
            }),
          ]),
        ),
      }),
    ),
  })
  .meta({ id: 'Diff' })

/** Steps of one patch, at most: each reads and compares the document anew. */
const MOST_STEPS = 100

const index = z.int().min(0)
const path = z.array(index).min(1).max(64)
const part = { format: contentFormat, value: z.unknown(), field }
export const patchStep = z
  .discriminatedUnion('op', [
    z
      .strictObject({ op: z.literal('append'), ...part })
      .meta({ description: 'Behind everything else' }),
    z
      .strictObject({
        op: z.literal('replace-text'),
        from: index,
        to: index,
        text: z.string(),
        node: path.optional(),
        field,
      })
      .meta({
        description:
          'A range of a Y.Text, in UTF-16 code units; with `node` of a block of rich text, in which a hard break or another inline leaf takes one place as well. What is new there has the marks of the character before it, at the start of the block of the one behind',
      }),
    z
      .strictObject({
        op: z.enum(['replace-node', 'insert-before', 'insert-after']),
        node: path,
        ...part,
      })
      .meta({ description: 'A block, by its index in each level' }),
    z
      .strictObject({ op: z.literal('delete-node'), node: path, field })
      .meta({ description: 'A block with all that is in it, by its index in each level' }),
  ])
  .meta({ id: 'PatchStep' })

export const contentPatch = z
  .strictObject({ steps: z.array(patchStep).min(1).max(MOST_STEPS), author: userId.optional() })
  .meta({ id: 'ContentPatch' })

/** Dead letters in one answer. */
export const MOST_LETTERS = 1_000

export const webhooksSchema = z
  .object({
    endpoints: z.array(
      z
        .object({
          host: z.string(),
          configured: z.boolean().meta({
            description: 'False for one that is told no more, and has dead letters of before',
          }),
          waiting: wholeNumber.meta({ description: 'Events that it has not taken yet' }),
          oldestAt: time.nullable().meta({ description: 'When the oldest of them happened' }),
          dead: wholeNumber,
          deliveredAt: time
            .nullable()
            .meta({ description: 'When it took one last, in this life of the server' }),
          failure: z
            .object({ at: time, problem: z.string() })
            .nullable()
            .meta({ description: 'The last one in this life of the server' }),
        })
        .meta({ id: 'WebhookEndpoint' }),
    ),
  })
  .meta({ id: 'Webhooks' })

export const deadLetterSchema = z
  .object({
    id: wholeNumber,
    event: z.string().meta({ description: 'The id that its target is told' }),
    type: z.string(),
    document: z.string(),
    host: z.string(),
    attempts: wholeNumber,
    problem: z.string(),
    at: time.meta({ description: 'When it happened' }),
    diedAt: time.meta({ description: 'When it was given up' }),
  })
  .meta({ id: 'DeadLetter' })

export const deadLetterPage = z
  .object({ deadLetters: z.array(deadLetterSchema), next: wholeNumber.nullable() })
  .meta({ id: 'DeadLetterPage' })

export const replayedSchema = z.object({ replayed: wholeNumber }).meta({ id: 'Replayed' })

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    epoch: wholeNumber.optional(),
    sequence: wholeNumber.optional(),
    limit: wholeNumber.optional(),
  })
  .meta({ id: 'Problem' })
