/*
 * Real edits as Yjs updates, made before anything is measured. Everybody types into a copy of the same
 * text, each a stretch of a recorded session, without seeing the others; so the updates of all are
 * concurrent, and each only builds on the text and on its author's own ones.
 */
import { fileURLToPath } from 'node:url'
import {
  applyUpdate,
  decodeStateVector,
  Doc,
  encodeStateAsUpdate,
  encodeStateVector,
  encodeStateVectorFromUpdate,
} from 'yjs'
import { between, randomFrom } from '../../harness/random.ts'
import { TEXT } from '../../harness/stock-client.ts'
import { readTrace, type Transaction } from '../../replay/trace.ts'

/** A document as it is before a scenario begins. */
export interface Base {
  readonly update: Uint8Array
  readonly stateVector: Uint8Array
}

/** One person's edits. Each brings at least one new tick, by which it is known again. */
export interface Typist {
  readonly client: number
  readonly updates: readonly Uint8Array[]
  /** Clock after each update. */
  readonly ends: readonly number[]
}

/** The empty document. */
export const EMPTY: Base = { update: Uint8Array.of(0, 0), stateVector: Uint8Array.of(0) }

/** The transactions of a recording in e2e/traces. */
export const transactionsOf = async (name: string): Promise<readonly Transaction[]> => {
  const file = fileURLToPath(new URL(`../../traces/${name}.json.gz`, import.meta.url))
  const trace = await readTrace(file)
  if (!trace.ok) throw new Error(trace.error)
  return trace.value.transactions
}

/** What somebody has typed. */
export const baseOf = (transactions: readonly Transaction[], client = 1): Base => {
  const update = joined(updatesOf(transactions, client))
  return { update, stateVector: encodeStateVectorFromUpdate(update) }
}

/** The updates of one person who types all of this; `perUpdate` transactions make one. */
export const updatesOf = (
  transactions: readonly Transaction[],
  client: number,
  perUpdate = 1,
): readonly Uint8Array[] => {
  const doc = new Doc()
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let i = 0; i < transactions.length; i += perUpdate)
    doc.transact(() => {
      for (const transaction of transactions.slice(i, i + perUpdate)) type(doc, transaction)
    })
  doc.destroy()
  return updates
}

/** All updates as one. */
export const joined = (updates: readonly Uint8Array[]): Uint8Array => {
  const doc = merged(updates)
  const update = encodeStateAsUpdate(doc)
  doc.destroy()
  return update
}

/** The text that all updates together make. */
export const textOf = (updates: readonly Uint8Array[]): string => {
  const doc = merged(updates)
  const text = doc.getText(TEXT).toJSON()
  doc.destroy()
  return text
}

/** How far all updates together go, per client. */
export const clocksOf = (updates: readonly Uint8Array[]): ReadonlyMap<number, number> => {
  const doc = merged(updates)
  const clocks = decodeStateVector(encodeStateVector(doc))
  doc.destroy()
  return clocks
}

/** People who go on typing where they stopped when more is asked of them. */
export class Typists {
  readonly #base: Base
  readonly #session: readonly Transaction[]
  readonly #people: Person[] = []
  readonly #seed: number

  /** They type stretches of `session` into `base`. */
  constructor(base: Base, session: readonly Transaction[], seed: number) {
    this.#base = base
    this.#session = session
    this.#seed = seed
  }

  /** The first `people` of them, with the first `updates` updates of each. */
  take(people: number, updates: number): readonly Typist[] {
    while (this.#people.length < people) {
      const i = this.#people.length
      const random = randomFrom(this.#seed + i)
      // ids of five bytes like Yjs' own, but small integers to JavaScript
      const client = between(random, 2 ** 28, 2 ** 30 - 1)
      const from = between(random, 0, this.#session.length - 1)
      this.#people.push(new Person(client, this.#base, { session: this.#session, from }))
    }
    return this.#people.slice(0, people).map((person) => person.take(updates))
  }
}

class Person {
  readonly #doc = new Doc()
  readonly #session: readonly Transaction[]
  readonly #updates: Uint8Array[] = []
  readonly #ends: number[] = []
  #at: number
  #update: Uint8Array | null = null

  constructor(
    client: number,
    base: Base,
    { session, from }: { readonly session: readonly Transaction[]; readonly from: number },
  ) {
    this.#doc.clientID = client
    applyUpdate(this.#doc, base.update)
    this.#doc.on('update', (update: Uint8Array) => (this.#update = update))
    this.#session = session
    this.#at = from
  }

  take(updates: number): Typist {
    while (this.#updates.length < updates) this.#write()
    return {
      client: this.#doc.clientID,
      updates: this.#updates.slice(0, updates),
      ends: this.#ends.slice(0, updates),
    }
  }

  /** One update, of as many transactions as it takes until something is inserted. */
  #write(): void {
    const { store, clientID } = this.#doc
    const before = this.#ends.at(-1) ?? 0
    this.#doc.transact(() => {
      for (let tries = 0; clockOf(store, clientID) === before; tries++) {
        const transaction = this.#session[this.#at++ % this.#session.length]
        if (transaction === undefined || tries > this.#session.length)
          throw new Error('the session inserts nothing')
        type(this.#doc, transaction)
      }
    })
    if (this.#update === null) throw new Error('a transaction that inserts made no update')
    this.#updates.push(this.#update)
    this.#ends.push(clockOf(store, clientID))
  }
}

const clockOf = (store: Doc['store'], client: number): number => {
  const last = store.clients.get(client)?.at(-1)
  return last === undefined ? 0 : last.id.clock + last.length
}

/** Types a transaction; where the text is shorter than the recorded one, at its end. */
const type = (doc: Doc, { patches }: Transaction): void => {
  const text = doc.getText(TEXT)
  for (const [position, deleted, inserted] of patches) {
    const at = Math.min(position, text.length)
    const gone = Math.min(deleted, text.length - at)
    if (gone > 0) text.delete(at, gone)
    if (inserted !== '') text.insert(at, inserted)
  }
}

const merged = (updates: readonly Uint8Array[]): Doc => {
  const doc = new Doc()
  doc.transact(() => {
    for (const update of updates) applyUpdate(doc, update)
  })
  return doc
}
