/* One document, as whoever runs the server looks at it and acts on it. */
import { finished } from 'node:stream'
import { z } from 'zod'
import type { Context } from 'hono'
import { sessionId, type DocName, type Update } from '@quire/shared'
import type { DocumentFacts } from '../../ports/storage.ts'
import { foldNow } from '../../runtime/fold-now.ts'
import {
  lagOf,
  logFigures,
  openFigures,
  type LogFigures,
  type OpenFigures,
} from '../../runtime/operations/open-documents.ts'
import type { ApiParts } from './api-parts.ts'
import { answerBytes } from './content.ts'
import { formatTypes } from './given.ts'
import { connectionJson, connectionsOf } from './guarding.ts'
import {
  NOTHING,
  operation,
  type ApiEnv,
  type Operation,
  type OperationFacts,
} from './operation.ts'
import {
  anatomySchema,
  endedSchema,
  foldedSchema,
  operationsDocument,
  operationsSession,
  operationsVersion,
  quarantinedSchema,
} from './operations-schemas.ts'
import { contentProblem, orProblem, Problem, roomProblem } from './problem.ts'
import { versionPage, versionSchema } from './schemas.ts'
import { factsJson, found, timeText, versionJson } from './told.ts'
import { keepNow } from './versions.ts'

/** Versions that are shown: all that have a name, and those that are kept by themselves. */
const MOST_VERSIONS = 1_000

type Facts = OperationFacts<typeof NOTHING, typeof NOTHING>

/** A document, and what is going on in it. */
export const operationsJson = (
  facts: DocumentFacts,
  open: OpenFigures | null,
  log: LogFigures | null,
) => ({
  ...factsJson(facts),
  isOpen: open !== null,
  sessions: open?.sessions ?? 0,
  unsavedBytes: open?.unsavedBytes ?? 0,
  log,
})

/** What all these say alike. */
const looks = {
  tag: 'Operations',
  needs: 'operations-read',
  query: NOTHING,
  body: NOTHING,
} as const
const acts = { ...looks, needs: 'operations-write' } as const
const of = (rest: string): string => `/operations/documents/{name}${rest}`

/** The operations. */
export const documentOperationsOfOperators = (parts: ApiParts): readonly Operation[] => [
  ...lookingOperations(parts),
  ...endingOperations(parts),
  ...keepingOperations(parts),
  ...quarantineOperations(parts),
]

const lookingOperations = (parts: ApiParts): readonly Operation[] => {
  const { documents, storage, content, contents } = parts
  const describe: Facts = {
    ...looks,
    id: 'readOperationsDocument',
    method: 'get',
    path: of(''),
    summary: 'Says what is going on in a document',
    answers: { 200: { description: 'As it is now', json: operationsDocument } },
    problems: ['not-found'],
  }
  const sessions: Facts = {
    ...looks,
    id: 'listOperationsSessions',
    method: 'get',
    path: of('/sessions'),
    summary: 'Lists who has a document open, and how far they are behind',
    answers: {
      200: {
        description: 'In the order in which they came',
        json: z.object({ sessions: z.array(operationsSession) }),
      },
    },
    problems: [],
  }
  const anatomy: Facts = {
    ...looks,
    id: 'readAnatomy',
    method: 'get',
    path: of('/anatomy'),
    summary: 'Says why a document is as large as it is',
    description:
      'All that is stored of it, taken apart byte by byte. Of roots, clients and authors the largest 50 are told, and how many there are.',
    answers: { 200: { description: 'What it is made of', json: anatomySchema } },
    problems: ['not-found'],
  }
  return [
    operation(describe, async ({ c, document }) => {
      const facts = await found(storage, document)
      const shell = documents.shell(document)
      const open = shell === undefined ? null : openFigures(shell)
      const log = shell === undefined ? await storedLog(parts, facts) : logFigures(shell)
      return c.json(operationsJson(facts, open, log))
    }),
    operation(sessions, async ({ c, document }) => {
      const shell = documents.shell(document)
      const lags = shell === undefined ? null : lagOf(shell)
      const listed = connectionsOf(documents, document).map((one) =>
        Object.assign(connectionJson(one), lags?.get(one.id) ?? NO_LAG),
      )
      return c.json({ sessions: listed })
    }),
    operation(anatomy, async ({ c, document, grant }) => {
      const facts = await found(storage, document)
      const undo = parts.held(c, facts.bytes)
      try {
        const { snapshot, tail } = orProblem(await storage.read(facts.id))
        const stamps = orProblem(await storage.authors(facts.id))
        const job = () => content.anatomy({ snapshot, tail }, stamps)
        const told = await contents.work(parts.asked(c, document, grant), job, parts.isWanted(c))
        if (!told.ok) throw contentProblem(told.error)
        return c.json({ ...logOf(snapshot, tail), ...told.value })
      } finally {
        undo()
      }
    }),
  ]
}

