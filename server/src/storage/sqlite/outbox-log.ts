/*
 * Events and marks, written in the transactions of the operations that they tell of. What is often asked for is kept in
 * memory as the tables have it: which documents are marked, so that a document that is typed into is marked once, and
 * how many deliveries wait for each endpoint. A transaction that does not commit has it read anew.
 */
import type { Database } from 'better-sqlite3'
import type { DocId, Millis } from '@quire/shared'
import type { OutboxKind, OutboxPlan, Settled, Settling } from '../../ports/outbox.ts'
import {
  CHANGED,
  changeData,
  MOST_USERS,
  newEventId,
  type NewEvent,
  placeData,
  SETTLED_AT_ONCE,
  type ToldDocument,
  usersIn,
} from '../outbox-event.ts'
import { headOfDocument } from './log-reader.ts'

/** A document that was written to since it was last told of. */
interface Mark {
  readonly at: Millis
  lastAt: Millis
  readonly users: Set<string>
}

interface Endpoint {
  readonly id: number
  waiting: number
}

interface Plan {
  readonly kinds: ReadonlySet<OutboxKind>
  readonly backlog: number
  readonly deadLetters: number
  readonly keys: readonly string[]
}

/** Writes events. All but `open`, `settled` and `isDue` run in a transaction of their caller's. */
export class OutboxLog {
  readonly #statements: ReturnType<typeof statementsOn>
  #plan: Plan | null = null
  #marks: Map<DocId, Mark> | null = null
  #endpoints: Map<number, Endpoint> | null = null
  /** Dropped in commits, and in the transaction that is under way. */
  #dropped = 0
  #dropping = 0
  /** The transaction that is under way has changed what is kept in memory. */
  #hasChanged = false

  constructor(db: Database) {
    this.#statements = statementsOn(db)
  }

  /** Takes a plan. */
  open({ kinds, endpoints, backlog, deadLetters }: OutboxPlan): void {
    const { addEndpoint, waitingElsewhere, dropElsewhere, dropUntold, dropEndpoints } =
      this.#statements
    const keys = endpoints.map(({ key }) => key)
    // first: in a later life of the thread the endpoints stand there already, and events are written whatever fails here
    this.#plan = { kinds: new Set(kinds), backlog, deadLetters, keys }
    this.#endpoints = null
    this.#marks = null
    for (const { key, host } of endpoints) addEndpoint.run(key, host)
    const known = JSON.stringify(keys)
    this.#dropping += waitingElsewhere.get(known) ?? 0
    dropElsewhere.run(known)
    dropUntold.run()
    dropEndpoints.run(known)
  }

