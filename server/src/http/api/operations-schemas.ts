/* What the operations of the server take and give, as JSON. */
import { z } from 'zod'
import type { OperationsNow, OperationsSample, OperationsTrouble } from '@quire/shared'
import { sampleFields } from '@quire/shared'
import { connectionSchema, count, documentSchema, time, versionName } from './schemas.ts'

const wholeNumber = z.int().min(0)
const millis = wholeNumber.meta({ description: 'Milliseconds since 1970' })

/** Documents of a page, at most. */
const MOST_LISTED = 200

/** What a list of documents is asked with. */
export const operationsListQuery = z.strictObject({
  search: z
    .string()
    .max(1_024)
    .default('')
    .meta({ description: 'Part of the name, in any case of ASCII letters' }),
  sort: z.enum(['name', 'sessions', 'bytes', 'unsaved']).default('sessions').meta({
    description:
      'Names ascending, figures descending. By bytes the largest 1,000 of the first 200,000 by name are told, as they were at most half a minute ago',
  }),
  limit: count(MOST_LISTED, 50),
  cursor: z.string().max(4_096).optional().meta({ description: '`next` of the page before' }),
})

const sample = z.object(
  Object.fromEntries(sampleFields.map((name) => [name, z.number().nullable()])) as Record<
    (typeof sampleFields)[number],
    z.ZodNullable<z.ZodNumber>
  >, // each name of the table
) satisfies z.ZodType<OperationsSample>

const trouble = z.object({
  id: wholeNumber,
  at: millis,
  kind: z.enum(['refusal', 'denial', 'error']),
  event: z.string(),
  document: z.string().nullable(),
  reason: z.string(),
  times: wholeNumber.meta({ description: 'How often the same came in one go' }),
}) satisfies z.ZodType<OperationsTrouble>

const now = z.object({
  at: millis,
  startedAt: millis,
  refusing: z.string().nullable(),
  isDraining: z.boolean(),
  failing: wholeNumber,
  unopened: wholeNumber,
  sessions: z.array(z.object({ family: z.string(), transport: z.string(), sessions: wholeNumber })),
  documents: z.array(
    z.object({
      name: z.string(),
      sessions: wholeNumber,
      updatesPerSecond: z.number(),
      bytesPerSecond: z.number(),
      unsavedBytes: wholeNumber,
    }),
  ),
  slow: z.array(z.object({ document: z.string(), session: wholeNumber, since: millis })),
  since: z.object({
    updates: wholeNumber,
    bytes: wholeNumber,
    commits: wholeNumber,
    refusals: wholeNumber,
    denials: wholeNumber,
    errors: wholeNumber,
  }),
}) satisfies z.ZodType<OperationsNow>

export const operationsOverview = z
  .object({
    access: z.enum(['read', 'write']),
    now,
    samples: z.array(sample),
    troubles: z.array(trouble),
  })
  .meta({ id: 'OperationsOverview' })

export const logSchema = z
  .object({
    snapshotBytes: wholeNumber,
    tailUpdates: wholeNumber.meta({ description: 'Updates behind the snapshot' }),
    tailBytes: wholeNumber,
    isFolding: z.boolean(),
  })
  .meta({ id: 'DocumentLog' })

export const operationsDocument = documentSchema
  .extend({
    isOpen: z.boolean(),
    sessions: wholeNumber,
    unsavedBytes: wholeNumber,
    log: logSchema.nullable().meta({
      description: 'Null where it is not open, in a list; and while it is being opened',
    }),
  })
  .meta({ id: 'OperationsDocument' })

export const operationsDocumentPage = z
  .object({ documents: z.array(operationsDocument), next: z.string().nullable() })
  .meta({ id: 'OperationsDocumentPage' })

export const operationsSession = connectionSchema
  .extend({
    queuedBytes: wholeNumber.meta({ description: 'Waits for it to be read' }),
    isHeld: z.boolean().meta({
      description: 'It is not told of every change until it has read what waits',
    }),
  })
  .meta({ id: 'OperationsSession' })

const byBytes = { bytes: wholeNumber } as const

export const anatomySchema = z
  .object({
    snapshotBytes: wholeNumber,
    tailUpdates: wholeNumber,
    tailBytes: wholeNumber,
    bytes: wholeNumber.meta({ description: 'Of all of it in one update; the parts make up this' }),
    parts: z.object({
      live: wholeNumber.meta({ description: 'Content that is there' }),
      deleted: wholeNumber.meta({ description: 'Content that was deleted and is still kept' }),
      collected: wholeNumber.meta({ description: 'What is left of content that was dropped' }),
      links: wholeNumber.meta({ description: 'Where items stand: neighbours, parents, keys' }),
      frame: wholeNumber,
      deleteSet: wholeNumber,
    }),
    structs: z.object({
      items: wholeNumber,
      deleted: wholeNumber,
      collected: wholeNumber,
      gaps: wholeNumber,
    }),
    roots: z.array(
      z.object({
        name: z.string().nullable(),
        ...byBytes,
        deleted: wholeNumber,
        items: wholeNumber,
      }),
    ),
    contents: z.array(z.object({ kind: z.string(), ...byBytes, items: wholeNumber })),
    clients: z.array(z.object({ client: wholeNumber, ...byBytes, structs: wholeNumber })),
    authors: z.array(z.object({ user: z.string().nullable(), ...byBytes, clients: wholeNumber })),
    counts: z.object({ roots: wholeNumber, clients: wholeNumber, authors: wholeNumber }),
  })
  .meta({ id: 'Anatomy' })

export const foldedSchema = z
  .object({ before: logSchema.nullable(), after: logSchema })
  .meta({ id: 'FoldedNow' })

export const endedSchema = z
  .object({ ended: wholeNumber.meta({ description: 'Sessions that were sent away' }) })
  .meta({ id: 'Ended' })

export const quarantinedSchema = z
  .object({
    id: wholeNumber.meta({ description: 'Its number in the log' }),
    at: time,
    quarantinedAt: time,
    problem: z.string(),
    bytes: wholeNumber,
  })
  .meta({ id: 'Quarantined' })

export const operationsVersion = z
  .strictObject({ name: versionName })
  .meta({ id: 'OperationsVersion' })
