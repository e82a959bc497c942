/*
 * One database of IndexedDB, opened when it is first needed and again whenever the browser has closed it:
 *
 *   meta        'note'                    → the note of the store
 *   documents   key                       → DocumentRow
 *   updates     [key, number]             → LogEntry
 *   unsaved     [key, number, index]      → UnsavedEntry
 *
 * It gives way to whoever wants to upgrade or delete it.
 */
import { err, ok, type Result } from '@quire/shared'
import type { OfflineClock } from '../clock.ts'
import type { StoreProblem } from '../store.ts'
import { problemOf } from './problem.ts'

/** The object stores. */
export type StoreName = 'meta' | 'documents' | 'updates' | 'unsaved'

/** A transaction, and how soon it must be on the disk. */
export interface Access {
  readonly stores: readonly StoreName[]
  readonly mode: 'readonly' | 'readwrite'
  /** `strict`: before it is done. `relaxed`: with the operating system, which a crash of the browser survives. */
  readonly durability: 'strict' | 'relaxed'
}

/** Where in `meta` the note of the store is. */
export const NOTE = 'note'

const VERSION = 1
const STORES: readonly StoreName[] = ['meta', 'documents', 'updates', 'unsaved']

/** How long opening may wait for others who hold an older version open, or are deleting it, milliseconds. */
const OPENING_MS = 10_000

/**
 * Time for a transaction to end by itself once the browser has closed its connection, milliseconds. Chromium ends
 * none that was begun while data of the site were being cleared.
 */
const ENDING_MS = 500

/** A database, and the one connection of this tab to it. */
export class Database {
  readonly #name: string
  readonly #clock: OfflineClock
  #connection: Promise<Result<IDBDatabase, StoreProblem>> | null = null
  #note: Uint8Array | null = null

  constructor(name: string, clock: OfflineClock) {
    this.#name = name
    this.#clock = clock
  }

  /**
   * Runs one transaction. What `act` resolves with is the answer once all is committed; it may await nothing
   * but requests. Where `act` throws, or resolves with an error, nothing is changed. It is called a second time where
   * the browser closes the database under it.
   */
  async transact<T>(
    access: Access,
    act: (transaction: IDBTransaction) => Promise<Result<T, StoreProblem>>,
  ): Promise<Result<T, StoreProblem>> {
    const first = await this.#once(access, act)
    // were the first one committed after all, its updates would stand there twice, which Yjs takes for once
    const done = first === null ? await this.#once(access, act) : first
    return done ?? err({ kind: 'unavailable', message: `${this.#doing('use')}: it was closed` })
  }

  /** Null where the connection was closed under the transaction, and nobody is told of its end. */
  async #once<T>(
    access: Access,
    act: (transaction: IDBTransaction) => Promise<Result<T, StoreProblem>>,
  ): Promise<Result<T, StoreProblem> | null> {
    const begun = await this.#begin(access)
    if (!begun.ok) return begun
    const transaction = begun.value
    const closed = Promise.withResolvers<null>()
    let undo = (): void => undefined
    const onClose = (): void => {
      undo = this.#clock.after(ENDING_MS, () => closed.resolve(null))
    }
    transaction.db.addEventListener('close', onClose)
    try {
      return await Promise.race([this.#run(transaction, act), closed.promise])
    } finally {
      transaction.db.removeEventListener('close', onClose)
      undo()
    }
  }

  async #run<T>(
    transaction: IDBTransaction,
    act: (transaction: IDBTransaction) => Promise<Result<T, StoreProblem>>,
  ): Promise<Result<T, StoreProblem>> {
    const ended = endOf(transaction)
    let answer: Result<T, StoreProblem>
    try {
      answer = await act(transaction)
      if (answer.ok) transaction.commit()
      else transaction.abort()
    } catch (thrown) {
      abortIfLive(transaction)
      await ended
      // the transaction knows better why a request of it failed
      return err(problemOf(transaction.error ?? thrown, this.#doing('use')))
    }
    const failure = await ended
    return !answer.ok || failure === null
      ? answer
      : err(problemOf(failure, this.#doing('write to')))
  }

  /**
   * Puts this note into the database whenever it is made anew. The browser may delete it under an open page, and
   * what the page keeps from then on must be found by those who know the store by its note.
   */
  remember(note: Uint8Array): void {
    this.#note = note
  }

  /** Closes the connection; it is opened again if it is needed. */
  async close(): Promise<void> {
    const connection = await this.#connection
    this.#connection = null
    if (connection?.ok) connection.value.close()
  }

  async #begin({
    stores,
    mode,
    durability,
  }: Access): Promise<Result<IDBTransaction, StoreProblem>> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#connect()
      if (!connection.ok) return connection
      try {
        return ok(connection.value.transaction([...stores], mode, { durability }))
      } catch (error) {
        // the browser closes connections without a word, of pages in the background above all
        await this.close()
        if (attempt > 1) return err(problemOf(error, this.#doing('use')))
      }
    }
  }

  async #connect(): Promise<Result<IDBDatabase, StoreProblem>> {
    this.#connection ??= this.#open()
    const attempt = this.#connection
    const connection = await attempt
    if (!connection.ok && this.#connection === attempt) this.#connection = null
    return connection
  }

  #open(attempt = 1): Promise<Result<IDBDatabase, StoreProblem>> {
    return new Promise((resolve) => {
      const fail = (error: unknown): void => resolve(err(problemOf(error, this.#doing('open'))))
      let request: IDBOpenDBRequest
      try {
        if (typeof indexedDB === 'undefined' || indexedDB === null)
          return resolve(err(NO_INDEXEDDB))
        request = indexedDB.open(this.#name, VERSION)
      } catch (error) {
        return fail(error) // where cookies are blocked, for example
      }
      let isLate = false
      const undo = this.#clock.after(OPENING_MS, () => {
        isLate = true
        const message = `${this.#doing('open')}: another tab has held it for ${OPENING_MS} ms`
        resolve(err({ kind: 'unavailable', message }))
      })
      request.addEventListener('upgradeneeded', () => {
        for (const store of STORES) request.result.createObjectStore(store)
        if (this.#note !== null) request.transaction?.objectStore('meta').put(this.#note, NOTE)
      })
      request.addEventListener('error', () => {
        undo()
        // an opening is aborted as well where data of the site are being cleared: the next one finds them gone
        if (request.error?.name === 'AbortError' && attempt === 1 && !isLate)
          return resolve(this.#open(attempt + 1))
        fail(request.error)
      })
      request.addEventListener('success', () => {
        undo()
        const connection = request.result
        if (isLate) return connection.close()
        const forget = (): void => {
          this.#connection = null
        }
        connection.addEventListener('close', forget)
        connection.addEventListener('versionchange', () => {
          forget()
          connection.close()
        })
        resolve(ok(connection))
      })
    })
  }

  #doing(what: string): string {
    return `cannot ${what} the database ${this.#name} of this browser`
  }
}

const NO_INDEXEDDB: StoreProblem = {
  kind: 'unavailable',
  message: 'this browser keeps nothing for this page: it has no IndexedDB here',
}

/** Why a transaction was aborted; null once it is committed. */
const endOf = (transaction: IDBTransaction): Promise<Error | null> =>
  new Promise((resolve) => {
    transaction.addEventListener('complete', () => resolve(null))
    transaction.addEventListener('abort', () =>
      resolve(transaction.error ?? new Error('the transaction was aborted')),
    )
  })

const abortIfLive = (transaction: IDBTransaction): void => {
  try {
    transaction.abort()
  } catch {
    // it has ended by itself
  }
}

/** The result of a request. */
export const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('a request failed')))
  })