  /** The transaction that was under way is committed, or was taken back. */
  ended(isCommitted: boolean): void {
    if (isCommitted) this.#dropped += this.#dropping
    // when a document was written to last stands in no table: what has changed nothing leaves it
    else if (this.#hasChanged) [this.#marks, this.#endpoints] = [null, null]
    this.#dropping = 0
    this.#hasChanged = false
  }

  /** True where events of this kind are to be written. */
  wants(kind: OutboxKind): boolean {
    return this.#plan?.kinds.has(kind) === true
  }

  /** A document was written to by these users. */
  changed(doc: DocId, at: Millis, users: readonly string[]): void {
    if (!this.wants(CHANGED)) return
    const marks = this.#marked()
    let mark = marks.get(doc)
    if (mark === undefined) {
      this.#hasChanged = true
      this.#statements.mark.run(doc, at)
      mark = { at, lastAt: at, users: new Set() }
      marks.set(doc, mark)
    }
    mark.lastAt = at
    for (const user of users) {
      if (mark.users.has(user) || mark.users.size >= MOST_USERS) continue
      this.#hasChanged = true
      this.#statements.markUser.run(doc, user)
      mark.users.add(user)
    }
  }

  /** A document was deleted: what was written to it before is told before. */
  removed(document: ToldDocument, at: Millis): void {
    const { id: doc } = document
    const mark = this.wants(CHANGED) ? this.#marked().get(doc) : undefined
    if (mark !== undefined) this.#tellChange(document, mark, at)
    if (this.wants('document.deleted'))
      this.put({ kind: 'document.deleted', document: document.name, at, data: placeData(document) })
  }

  /** Writes an event, with a delivery for each endpoint that has a place for it. */
  put({ kind, document, at, data }: NewEvent, changed: DocId | null = null): void {
    if (!this.wants(kind)) return
    const { insertEvent, insertDelivery } = this.#statements
    this.#hasChanged = true
    const users = new Set<string>()
    const takers = [...this.#waiting().values()].filter((endpoint) =>
      this.#makePlace(endpoint, changed, users),
    )
    if (takers.length === 0) return
    const told = users.size === 0 ? data : withUsers(data, users)
    const event = Number(
      insertEvent.run(newEventId(), kind, document, changed, at, told).lastInsertRowid,
    )
    for (const endpoint of takers) {
      insertDelivery.run(event, endpoint.id, at)
      endpoint.waiting++
    }
  }

  /** True where a document’s time has come. */
  isDue(settling: Settling): boolean {
    return this.#due(settling).next().done === false
  }

  /** Tells of documents that have come to rest. */
  settle(settling: Settling): Omit<Settled, 'dropped'> {
    let documents = 0
    for (const [doc, mark] of this.#due(settling)) {
      if (documents === SETTLED_AT_ONCE) return { documents, hasMore: true }
      const found = this.#statements.told.get(doc)
      // who asks for a deleted document is told where it was when it was deleted
      if (found?.isDeleted === 0) this.#tellChange(found, mark, settling.now)
      else this.#unmark(doc)
      documents++
    }
    return { documents, hasMore: false }
  }

  /** What was dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  /** A delivery of an endpoint waits no more, or again. */
  count(endpoint: number, change: 1 | -1): void {
    this.#hasChanged = true
    const found = this.#waiting().get(endpoint)
    if (found !== undefined) found.waiting += change
  }

  /** Dead letters have come: of those that are too many the oldest go. */
  bury(): void {
    const { dead, dropDead, dropIfUntold } = this.#statements
    const tooMany = (dead.get() ?? 0) - (this.#plan?.deadLetters ?? Infinity)
    if (tooMany <= 0) return
    for (const event of dropDead.all(tooMany)) dropIfUntold.run(event)
    this.#dropping += tooMany
  }

  /** The keys of the plan’s endpoints, as JSON. */
  get keys(): string {
    return JSON.stringify(this.#plan?.keys ?? [])
  }

  *#due({ now, restMs, waitMs }: Settling): Generator<[DocId, Mark], void> {
    if (!this.wants(CHANGED)) return
    for (const [doc, mark] of this.#marked())
      // a clock that was set back would let it wait for as long
      if (mark.lastAt <= now - restMs || mark.at <= now - waitMs || mark.lastAt > now)
        yield [doc, mark]
  }

  #tellChange(document: ToldDocument, { users }: Mark, at: Millis): void {
    const { id: doc, name } = document
    this.put({ kind: CHANGED, document: name, at, data: changeData(document, users) }, doc)
    this.#unmark(doc)
  }

  #unmark(doc: DocId): void {
    this.#hasChanged = true
    this.#statements.unmark.run(doc)
    this.#marked().delete(doc)
  }

  /** False where the backlog is full, and nothing in it is of the same document; the users of what has gone are added. */
  #makePlace(endpoint: Endpoint, changed: DocId | null, users: Set<string>): boolean {
    if (endpoint.waiting < (this.#plan?.backlog ?? 0)) return true
    const { olderChanges, dropDelivery, dropIfUntold } = this.#statements
    const older = changed === null ? [] : olderChanges.all(changed, endpoint.id)
    for (const { delivery, event, data } of older) {
      dropDelivery.run(delivery)
      dropIfUntold.run(event)
      endpoint.waiting--
      for (const user of usersIn(data)) users.add(user)
    }
    if (endpoint.waiting < (this.#plan?.backlog ?? 0)) return true
    this.#dropping++
    return false
  }

  #marked(): Map<DocId, Mark> {
    if (this.#marks !== null) return this.#marks
    const { marks, markUsers } = this.#statements
    const read = marks
      .all()
      .map(({ doc, at }) => [doc, { at, lastAt: at, users: new Set<string>() }] as const)
    this.#marks = new Map(read)
    for (const { doc, user } of markUsers.all()) this.#marks.get(doc)?.users.add(user)
    return this.#marks
  }

  #waiting(): Map<number, Endpoint> {
    this.#endpoints ??= new Map(
      this.#statements.waiting.all(this.keys).map((endpoint) => [endpoint.id, endpoint]),
    )
    return this.#endpoints
  }
}

const withUsers = (data: string, more: ReadonlySet<string>): string => {
  const told = JSON.parse(data) as { readonly authors: readonly string[] } // a change: `changeData` wrote it
  const authors = [...new Set([...told.authors, ...more])].toSorted().slice(0, MOST_USERS)
  return JSON.stringify({ ...told, authors })
}

const elsewhere = (column: 'id' | 'endpoint') =>
  `${column} NOT IN (SELECT id FROM outbox_endpoints WHERE key IN (SELECT value FROM json_each(?)))`

const statementsOn = (db: Database) => ({
  addEndpoint: db.prepare<[string, string]>(
    'INSERT INTO outbox_endpoints (key, host) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET host = excluded.host',
  ),
  waitingElsewhere: db
    .prepare<[string], number>(
      `SELECT count(*) FROM outbox_deliveries WHERE due_at IS NOT NULL AND ${elsewhere('endpoint')}`,
    )
    .pluck(),
  dropElsewhere: db.prepare<[string]>(
    `DELETE FROM outbox_deliveries WHERE due_at IS NOT NULL AND ${elsewhere('endpoint')}`,
  ),
  dropEndpoints: db.prepare<[string]>(`
    DELETE FROM outbox_endpoints WHERE ${elsewhere('id')}
      AND id NOT IN (SELECT endpoint FROM outbox_deliveries)`),
  dropUntold: db.prepare<[]>(
    'DELETE FROM outbox_events WHERE number NOT IN (SELECT event FROM outbox_deliveries)',
  ),
  dropIfUntold: db.prepare<[number]>(`
    DELETE FROM outbox_events
    WHERE number = ? AND NOT EXISTS (
      SELECT 1 FROM outbox_deliveries WHERE event = outbox_events.number)`),
  insertEvent: db.prepare<[string, string, string, number | null, number, string]>(
    'INSERT INTO outbox_events (id, kind, document, changed, at, data) VALUES (?, ?, ?, ?, ?, ?)',
  ),
  insertDelivery: db.prepare<[number, number, number]>(
    'INSERT INTO outbox_deliveries (event, endpoint, due_at) VALUES (?, ?, ?)',
  ),
  dropDelivery: db.prepare<[number]>('DELETE FROM outbox_deliveries WHERE id = ?'),
  olderChanges: db.prepare<
    [number, number],
    { readonly delivery: number; readonly event: number; readonly data: string }
  >(`
    SELECT outbox_deliveries.id AS delivery, event, data
    FROM outbox_events JOIN outbox_deliveries ON event = number
    WHERE changed = ? AND endpoint = ? AND due_at IS NOT NULL`),
  waiting: db.prepare<[string], Endpoint>(`
    SELECT id, (SELECT count(*) FROM outbox_deliveries
      WHERE endpoint = outbox_endpoints.id AND due_at IS NOT NULL) AS waiting
    FROM outbox_endpoints WHERE key IN (SELECT value FROM json_each(?)) ORDER BY id`),
  dead: db
    .prepare<[], number>('SELECT count(*) FROM outbox_deliveries WHERE due_at IS NULL')
    .pluck(),
  dropDead: db
    .prepare<[number], number>(`
      DELETE FROM outbox_deliveries WHERE id IN (
        SELECT id FROM outbox_deliveries WHERE due_at IS NULL ORDER BY id LIMIT ?)
      RETURNING event`)
    .pluck(),
  mark: db.prepare<[number, number]>('INSERT INTO outbox_marks (doc, at) VALUES (?, ?)'),
  markUser: db.prepare<[number, string]>('INSERT INTO outbox_mark_users (doc, user) VALUES (?, ?)'),
  unmark: db.prepare<[number]>('DELETE FROM outbox_marks WHERE doc = ?'),
  marks: db.prepare<[], { readonly doc: DocId; readonly at: Millis }>(
    'SELECT doc, at FROM outbox_marks',
  ),
  markUsers: db.prepare<[], { readonly doc: DocId; readonly user: string }>(
    'SELECT doc, user FROM outbox_mark_users',
  ),
  told: db.prepare<[number], ToldDocument & { readonly isDeleted: 0 | 1 }>(`
    SELECT id, name, epoch, ${headOfDocument} AS head,
      EXISTS (SELECT 1 FROM deleted_documents WHERE doc = documents.id) AS isDeleted
    FROM documents WHERE id = ?`),
})
