/*
 * All documents by their names. A deleted document keeps its row and all that hangs on it; its name moves into
 * `deleted_documents`, so that whoever holds its id goes on (what was accepted of it is kept), and its name is free.
 */
import type { Database } from 'better-sqlite3'
import { type DocId, type DocName, docId, type Millis, ok, type Result } from '@quire/shared'
import type {
  AuthorRange,
  Catalogue,
  DocumentCreated,
  DocumentFacts,
  ListQuestion,
  StorageProblem,
} from '../../ports/storage.ts'
import { changeData, placeData } from '../outbox-event.ts'
import { authorStamper } from './authors.ts'
import { factsFinder } from './catalogue-facts.ts'
import { pageReader } from './catalogue-list.ts'
import { updateInserter } from './large-updates.ts'
import { unknownDocument } from './log-reader.ts'
import type { Handlers, ReaderOperations, WriterOperations } from './operations.ts'
import type { OutboxLog } from './outbox-log.ts'
import { pack, type Packed, unpack } from './packed.ts'
import type { Thread } from './thread.ts'
import { committingOn, readingOn } from './transaction.ts'

/** A document to create with its first content. `packed`: the seed, if there is one. */
export interface SeededCreation {
  readonly name: DocName
  readonly key: string | null
  readonly epoch: number
  readonly at: Millis
  readonly authors: readonly AuthorRange[]
  readonly packed: Packed
}

/** What the catalogue asks of the writer thread. */
export interface CatalogueWriterOperations {
  createSeeded: { ask: SeededCreation; answer: DocumentCreated }
  remove: { ask: { readonly doc: DocId; readonly at: Millis }; answer: DocumentFacts }
  undelete: {
    ask: { readonly doc: DocId; readonly epoch: number; readonly at: Millis }
    answer: DocumentFacts | null
  }
  freeKey: { ask: string; answer: void }
  purge: { ask: { readonly before: Millis; readonly limit: number }; answer: number }
}

/** What the catalogue asks of the reader thread. */
export interface CatalogueReaderOperations {
  list: { ask: ListQuestion; answer: readonly DocumentFacts[] }
  facts: { ask: DocName; answer: DocumentFacts | null }
}

/** A name that no document can have (`parseDocName`), and no other deleted one has. */
const nameOfDeleted = (doc: DocId): string => `\0${doc}`

