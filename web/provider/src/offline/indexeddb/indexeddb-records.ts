/* Records in IndexedDB. database.ts shows where what is. */
import { err, ok } from '@quire/shared'
import { hasEnded } from '../contents.ts'
import { exact } from '../exact.ts'
import {
  clearedProblem,
  laterOf,
  NOTHING_KEPT,
  sizeFolded,
  sizeWith,
  takeOver,
  type Adopted,
  type Contents,
  type DocumentRecords,
  type LogEntry,
  type Records,
  type UnsavedEntry,
} from '../records.ts'
import { NOTE, resultOf, type Access, type Database } from './database.ts'

interface DocumentRow extends Pick<Contents, 'next' | 'position' | 'size' | 'owners'> {
  readonly life: string
  readonly label: Uint8Array
}

const DOCUMENT = ['documents', 'updates', 'unsaved'] as const
const NOTING: Access = { stores: ['meta'], mode: 'readwrite', durability: 'strict' }
const READ: Access = { stores: DOCUMENT, mode: 'readonly', durability: 'relaxed' }
/** For what a server has as well, or what is only about space. */
const RELAXED: Access = { stores: DOCUMENT, mode: 'readwrite', durability: 'relaxed' }
/** For what is nowhere else. */
const STRICT: Access = { stores: DOCUMENT, mode: 'readwrite', durability: 'strict' }

/** The records in a database, which they own from now on. */
export const indexedDbRecords = (database: Database): Records => ({
  note: async (proposed) => {
    const noted = await database.transact(NOTING, async (tx) => {
      const meta = tx.objectStore('meta')
      const note = await resultOf<Uint8Array | undefined>(meta.get(NOTE))
      if (note === undefined) meta.put(exact(proposed), NOTE)
      return ok(note ?? proposed)
    })
    if (noted.ok) database.remember(exact(noted.value))
    return noted
  },
  document: async (key, label) => ok(documentIn(database, key, label)),
  labels: () =>
    database.transact(
      { stores: ['documents'], mode: 'readonly', durability: 'relaxed' },
      async (tx) => {
        const rows = await resultOf<DocumentRow[]>(tx.objectStore('documents').getAll())
        return ok(rows.map(({ label }) => label))
      },
    ),
  close: () => database.close(),
})

const documentIn = (database: Database, key: string, label: Uint8Array): DocumentRecords => {
  /** All that begins with the key; an array is greater than all numbers. */
  const all = IDBKeyRange.bound([key], [key, []])
  const rowIn = async (tx: IDBTransaction): Promise<DocumentRow | null> =>
    (await resultOf<DocumentRow | undefined>(tx.objectStore('documents').get(key))) ?? null

  return {
    read: () =>
      database.transact(READ, async (tx) => {
        const [row, log, unsaved] = await Promise.all([
          rowIn(tx),
          resultOf<LogEntry[]>(tx.objectStore('updates').getAll(all)),
          resultOf<UnsavedEntry[]>(tx.objectStore('unsaved').getAll(all)),
        ])
        if (row === null) return ok(NOTHING_KEPT)
        const { life, next, position, size, owners } = row
        return ok({ life, next, position, size, log, unsaved, owners })
      }),

    write: ({ life, owner, log, unsaved, saved, position }) =>
      database.transact(unsaved.length > 0 ? STRICT : RELAXED, async (tx) => {
        const row = await rowIn(tx)
        if (hasEnded(life, { life: row?.life ?? null })) return err(clearedProblem(key))
        const before = row ?? { ...NOTHING_KEPT, life: crypto.randomUUID() }
        const { next: number, life: now } = before
        const entries = tx.objectStore('unsaved')
        for (const at of saved) entries.delete([key, at.number, at.index])
        for (const [index, { at, bytes }] of unsaved.entries()) {
          const entry: UnsavedEntry = {
            key: { number, index },
            at,
            bytes: exact(bytes),
            origin: owner,
          }
          entries.put(entry, [key, number, index])
        }
        if (log !== null) {
          const entry: LogEntry = { ...log, number, bytes: exact(log.bytes) }
          tx.objectStore('updates').put(entry, [key, number])
        }
        const after: DocumentRow = {
          ...before,
          label: exact(label),
          next: log === null ? number : number + 1,
          position: laterOf(before.position, position),
          size: log === null ? before.size : sizeWith(before.size, log),
        }
        tx.objectStore('documents').put(after, key)
        return ok({ life: now, number, position: after.position, size: after.size })
      }),

    adopt: ({ known, ...adoption }) =>
      database.transact<Adopted>(RELAXED, async (tx) => {
        const later = IDBKeyRange.bound([key, known.next], [key, []])
        const [row, late] = await Promise.all([
          rowIn(tx),
          resultOf<UnsavedEntry[]>(tx.objectStore('unsaved').getAll(later)),
        ])
        if (hasEnded(adoption.life, { life: row?.life ?? null })) return err(clearedProblem(key))
        if (row === null) return ok({ life: null, unsaved: [] })
        const all = [...known.unsaved, ...late]
        const { unsaved, owners } = takeOver({ unsaved: all, owners: row.owners }, adoption)
        tx.objectStore('documents').put({ ...row, owners }, key)
        return ok({ life: row.life, unsaved })
      }),

    fold: (life, numbers, bytes) =>
      database.transact(RELAXED, async (tx) => {
        const [first, last] = [numbers[0], numbers.at(-1)]
        if (first === undefined || last === undefined) return ok(null)
        const updates = tx.objectStore('updates')
        const [row, there, rest] = await Promise.all([
          rowIn(tx),
          resultOf(updates.count(IDBKeyRange.bound([key, first], [key, last]))),
          resultOf<LogEntry[]>(updates.getAll(IDBKeyRange.bound([key, last], [key, []], true))),
        ])
        // numbers only increase: there are others between these only if somebody else has folded
        if (row?.life !== life || there !== numbers.length) return ok(null)
        updates.delete(IDBKeyRange.bound([key, first], [key, last]))
        const entry: LogEntry = { number: last, updates: 1, bytes: exact(bytes) }
        updates.put(entry, [key, last])
        const size = sizeFolded(bytes.length, rest)
        tx.objectStore('documents').put({ ...row, size }, key)
        return ok(size)
      }),

    clear: () =>
      database.transact(STRICT, async (tx) => {
        const row = await rowIn(tx)
        tx.objectStore('documents').delete(key)
        tx.objectStore('updates').delete(all)
        tx.objectStore('unsaved').delete(all)
        return ok(row?.life ?? null)
      }),

    close: async () => undefined,
  }
}
