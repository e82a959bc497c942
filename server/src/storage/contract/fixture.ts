import { type DocId, type DocName, millis, parseDocName, type Result, seq } from '@quire/shared'
import type { DeleteSet, StateVector, Update, UpdateIndex } from '@quire/shared'
import { expect, onTestFinished } from 'vitest'
import type { Appended, Snapshot, Storage } from '../../ports/storage.ts'

/** One storage for one test. */
export interface StorageUnderTest {
  readonly storage: Storage
  /** Closes the newest instance and opens another over the same documents. */
  reopen(): Promise<Storage>
  /** Closes the newest instance and removes everything. */
  dispose(): Promise<void>
}

/** Makes a fresh, empty storage. */
export type MakeStorage = () => Promise<StorageUnderTest>

/** Makes a storage that is disposed when the running test ends. */
export const storageForTest = async (make: MakeStorage): Promise<StorageUnderTest> => {
  const underTest = await make()
  onTestFinished(() => underTest.dispose())
  return underTest
}

/** A name that the test knows to be one. */
export const nameOf = (raw: string): DocName => unwrap(parseDocName(raw))

/** The value of a success; fails the test on a problem. */
export const unwrap = <T, E>(result: Result<T, E>): T => {
  if (!result.ok) throw new Error(`expected success, got ${JSON.stringify(result.error)}`)
  return result.value
}

/** The kind of a problem; fails the test on a success. */
export const kindOf = (result: Result<unknown, { readonly kind: string }>): string => {
  if (result.ok) throw new Error(`expected a problem, got ${JSON.stringify(result.value)}`)
  return result.error.kind
}

// Storage never looks inside, so the suite may brand any bytes it likes.
/** An update of these bytes. */
export const updateOf = (...bytes: number[]): Update => Uint8Array.from(bytes) as Update
/** An update that holds `text`. */
export const textUpdate = (text: string): Update => new TextEncoder().encode(text) as Update
/** The text of a `textUpdate`. */
export const textOf = (update: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(update)

/** A snapshot whose parts tell themselves apart. */
export const snapshotOf = (through: number, text: string): Snapshot => ({
  through: seq(through),
  bytes: textUpdate(text),
  stateVector: new TextEncoder().encode(`sv ${text}`) as StateVector,
  deleteSet: new TextEncoder().encode(`ds ${text}`) as DeleteSet,
  index: new TextEncoder().encode(`index ${text}`) as UpdateIndex,
})

/** A time; the suite has no use for its value. */
export const noon = millis(1_750_000_000_000)

/** Opens `raw` and returns its id. */
export const openId = async (storage: Storage, raw = 'notes'): Promise<DocId> =>
  unwrap(await storage.open(nameOf(raw))).id

/** Appends one entry of text updates and returns where they landed. */
export const appendTexts = async (
  storage: Storage,
  doc: DocId,
  ...texts: string[]
): Promise<Appended> => {
  const landed = unwrap(await storage.append([{ doc, updates: texts.map(textUpdate) }], noon))
  expect(landed).toHaveLength(1)
  return landed[0] as Appended // length 1, checked above
}

/** The document's quarantine, its bytes as text. */
export const quarantineIn = async (storage: Storage, doc: DocId) =>
  unwrap(await storage.quarantined(doc)).map(({ seq: number, at, problem, bytes }) => ({
    seq: number,
    at,
    problem,
    text: textOf(bytes),
  }))

/** The document's content as text: the snapshot's, or null, then the tail's. */
export const textsIn = async (
  storage: Storage,
  doc: DocId,
): Promise<{ head: number; snapshot: string | null; tail: string[] }> => {
  const { head, snapshot, tail } = unwrap(await storage.read(doc))
  return { head, snapshot: snapshot && textOf(snapshot), tail: tail.map(textOf) }
}

/** The storage, and then the one that opens the same store after it. */
export async function* bothLives(
  storage: Storage,
  reopen: StorageUnderTest['reopen'],
): AsyncGenerator<Storage, void> {
  yield storage
  yield await reopen()
}
