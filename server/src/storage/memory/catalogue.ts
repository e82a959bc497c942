/* All documents of a memory by their names. */
import { randomInt } from 'node:crypto'
import { docId, type DocName, millis, type Millis, ok, type Result, seq } from '@quire/shared'
import type {
  Catalogue,
  DocumentCreated,
  DocumentCreation,
  DocumentFacts,
  ListQuestion,
  StorageProblem,
} from '../../ports/storage.ts'
import { compareCodePoints, lowerAscii } from '../names.ts'
import { changeData, placeData } from '../outbox-event.ts'
import { rangesOf, stampAuthors } from '../stamping.ts'
import { appendTo } from './log.ts'
import { type MemoryOutbox, toldOf } from './outbox.ts'
import type { Memory, Operate, Row, WithRow } from './rows.ts'

const newEpoch = (): number => randomInt(1, 2 ** 48 - 1)

/** Adds an empty document under a name that is free. */
export const addRow = (memory: Memory, name: DocName, createdAt = millis(Date.now())): Row => {
  const row: Row = {
    id: docId(++memory.lastId),
    name,
    epoch: newEpoch(),
    createdAt,
    deletedAt: null,
    head: 0,
    snapshot: null,
    tail: [],
    tailTimes: [],
    foldedAt: null,
    tailWriters: [],
    foldedWriter: 0,
    quarantine: [],
    authors: new Map(),
    versions: [],
    patches: [],
  }
  memory.rows.set(row.id, row)
  memory.byName.set(name, row)
  return row
}

const factsOf = (row: Row): DocumentFacts => ({
  id: row.id,
  name: row.name,
  epoch: row.epoch,
  head: seq(row.head),
  bytes: row.tail.reduce((sum, update) => sum + update.length, row.snapshot?.bytes.length ?? 0),
  createdAt: row.createdAt,
  changedAt: row.tailTimes.at(-1) ?? row.foldedAt ?? row.createdAt,
  deletedAt: row.deletedAt,
})

type Place = Pick<DocumentFacts, 'name' | 'id'>

const comparePlaces = (one: Place, other: Place): number =>
  compareCodePoints(one.name, other.name) || one.id - other.id

const listed = (memory: Memory, question: ListQuestion): Row[] => {
  const { after, which, limit } = question
  const prefix = question.prefix.toWellFormed() // half a code point begins no name
  const search = lowerAscii(question.search.toWellFormed())
  return Array.from(which === 'present' ? memory.byName.values() : memory.deleted)
    .filter(({ name }) => name.startsWith(prefix) && lowerAscii(name).includes(search))
    .filter((row) => after === null || comparePlaces(row, after) > 0)
    .toSorted(comparePlaces)
    .slice(0, limit)
}

/** True where a document of that name was deleted. */
export const wasDeleted = (memory: Memory, name: DocName): boolean =>
  Array.from(memory.deleted).some((row) => row.name === name)

const undelete = (memory: Memory, row: Row): DocumentFacts | null => {
  if (row.deletedAt === null) return factsOf(row)
  if (memory.byName.has(row.name)) return null
  row.deletedAt = null
  memory.deleted.delete(row)
  row.epoch = newEpoch()
  memory.byName.set(row.name, row)
  return factsOf(row)
}

const purge = (memory: Memory, before: Millis, limit: number): number => {
  const due = Array.from(memory.deleted)
    .filter(({ deletedAt }) => deletedAt !== null && deletedAt < before)
    .toSorted((one, other) => Number(one.deletedAt) - Number(other.deletedAt) || one.id - other.id)
    .slice(0, limit)
  for (const row of due) {
    memory.deleted.delete(row)
    memory.rows.delete(row.id)
  }
  for (const [key, row] of memory.byKey) if (!memory.rows.has(row.id)) memory.byKey.delete(key)
  return due.length
}

/** The catalogue of a memory. `writer`: what this opening is known by (Origin). */
export const memoryCatalogue = (
  memory: Memory,
  writer: number,
  {
    operate,
    withRow,
    outbox,
  }: { readonly operate: Operate; readonly withRow: WithRow; readonly outbox: MemoryOutbox },
): Catalogue => {
  const create = (name: DocName, { key, seed, at }: DocumentCreation): DocumentCreated => {
    const repeated = key === null ? undefined : memory.byKey.get(key)
    if (repeated) return { kind: 'repeated', facts: factsOf(repeated) }
    const there = memory.byName.get(name)
    if (there && key !== null && there.head === 0) memory.byKey.set(key, there)
    if (there) return { kind: 'exists', facts: factsOf(there) }
    const row = addRow(memory, name, at)
    if (key !== null) memory.byKey.set(key, row)
    if (seed) appendTo(row, [seed.update], { at, writer })
    if (seed) stampAuthors(row.authors, seed.authors)
    const users = seed?.authors.map(({ user }) => user) ?? []
    const data = changeData(toldOf(row), users)
    outbox.put({ kind: 'document.created', document: name, at, data })
    return { kind: 'created', facts: factsOf(row) }
  }

  const remove = (row: Row, at: Millis): Result<DocumentFacts, StorageProblem> => {
    if (row.deletedAt === null) {
      row.deletedAt = at
      memory.byName.delete(row.name)
      memory.deleted.add(row)
      outbox.removed(row, at)
    }
    return ok(factsOf(row))
  }

  return {
    list: (question) => operate(() => ok(listed(memory, question).map(factsOf))),
    find: (name) =>
      operate<DocumentFacts | null>(() => {
        const row = memory.byName.get(name)
        return ok(row ? factsOf(row) : null)
      }),
    create: (name, creation) => operate(() => ok(create(name, creation))),
    remove: (doc, at) => withRow(doc, (row) => remove(row, at)),
    undelete: (doc) =>
      withRow<DocumentFacts | null>(doc, (row) => {
        const wasGone = row.deletedAt !== null
        const facts = undelete(memory, row)
        const at = millis(Date.now())
        if (wasGone && facts !== null)
          outbox.put({
            kind: 'document.restored',
            document: row.name,
            at,
            data: placeData(toldOf(row)),
          })
        return ok(facts)
      }),
    freeKey: (key) =>
      operate(() => {
        memory.byKey.delete(key)
        return ok(undefined)
      }),
    purge: (before, limit) => operate(() => ok(purge(memory, before, limit))),
    authors: (doc) => withRow(doc, (row) => ok(rangesOf(row.authors))),
    authorsAmong: (doc, users) =>
      withRow(doc, ({ authors }) => {
        const there = new Set(rangesOf(authors).map(({ user }) => user))
        return ok([...new Set(users)].filter((user) => there.has(user)))
      }),
  }
}
