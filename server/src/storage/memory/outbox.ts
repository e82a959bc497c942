/* Events and their deliveries in memory (ports/outbox.ts). */
import { type DocId, type Millis, ok } from '@quire/shared'
import type {
  DeadLetter,
  Delivery,
  DeliveryOutcome,
  EndpointFigures,
  Outbox,
  OutboxEvent,
  OutboxKind,
  OutboxPlan,
  Settling,
} from '../../ports/outbox.ts'
import {
  CHANGED,
  changeData,
  LATEST_MS,
  MOST_USERS,
  newEventId,
  type NewEvent,
  placeData,
  SETTLED_AT_ONCE,
  type ToldDocument,
  usersIn,
} from '../outbox-event.ts'
import type { Memory, Operate, OutboxRow, Row } from './rows.ts'

/** A document as its events tell it. */
export const toldOf = ({ id, name, epoch, head }: Row): ToldDocument => {
  return { id, name, epoch, head: head as ToldDocument['head'] } // a row counts what it holds
}

/** The outbox of one life of a memory storage. */
export class MemoryOutbox {
  readonly #memory: Memory
  #plan: OutboxPlan | null = null
  #dropped = 0

  constructor(memory: Memory) {
    this.#memory = memory
  }

  /** A document was written to by these users. */
  changed(doc: DocId, at: Millis, users: readonly string[]): void {
    if (!this.#wants(CHANGED)) return
    const { marks } = this.#memory.outbox
    const mark = marks.get(doc) ?? { at, lastAt: at, users: new Set<string>() }
    marks.set(doc, mark)
    mark.lastAt = at
    for (const user of users) if (mark.users.size < MOST_USERS) mark.users.add(user)
  }

  /** A document was deleted: what was written to it before is told before. */
  removed(row: Row, at: Millis): void {
    const document = toldOf(row)
    if (this.#memory.outbox.marks.has(row.id)) this.#tellChange(document, at)
    this.put({ kind: 'document.deleted', document: row.name, at, data: placeData(document) })
  }

  /** Writes an event, with a delivery for each endpoint that has a place for it. */
  put({ kind, document, at, data }: NewEvent, changed: DocId | null = null): void {
    const plan = this.#plan
    if (plan === null || !this.#wants(kind)) return
    const users = new Set<string>()
    const takers = plan.endpoints.filter(({ key }) => this.#hasPlace(plan, key, changed, users))
    const event: OutboxEvent = { id: newEventId(), kind, document, at, data: withMore(data, users) }
    for (const { key, host } of takers)
      this.#memory.outbox.deliveries.push({
        ...event,
        changed,
        delivery: ++this.#memory.lastId,
        endpoint: key,
        host,
        attempts: 0,
        dueAt: at,
        diedAt: null,
        problem: null,
      })
  }

  /** What is asked of it. */
  asked(operate: Operate): Outbox {
    const { outbox } = this.#memory
    return {
      openOutbox: (plan) => operate(() => ok(this.#open(plan))),
      settleOutbox: (settling) =>
        operate(() => {
          const settled = this.#settle(settling)
          const dropped = this.#dropped
          this.#dropped = 0
          return ok({ ...settled, dropped })
        }),
      putNotices: (notices) =>
        operate(() => {
          for (const { data, ...notice } of notices)
            this.put({ ...notice, data: JSON.stringify(data) })
          return ok(undefined)
        }),
      dueDeliveries: ({ endpoint, now, limit }) =>
        operate(() => {
          const due = outbox.deliveries
            .filter((row) => row.endpoint === endpoint && row.dueAt !== null)
            .toSorted((one, other) => Number(one.dueAt) - Number(other.dueAt))
          const byNow = due.filter(({ dueAt }) => Number(dueAt) <= now)
          const tooLate = due.filter(({ dueAt }) => Number(dueAt) > now + LATEST_MS)
          return ok([...byNow, ...tooLate].slice(0, limit).map(deliveryOf))
        }),
      recordDeliveries: (outcomes) =>
        operate(() => {
          for (const outcome of outcomes) this.#record(outcome)
          this.#bury()
          return ok(undefined)
        }),
      outboxFigures: () => operate(() => ok(this.#figures())),
      deadLetters: ({ after, limit }) =>
        operate(() => {
          const dead = outbox.deliveries.filter((row) => isDead(row) && row.delivery > after)
          return ok(dead.slice(0, limit).map(deadLetterOf))
        }),
      replayDeadLetters: (delivery, at) =>
        operate(() => {
          const known = new Set(this.#plan?.endpoints.map(({ key }) => key))
          const again = outbox.deliveries.filter(
            (row) =>
              isDead(row) &&
              known.has(row.endpoint) &&
              (delivery === null || row.delivery === delivery),
          )
          for (const row of again)
            Object.assign(row, { attempts: 0, dueAt: at, diedAt: null, problem: null })
          return ok(again.length)
        }),
      dropDeadLetter: (delivery) =>
        operate(() => {
          const row = outbox.deliveries.find((one) => one.delivery === delivery && isDead(one))
          if (row !== undefined) this.#drop(row)
          return ok(row !== undefined)
        }),
    }
  }

  #wants(kind: OutboxKind): boolean {
    return this.#plan?.kinds.includes(kind) === true
  }

  #open(plan: OutboxPlan): void {
    this.#plan = plan
    const known = new Set(plan.endpoints.map(({ key }) => key))
    for (const row of this.#memory.outbox.deliveries.filter(
      ({ endpoint, dueAt }) => dueAt !== null && !known.has(endpoint),
    )) {
      this.#drop(row)
      this.#dropped++
    }
  }

  #settle({ now, restMs, waitMs }: Settling) {
    const { marks } = this.#memory.outbox
    if (!this.#wants(CHANGED)) return { documents: 0, hasMore: false }
    const due = [...marks].filter(
      ([, { at, lastAt }]) => lastAt <= now - restMs || at <= now - waitMs || lastAt > now,
    )
    const told = due.slice(0, SETTLED_AT_ONCE)
    for (const [doc] of told) {
      const row = this.#memory.rows.get(doc)
      if (row?.deletedAt === null) this.#tellChange(toldOf(row), now)
      else marks.delete(doc)
    }
    return { documents: told.length, hasMore: due.length > told.length }
  }

  #tellChange(document: ToldDocument, at: Millis): void {
    const { marks } = this.#memory.outbox
    const users = marks.get(document.id)?.users ?? []
    const data = changeData(document, users)
    this.put({ kind: CHANGED, document: document.name, at, data }, document.id)
    marks.delete(document.id)
  }

  #hasPlace(plan: OutboxPlan, key: string, changed: DocId | null, users: Set<string>): boolean {
    const waiting = () =>
      this.#memory.outbox.deliveries.filter(
        ({ endpoint, dueAt }) => endpoint === key && dueAt !== null,
      )
    if (waiting().length < plan.backlog) return true
    for (const row of waiting().filter((one) => changed !== null && one.changed === changed)) {
      for (const user of usersIn(row.data)) users.add(user)
      this.#drop(row)
    }
    if (waiting().length < plan.backlog) return true
    this.#dropped++
    return false
  }

  #record(outcome: DeliveryOutcome): void {
    const row = this.#memory.outbox.deliveries.find(
      ({ delivery, dueAt }) => delivery === outcome.delivery && dueAt !== null,
    )
    if (row === undefined) return
    if (outcome.kind === 'delivered') return this.#drop(row)
    row.attempts++
    row.problem = outcome.problem
    row.dueAt = outcome.kind === 'retry' ? outcome.at : null
    row.diedAt = outcome.kind === 'dead' ? outcome.at : null
  }

  #bury(): void {
    const dead = this.#memory.outbox.deliveries.filter(isDead)
    const most = this.#plan?.deadLetters ?? Infinity
    for (const row of dead.slice(0, Math.max(0, dead.length - most))) {
      this.#drop(row)
      this.#dropped++
    }
  }

  #figures(): EndpointFigures[] {
    const { deliveries } = this.#memory.outbox
    const hosts = new Map(this.#plan?.endpoints.map(({ key, host }) => [key, host]))
    for (const { endpoint, host } of deliveries.filter(isDead)) hosts.set(endpoint, host)
    return Array.from(hosts, ([key, host]) => {
      const own = deliveries.filter(({ endpoint }) => endpoint === key)
      const waiting = own.filter(({ dueAt }) => dueAt !== null)
      const oldestAt = waiting[0]?.at ?? null
      return { key, host, waiting: waiting.length, oldestAt, dead: own.length - waiting.length }
    }).toSorted((one, other) => (one.host + one.key < other.host + other.key ? -1 : 1))
  }

  #drop(row: OutboxRow): void {
    const { deliveries } = this.#memory.outbox
    deliveries.splice(deliveries.indexOf(row), 1)
  }
}

const isDead = ({ dueAt }: OutboxRow): boolean => dueAt === null

const eventOf = ({ id, kind, document, at, data }: OutboxRow): OutboxEvent => {
  return { id, kind, document, at, data }
}

const deliveryOf = (row: OutboxRow): Delivery => {
  const { delivery, attempts } = row
  return { ...eventOf(row), delivery, attempts }
}

const deadLetterOf = (row: OutboxRow): DeadLetter => {
  const { id, kind, document, at, delivery, attempts } = deliveryOf(row)
  const { host, diedAt, problem } = row
  if (diedAt === null || problem === null) throw new Error(`delivery ${row.delivery} is not dead`)
  return { id, kind, document, at, delivery, attempts, host, diedAt, problem }
}

const withMore = (data: string, more: ReadonlySet<string>): string => {
  if (more.size === 0) return data
  const authors = [...new Set([...usersIn(data), ...more])].toSorted().slice(0, MOST_USERS)
  return JSON.stringify({ ...JSON.parse(data), authors })
}