const NO_LAG = { queuedBytes: 0, isHeld: false }

const logOf = (snapshot: Update | null, tail: readonly Update[]) => ({
  snapshotBytes: snapshot?.length ?? 0,
  tailUpdates: tail.length,
  tailBytes: tail.reduce((sum, { length }) => sum + length, 0),
})

/** Of a document that nobody has open. */
const storedLog = async ({ storage }: ApiParts, { id }: DocumentFacts): Promise<LogFigures> => {
  const { snapshotBytes, tail } = orProblem(await storage.outline(id))
  return { ...logOf(null, tail), snapshotBytes, isFolding: false }
}

const endingOperations = ({ documents }: ApiParts): readonly Operation[] => {
  const one: Facts = {
    ...acts,
    id: 'endOperationsSession',
    method: 'delete',
    path: of('/sessions/{id}'),
    summary: 'Sends a session away',
    description:
      'For good, as far as its client obeys; its user may come back with a new page. To keep somebody out, revoke the login.',
    answers: { 204: { description: 'It is sent away' } },
    problems: ['not-found'],
  }
  const all: Facts = {
    ...acts,
    id: 'endOperationsSessions',
    method: 'delete',
    path: of('/sessions'),
    summary: 'Sends everybody away who has a document open',
    description: 'As the same of one session.',
    answers: { 200: { description: 'They are sent away', json: endedSchema } },
    problems: [],
  }
  const kick = (document: DocName, id: number): boolean =>
    connectionsOf(documents, document).some((session) => Number(session.id) === id) &&
    documents.guard.kick(document, sessionId(id))
  return [
    operation(one, async ({ c, document, id }) => {
      if (!kick(document, id)) throw new Problem('not-found', `the document has no session ${id}`)
      return c.body(null, 204)
    }),
    operation(all, async ({ c, document }) => {
      const ended = connectionsOf(documents, document).filter(({ id }) => kick(document, id))
      return c.json({ ended: ended.length })
    }),
  ]
}