/** The writing half. `writer`: what this opening is known by (Origin). */
export const createCatalogueWriter = (
  db: Database,
  file: string,
  { writer, outbox }: { readonly writer: number; readonly outbox: OutboxLog },
): Handlers<CatalogueWriterOperations> => {
  const committing = committingOn(db, file)
  const find = factsFinder(db)
  const stamp = authorStamper(db)
  const madeUnder = db
    .prepare<[string], DocId>('SELECT doc FROM creation_keys WHERE key = ?')
    .pluck()
  const insertDocument = db.prepare<[string, number, number]>(
    'INSERT INTO documents (name, epoch, created_at) VALUES (?, ?, ?)',
  )
  const insertKey = db.prepare<[string, number]>(
    'INSERT INTO creation_keys (key, doc) VALUES (?, ?)',
  )
  const deleteKey = db.prepare<[string]>('DELETE FROM creation_keys WHERE key = ?')
  const insertUpdate = updateInserter(db)
  const insertDeleted = db.prepare<[number, string, number]>(
    'INSERT INTO deleted_documents (doc, name, deleted_at) VALUES (?, ?, ?)',
  )
  const dropDeleted = db.prepare<[number]>('DELETE FROM deleted_documents WHERE doc = ?')
  const rename = db.prepare<[string, number]>('UPDATE documents SET name = ? WHERE id = ?')
  const renew = db.prepare<[string, number, number]>(
    'UPDATE documents SET name = ?, epoch = ? WHERE id = ?',
  )
  const deletedLongAgo =
    'SELECT doc FROM deleted_documents WHERE deleted_at < ? ORDER BY deleted_at, doc LIMIT ?'
  const purgeLarge = db.prepare<[number, number]>(`
    DELETE FROM large_updates WHERE id IN (
      SELECT large FROM updates WHERE doc IN (${deletedLongAgo}) AND large IS NOT NULL)`)
  // all other tables follow by their foreign keys
  const purgeDocuments = db.prepare<[number, number]>(
    `DELETE FROM documents WHERE id IN (${deletedLongAgo})`,
  )

  const factsOf = (doc: DocId): Result<DocumentFacts, StorageProblem> => {
    const facts = find.byId(doc)
    return facts ? ok(facts) : unknownDocument(doc, file)
  }

  const earlier = ({ key, name }: SeededCreation): DocumentCreated | null => {
    const made = key === null ? undefined : madeUnder.get(key)
    const repeated = made === undefined ? null : find.byId(made)
    if (repeated) return { kind: 'repeated', facts: repeated }
    const there = find.byName(name)
    if (there && key !== null && there.head === 0) insertKey.run(key, there.id)
    return there && { kind: 'exists', facts: there }
  }

  const create = (creation: SeededCreation): Result<DocumentCreated, StorageProblem> => {
    const { name, key, epoch, at, authors, packed } = creation
    const found = earlier(creation)
    if (found) return ok(found)
    const doc = docId(Number(insertDocument.run(name, epoch, at).lastInsertRowid))
    if (key !== null) insertKey.run(key, doc)
    const [seed] = unpack(packed)
    if (seed) insertUpdate({ doc, seq: 1, at, bytes: seed, writer })
    stamp(doc, authors)
    const facts = factsOf(doc)
    if (!facts.ok) return facts
    const data = changeData(
      facts.value,
      authors.map(({ user }) => user),
    )
    outbox.put({ kind: 'document.created', document: name, at, data })
    return ok({ kind: 'created', facts: facts.value })
  }

  const remove = (doc: DocId, at: Millis): Result<DocumentFacts, StorageProblem> => {
    const facts = factsOf(doc)
    if (!facts.ok || facts.value.deletedAt !== null) return facts
    insertDeleted.run(doc, facts.value.name, at)
    rename.run(nameOfDeleted(doc), doc)
    outbox.removed(facts.value, at)
    return factsOf(doc)
  }

  const undelete = (
    doc: DocId,
    epoch: number,
    at: Millis,
  ): Result<DocumentFacts | null, StorageProblem> => {
    const facts = factsOf(doc)
    if (!facts.ok || facts.value.deletedAt === null) return facts
    const { name } = facts.value
    if (find.byName(name)) return ok(null)
    dropDeleted.run(doc)
    renew.run(name, epoch, doc)
    const restored = factsOf(doc)
    if (restored.ok)
      outbox.put({
        kind: 'document.restored',
        document: name,
        at,
        data: placeData(restored.value),
      })
    return restored
  }

  return {
    createSeeded: (creation) => committing('create a document', () => create(creation)),
    remove: ({ doc, at }) => committing(`delete document ${doc}`, () => remove(doc, at)),
    undelete: ({ doc, epoch, at }) =>
      committing(`undelete document ${doc}`, () => undelete(doc, epoch, at)),
    freeKey: (key) =>
      committing('free a key', () => {
        deleteKey.run(key)
        return ok(undefined)
      }),
    purge: ({ before, limit }) =>
      committing('purge deleted documents', () => {
        purgeLarge.run(before, limit)
        return ok(purgeDocuments.run(before, limit).changes)
      }),
  }
}

/** The reading half. */
export const createCatalogueReader = (
  db: Database,
  file: string,
): Handlers<CatalogueReaderOperations> => {
  const reading = readingOn(db, file)
  const find = factsFinder(db)
  const page = pageReader(db)
  return {
    list: (question) => reading('list documents', () => ok(page(question))),
    facts: (name) => reading('find a document', () => ok(find.byName(name))),
  }
}

/** The catalogue as it is asked of the threads. `epoch` gives new ones, `now` the wall-clock time. */
export const createCatalogue = (threads: {
  readonly writer: Thread<WriterOperations>
  readonly reader: Thread<ReaderOperations>
  readonly epoch: () => number
  readonly now: () => Millis
}): Catalogue => {
  const { writer, reader, epoch, now } = threads
  return {
    // what else a question's parts are need not cross
    list: ({ prefix, search, after, limit, which }) => {
      const place = after && { name: after.name, id: after.id }
      return reader.ask('list', { prefix, search, after: place, limit, which })
    },
    find: (name) => reader.ask('facts', name),
    create: (name, { key, seed, at }) =>
      writer.ask('createSeeded', {
        name,
        key,
        epoch: epoch(),
        at,
        authors: seed?.authors ?? [],
        packed: pack(seed ? [seed.update] : []),
      }),
    remove: (doc, at) => writer.ask('remove', { doc, at }),
    undelete: (doc) => writer.ask('undelete', { doc, epoch: epoch(), at: now() }),
    freeKey: (key) => writer.ask('freeKey', key),
    purge: (before, limit) => writer.ask('purge', { before, limit }),
    authors: (doc) => reader.ask('authors', doc),
    authorsAmong: (doc, users) => reader.ask('authorsAmong', { doc, users: [...users] }),
  }
}
