/* Deliveries of events (ports/outbox.ts), and the outbox as it is asked of the threads. */
import type { Database } from 'better-sqlite3'
import { type Millis, ok } from '@quire/shared'
import type {
  DeadLetter,
  Delivery,
  DeliveryOutcome,
  EndpointFigures,
  Outbox,
  OutboxPlan,
  SessionNotice,
  Settled,
  Settling,
} from '../../ports/outbox.ts'
import { LATEST_MS } from '../outbox-event.ts'
import type { Handlers, ReaderOperations, WriterOperations } from './operations.ts'
import type { OutboxLog } from './outbox-log.ts'
import { attempt } from './problem.ts'
import type { Thread } from './thread.ts'
import { committingOn, readingOn } from './transaction.ts'

/** What the outbox asks of the writer thread. */
export interface OutboxWriterOperations {
  openOutbox: { ask: OutboxPlan; answer: void }
  settleOutbox: { ask: Settling; answer: Settled }
  putNotices: { ask: readonly SessionNotice[]; answer: void }
  recordDeliveries: { ask: readonly DeliveryOutcome[]; answer: void }
  replayDeadLetters: {
    ask: { readonly delivery: number | null; readonly at: Millis }
    answer: number
  }
  dropDeadLetter: { ask: number; answer: boolean }
}

/** Which deliveries are due. */
export type DueQuestion = Parameters<Outbox['dueDeliveries']>[0]

/** A page of dead letters. */
export type DeadLetterPage = Parameters<Outbox['deadLetters']>[0]

/** What the outbox asks of the reader thread. */
export interface OutboxReaderOperations {
  dueDeliveries: { ask: DueQuestion; answer: readonly Delivery[] }
  outboxFigures: { ask: readonly string[]; answer: readonly EndpointFigures[] }
  deadLetters: { ask: DeadLetterPage; answer: readonly DeadLetter[] }
}

interface DeliveryRow {
  readonly event: number
  readonly endpoint: number
}

/** The writing half. */
export const createOutboxWriter = (
  db: Database,
  file: string,
  log: OutboxLog,
): Handlers<OutboxWriterOperations> => {
  const committing = committingOn(db, file)
  const waiting = db.prepare<[number], DeliveryRow>(
    'SELECT event, endpoint FROM outbox_deliveries WHERE id = ? AND due_at IS NOT NULL',
  )
  const remove = db.prepare<[number]>('DELETE FROM outbox_deliveries WHERE id = ?')
  const removeTold = db.prepare<[number]>(`
    DELETE FROM outbox_events
    WHERE number = ? AND NOT EXISTS (
      SELECT 1 FROM outbox_deliveries WHERE event = outbox_events.number)`)
  const retry = db.prepare<[number, string, number]>(
    'UPDATE outbox_deliveries SET attempts = attempts + 1, due_at = ?, problem = ? WHERE id = ?',
  )
  const die = db.prepare<[number, string, number]>(`
    UPDATE outbox_deliveries
    SET attempts = attempts + 1, due_at = NULL, died_at = ?, problem = ? WHERE id = ?`)
  const replay = db.prepare<
    { readonly at: number; readonly delivery: number | null; readonly keys: string },
    { readonly endpoint: number }
  >(`
    UPDATE outbox_deliveries SET attempts = 0, due_at = :at, died_at = NULL, problem = NULL
    WHERE due_at IS NULL AND (:delivery IS NULL OR id = :delivery) AND endpoint IN (
      SELECT id FROM outbox_endpoints WHERE key IN (SELECT value FROM json_each(:keys)))
    RETURNING endpoint`)
  const dead = db
    .prepare<[number], number>(
      'SELECT event FROM outbox_deliveries WHERE id = ? AND due_at IS NULL',
    )
    .pluck()

  const record = (outcome: DeliveryOutcome): void => {
    const { delivery, kind } = outcome
    const row = waiting.get(delivery)
    if (row === undefined) return // another one has taken its place
    if (kind === 'retry') return void retry.run(outcome.at, outcome.problem, delivery)
    log.count(row.endpoint, -1)
    if (kind === 'dead') return void die.run(outcome.at, outcome.problem, delivery)
    remove.run(delivery)
    removeTold.run(row.event)
  }

  return {
    openOutbox: (plan) => committing('open the outbox', () => ok(log.open(plan))),
    settleOutbox: (settling) => {
      const told = attempt('look for documents at rest', file, () =>
        log.isDue(settling)
          ? committing('tell of changed documents', () => ok(log.settle(settling)))
          : ok({ documents: 0, hasMore: false }),
      )
      return told.ok ? ok({ ...told.value, dropped: log.takeDropped() }) : told
    },
    putNotices: (notices) =>
      committing('write events', () => {
        for (const { data, ...notice } of notices)
          log.put({ ...notice, data: JSON.stringify(data) })
        return ok(undefined)
      }),
    recordDeliveries: (outcomes) =>
      committing('record deliveries', () => {
        for (const outcome of outcomes) record(outcome)
        if (outcomes.some(({ kind }) => kind === 'dead')) log.bury()
        return ok(undefined)
      }),
    replayDeadLetters: ({ delivery, at }) =>
      committing('replay dead letters', () => {
        const replayed = replay.all({ at, delivery, keys: log.keys })
        for (const { endpoint } of replayed) log.count(endpoint, 1)
        return ok(replayed.length)
      }),
    dropDeadLetter: (delivery) =>
      committing('drop a dead letter', () => {
        const event = dead.get(delivery)
        if (event === undefined) return ok(false)
        remove.run(delivery)
        removeTold.run(event)
        return ok(true)
      }),
  }
}

