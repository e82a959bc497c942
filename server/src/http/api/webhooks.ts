/* Webhooks: how their targets stand, and what could not be delivered. For who runs the server. */
import { z } from 'zod'
import { ok } from '@quire/shared'
import type { DeadLetter } from '../../ports/outbox.ts'
import type { WebhookFigures } from '../../runtime/webhooks/webhooks.ts'
import type { ApiParts } from './api-parts.ts'
import { NOTHING, operation, type Operation } from './operation.ts'
import { orProblem, Problem } from './problem.ts'
import {
  count,
  deadLetterPage,
  MOST_LETTERS,
  replayedSchema,
  rowId,
  webhooksSchema,
} from './schemas.ts'
import { timeText } from './told.ts'

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeText(ms))

const endpointJson = (figures: WebhookFigures) => {
  const { host, isConfigured, waiting, oldestAt, dead, deliveredAt, failure } = figures
  return {
    host,
    configured: isConfigured,
    waiting,
    oldestAt: timeOrNull(oldestAt),
    dead,
    deliveredAt: timeOrNull(deliveredAt),
    failure: failure && { at: timeText(failure.at), problem: failure.problem },
  }
}

const letterJson = ({ delivery, id, kind, at, diedAt, ...letter }: DeadLetter) => ({
  id: delivery,
  event: id,
  type: kind,
  document: letter.document,
  host: letter.host,
  attempts: letter.attempts,
  problem: letter.problem,
  at: timeText(at),
  diedAt: timeText(diedAt),
})

const noLetter = (id: number): Problem =>
  new Problem('not-found', `there is no dead letter ${id}, or its target is told no more`)

const tag = 'Webhooks'

const READ = 'Needs a login that may look at the server (`operations`).'

const WRITE = 'Needs a login that may run the server (`operations`: `write`).'

/** The operations. */
export const webhookOperations = ({
  access,
  storage,
  webhooks,
}: ApiParts): readonly Operation[] => {
  const figures = async (): Promise<readonly WebhookFigures[]> => {
    if (webhooks !== null) return orProblem(await webhooks.figures())
    const silent = { isConfigured: false, deliveredAt: null, failure: null }
    return orProblem(await storage.outboxFigures()).map((own) => Object.assign({}, own, silent))
  }

  const replay = async (id: number | null): Promise<number> =>
    orProblem(webhooks === null ? ok(0) : await webhooks.replay(id))

  const list = operation(
    {
      id: 'listWebhooks',
      method: 'get',
      path: '/webhooks',
      tag,
      summary: 'Says how the targets of webhooks stand',
      description: `By their hosts: what else is in their addresses may be secret. ${READ}`,
      needs: 'itself',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'All of them', json: webhooksSchema } },
      problems: [],
    },
    async ({ c }) => {
      await access.toOperations(c, 'read')
      return c.json({ endpoints: (await figures()).map(endpointJson) })
    },
  )

  const letters = operation(
    {
      id: 'listDeadLetters',
      method: 'get',
      path: '/webhooks/dead-letters',
      tag,
      summary: 'Lists what could not be delivered, the oldest first',
      description: READ,
      needs: 'itself',
      query: z.strictObject({ limit: count(MOST_LETTERS, 100), after: rowId.optional() }),
      body: NOTHING,
      answers: { 200: { description: 'A page of them', json: deadLetterPage } },
      problems: [],
    },
    async ({ c, query: { limit, after = 0 } }) => {
      await access.toOperations(c, 'read')
      const page = orProblem(await storage.deadLetters({ after, limit: limit + 1 }))
      const shown = page.slice(0, limit)
      const next = page.length > limit ? (shown.at(-1)?.delivery ?? null) : null
      return c.json({ deadLetters: shown.map(letterJson), next })
    },
  )

  const replayOne = operation(
    {
      id: 'replayDeadLetter',
      method: 'post',
      path: '/webhooks/dead-letters/{id}/replay',
      tag,
      summary: 'Has a dead letter delivered again',
      description: `Under the id that it had. ${WRITE}`,
      needs: 'itself',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'It waits for its target', json: replayedSchema } },
      problems: ['not-found'],
    },
    async ({ c, id }) => {
      await access.toOperations(c, 'write')
      const replayed = await replay(id)
      if (replayed === 0) throw noLetter(id)
      return c.json({ replayed })
    },
  )

  const replayAll = operation(
    {
      id: 'replayDeadLetters',
      method: 'post',
      path: '/webhooks/dead-letters/replay',
      tag,
      summary: 'Has all dead letters delivered again',
      description: `Those of targets that are told no more stay. ${WRITE}`,
      needs: 'itself',
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'They wait for their targets', json: replayedSchema } },
      problems: [],
    },
    async ({ c }) => {
      await access.toOperations(c, 'write')
      return c.json({ replayed: await replay(null) })
    },
  )

  const drop = operation(
    {
      id: 'dropDeadLetter',
      method: 'delete',
      path: '/webhooks/dead-letters/{id}',
      tag,
      summary: 'Drops a dead letter',
      description: WRITE,
      needs: 'itself',
      query: NOTHING,
      body: NOTHING,
      answers: { 204: { description: 'It is gone' } },
      problems: ['not-found'],
    },
    async ({ c, id }) => {
      await access.toOperations(c, 'write')
      if (!orProblem(await storage.dropDeadLetter(id))) throw noLetter(id)
      return c.body(null, 204)
    },
  )

  return [list, letters, replayOne, replayAll, drop]
}