const keepingOperations = (parts: ApiParts): readonly Operation[] => {
  const { documents, storage, contents, observe } = parts
  const compact: Facts = {
    ...acts,
    id: 'compactDocument',
    method: 'post',
    path: of('/compact'),
    summary: 'Folds a document’s tail into its snapshot now',
    description: 'What the server does by itself when the tail is long enough. Nobody notices.',
    answers: { 200: { description: 'It is folded', json: foldedSchema } },
    problems: ['not-found', 'deleted'],
  }
  const versions: Facts = {
    ...looks,
    id: 'listOperationsVersions',
    method: 'get',
    path: of('/versions'),
    summary: 'Lists a document’s versions, the newest first',
    answers: { 200: { description: 'The newest thousand', json: versionPage } },
    problems: ['not-found'],
  }
  const download: Facts = {
    ...acts,
    id: 'exportOperationsDocument',
    method: 'get',
    path: of('/export'),
    summary: 'Downloads a document as one Yjs update',
    description: 'It is what people wrote: looking at the server is not enough for it.',
    answers: { 200: { description: 'The update', types: [formatTypes.update] } },
    problems: ['not-found', 'deleted'],
  }
  return [
    operation(compact, async ({ c, document, grant }) => {
      await found(storage, document)
      const shell = documents.shell(document)
      const before = shell === undefined ? null : logFigures(shell)
      const after = await foldNow({ ...parts.asked(c, document, grant), observe })
      if (!after.ok) throw roomProblem(after.error)
      return c.json({ before, after: after.value })
    }),
    operation(versions, async ({ c, document }) => {
      const { id } = await found(storage, document)
      const page = { before: null, limit: MOST_VERSIONS }
      const kept = orProblem(await storage.versions(id, page))
      return c.json({ versions: kept.map(versionJson), next: null })
    }),
    operation(
      {
        ...acts,
        id: 'keepOperationsVersion',
        method: 'post',
        path: of('/versions'),
        summary: 'Keeps a document as it is now, under a name',
        body: operationsVersion,
        answers: { 201: { description: 'It is kept', json: versionSchema } },
        problems: ['not-found', 'conflict', 'deleted'],
      },
      ({ c, document, grant, body }) =>
        keepNow(parts, { c, document, grant }, { name: body.name, author: grant.user }),
    ),
    operation(download, async ({ c, document, grant }) => {
      await found(storage, document)
      const whole = await contents.whole(parts.asked(c, document, grant), parts.isWanted(c))
      if (!whole.ok) throw roomProblem(whole.error)
      finished(c.env.outgoing, whole.value.read) // also where it is closed already
      return attachment(parts, c, { bytes: whole.value.update, held: 'shared' })
    }),
  ]
}

const quarantineOperations = (parts: ApiParts): readonly Operation[] => {
  const { storage } = parts
  const list: Facts = {
    ...looks,
    id: 'listQuarantine',
    method: 'get',
    path: of('/quarantine'),
    summary: 'Lists the updates that were taken out of a document',
    description:
      'With them nothing could be folded. They are kept, and are no part of the document.',
    answers: {
      200: {
        description: 'In the order of the log',
        json: z.object({ updates: z.array(quarantinedSchema) }),
      },
    },
    problems: ['not-found'],
  }
  const read: Facts = {
    ...acts,
    id: 'readQuarantined',
    method: 'get',
    path: of('/quarantine/{id}'),
    summary: 'Downloads an update of the quarantine',
    description: 'As it came. It is what people wrote: looking at the server is not enough for it.',
    answers: { 200: { description: 'The update', types: [formatTypes.update] } },
    problems: ['not-found'],
  }
  return [
    operation(list, async ({ c, document }) => {
      const { id } = await found(storage, document)
      const updates = orProblem(await storage.quarantined(id)).map((one) => ({
        id: Number(one.seq),
        at: timeText(one.at),
        quarantinedAt: timeText(one.quarantinedAt),
        problem: one.problem,
        bytes: one.bytes.length,
      }))
      return c.json({ updates })
    }),
    operation(read, async ({ c, document, id }) => {
      const facts = await found(storage, document)
      const updates = orProblem(await storage.quarantined(facts.id))
      const update = updates.find(({ seq }) => Number(seq) === id)
      if (update === undefined)
        throw new Problem('not-found', `the document has no update ${id} in quarantine`)
      return attachment(parts, c, { bytes: update.bytes, held: 'own' })
    }),
  ]
}

/** Bytes that a browser keeps as a file; what it is called is up to whoever asks. */
const attachment = (
  parts: ApiParts,
  c: Context<ApiEnv>,
  { bytes, held }: { readonly bytes: Uint8Array; readonly held: 'own' | 'shared' },
): Response => {
  c.header('Content-Disposition', 'attachment')
  return answerBytes(parts, c, bytes, { type: formatTypes.update, held })
}