/** The reading half. */
export const createOutboxReader = (
  db: Database,
  file: string,
): Handlers<OutboxReaderOperations> => {
  const reading = readingOn(db, file)
  const event = 'outbox_events.id, kind, document, at'
  const waitingHere =
    'FROM outbox_deliveries WHERE endpoint = outbox_endpoints.id AND due_at IS NOT NULL'
  const dueWhere = (times: string) =>
    db.prepare<[string, number, number], Delivery>(`
      SELECT ${event}, data, outbox_deliveries.id AS delivery, attempts
      FROM outbox_deliveries JOIN outbox_events ON number = event
      WHERE endpoint = (SELECT id FROM outbox_endpoints WHERE key = ?) AND due_at ${times}
      ORDER BY due_at, outbox_deliveries.id LIMIT ?`)
  const [due, dueTooLate] = [dueWhere('<= ?'), dueWhere('> ?')]
  const figures = db.prepare<[string], EndpointFigures>(`
    SELECT key, host, (SELECT count(*) ${waitingHere}) AS waiting,
      (SELECT at FROM outbox_events WHERE number = (SELECT event FROM outbox_deliveries
        WHERE id = (SELECT min(id) ${waitingHere}))) AS oldestAt,
      (SELECT count(*) FROM outbox_deliveries
        WHERE endpoint = outbox_endpoints.id AND due_at IS NULL) AS dead
    FROM outbox_endpoints
    WHERE dead > 0 OR key IN (SELECT value FROM json_each(?))
    ORDER BY host, key`)
  const dead = db.prepare<[number, number], DeadLetter>(`
    SELECT ${event}, outbox_deliveries.id AS delivery, attempts, host, died_at AS diedAt, problem
    FROM outbox_deliveries
      JOIN outbox_events ON number = event
      JOIN outbox_endpoints ON outbox_endpoints.id = endpoint
    WHERE due_at IS NULL AND outbox_deliveries.id > ? ORDER BY outbox_deliveries.id LIMIT ?`)
  return {
    dueDeliveries: ({ endpoint, now, limit }) =>
      reading('read deliveries', () => {
        const read = due.all(endpoint, now, limit)
        const left = limit - read.length
        return ok([...read, ...dueTooLate.all(endpoint, now + LATEST_MS, left)])
      }),
    outboxFigures: (keys) =>
      reading('count deliveries', () => ok(figures.all(JSON.stringify(keys)))),
    deadLetters: ({ after, limit }) =>
      reading('list dead letters', () => ok(dead.all(after, limit))),
  }
}

/** The outbox as it is asked of the threads. */
export const createOutbox = (threads: {
  readonly writer: Thread<WriterOperations>
  readonly reader: Thread<ReaderOperations>
}): Outbox => {
  const { writer, reader } = threads
  let keys: readonly string[] = []
  return {
    openOutbox: ({ kinds, endpoints, backlog, deadLetters }) => {
      keys = endpoints.map(({ key }) => key)
      const plain = endpoints.map(({ key, host }) => ({ key, host }))
      return writer.askAlways('openOutbox', {
        kinds: [...kinds],
        endpoints: plain,
        backlog,
        deadLetters,
      })
    },
    settleOutbox: ({ now, restMs, waitMs }) => writer.ask('settleOutbox', { now, restMs, waitMs }),
    putNotices: (notices) => writer.ask('putNotices', notices),
    dueDeliveries: ({ endpoint, now, limit }) =>
      reader.ask('dueDeliveries', { endpoint, now, limit }),
    recordDeliveries: (outcomes) => writer.ask('recordDeliveries', outcomes),
    outboxFigures: () => reader.ask('outboxFigures', keys),
    deadLetters: ({ after, limit }) => reader.ask('deadLetters', { after, limit }),
    replayDeadLetters: (delivery, at) => writer.ask('replayDeadLetters', { delivery, at }),
    dropDeadLetter: (delivery) => writer.ask('dropDeadLetter', delivery),
  }
}
