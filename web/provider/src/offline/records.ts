/*
 * What a device has to do for the documents kept on it: a port below OfflineStore, so that what several tabs
 * need to agree on is written once for all devices. Each operation is one transaction: it is done whole or
 * not at all, and two of them, of whichever tab, are done one after the other.
 *
 *   the store    note                                what the store is: plain, or encrypted with which key
 *   a document   label · life · next · position      next: the number that the log gives out next
 *   its log      number → updates                    in order; from time to time one entry takes over from many
 *   its unsaved  (number, index) → update, at        each of them is in the log, too
 *   its owners   origin → owner                      who is to send what an opener that is gone has written
 *
 * A *life* begins with the first thing that is kept and ends with `clear`. Who writes says which life it means:
 * what was changed in one has no ground in the next.
 */
import type { Result } from '@quire/shared'
import type { Position, StoreProblem } from './store.ts'

/** Some updates of a document, as one (`packUpdates`), perhaps encrypted. */
export interface LogEntry {
  /** 1, 2, 3, …, never given out twice in a life. */
  readonly number: number
  readonly bytes: Uint8Array
  /** How many updates these are. */
  readonly updates: number
}

/** Names an unsaved update in its document: the log entry it came with, and its index among the unsaved of it. */
export interface UnsavedKey {
  readonly number: number
  readonly index: number
}

/** An unsaved update. */
export interface UnsavedEntry {
  readonly key: UnsavedKey
  readonly at: number
  readonly bytes: Uint8Array
  /** The opener that has written it. */
  readonly origin: string
}

/** How large a document's log is: what decides when it is folded. */
export interface LogSize {
  /** Of what the last fold has made, bytes. */
  readonly foldedBytes: number
  /** Updates in all other entries. */
  readonly tailUpdates: number
  /** Bytes of all other entries, and of whatever else a fold makes go. */
  readonly tailBytes: number
}

/** All that is kept of a document. */
export interface Contents {
  /** Null while nothing is kept. */
  readonly life: string | null
  readonly next: number
  readonly position: Position | null
  readonly size: LogSize
  /** In order. */
  readonly log: readonly LogEntry[]
  /** In the order in which they were written. */
  readonly unsaved: readonly UnsavedEntry[]
  /** By origin, the openers that are to send them, where these are others. */
  readonly owners: ReadonlyMap<string, string>
}

/** What is to be kept at once. */
export interface Batch {
  /** The life that the writer knows, or null where it knows of none: then it begins one, or joins what it finds. */
  readonly life: string | null
  /** The opener that writes. */
  readonly owner: string
  /** Packed updates, and their number; null if there are none. */
  readonly log: { readonly bytes: Uint8Array; readonly updates: number } | null
  /** Those of them that are unsaved. With any, the batch must be on the disk before this resolves. */
  readonly unsaved: readonly { readonly at: number; readonly bytes: Uint8Array }[]
  /** No longer unsaved; those that are not there are passed over. */
  readonly saved: readonly UnsavedKey[]
  /** Kept by `laterOf`. */
  readonly position: Position | null
}

/** What a batch has come to. */
export interface Written {
  readonly life: string
  /** Of the log entry, or of the one that would have come next. */
  readonly number: number
  readonly position: Position | null
  readonly size: LogSize
}

/** Who takes over from whom. */
export interface Adoption {
  /** The life that the one who takes over knows, or null where it knows of none. */
  readonly life: string | null
  readonly owner: string
  readonly gone: readonly string[]
  /** What `read` has told before, so that it need not be read again; `NOTHING_KEPT` if nothing was read. */
  readonly known: Pick<Contents, 'unsaved' | 'next'>
}

/** What was taken over, in order. */
export interface Adopted {
  /** Null if nothing is kept at all. */
  readonly life: string | null
  readonly unsaved: readonly UnsavedEntry[]
}

/** A document of a device. */
export interface DocumentRecords {
  read(): Promise<Result<Contents, StoreProblem>>
  /** Appends. `cleared` if the writer's life has ended. */
  write(batch: Batch): Promise<Result<Written, StoreProblem>>
  /** Makes one opener the owner of all that is unsaved of others. `cleared` if its life has ended. */
  adopt(adoption: Adoption): Promise<Result<Adopted, StoreProblem>>
  /**
   * Puts one entry in the place of those with these numbers, under the last of them. Resolves with the size
   * afterwards, or null if nothing was done because one of them is not there any more.
   */
  fold(
    life: string,
    numbers: readonly number[],
    bytes: Uint8Array,
  ): Promise<Result<LogSize | null, StoreProblem>>
  /** Ends the life with all that is kept; resolves with the life that has ended, or null if there was none. */
  clear(): Promise<Result<string | null, StoreProblem>>
  /** Gives it back. No operation is under way. */
  close(): Promise<void>
}

/** The documents of a device. */
export interface Records {
  /** Keeps `proposed` as the note of the store if it has none. Resolves with the note that it has. */
  note(proposed: Uint8Array): Promise<Result<Uint8Array, StoreProblem>>
  /** A document by its key; `label` is kept with it from its first batch on. */
  document(key: string, label: Uint8Array): Promise<Result<DocumentRecords, StoreProblem>>
  /** The labels of all documents of which something is kept. */
  labels(): Promise<Result<readonly Uint8Array[], StoreProblem>>
  /** Gives the device back. All documents are closed. */
  close(): Promise<void>
}

/** What is read where nothing is kept. */
export const NOTHING_KEPT: Contents = {
  life: null,
  next: 1,
  position: null,
  size: { foldedBytes: 0, tailUpdates: 0, tailBytes: 0 },
  log: [],
  unsaved: [],
  owners: new Map(),
}

/** The opener that is to send what another has written. */
export const ownerOf = ({ owners }: Pick<Contents, 'owners'>, origin: string): string =>
  owners.get(origin) ?? origin

/** Lets one opener be the owner of all those unsaved that were of others. */
export const takeOver = (
  { unsaved, owners }: Pick<Contents, 'unsaved' | 'owners'>,
  { owner, gone }: Pick<Adoption, 'owner' | 'gone'>,
): Pick<Contents, 'unsaved' | 'owners'> => {
  const next = new Map<string, string>() // of those who have left something still
  for (const { origin } of unsaved) {
    const before = ownerOf({ owners }, origin)
    next.set(origin, gone.includes(before) ? owner : before)
  }
  const isTaken = (origin: string): boolean => gone.includes(ownerOf({ owners }, origin))
  return { unsaved: unsaved.filter(({ origin }) => isTaken(origin)), owners: next }
}

/** The position to keep: within an epoch it never goes back; one of another epoch takes over. */
export const laterOf = (kept: Position | null, given: Position | null): Position | null => {
  if (given === null || kept === null) return given ?? kept
  return kept.epoch === given.epoch && kept.seq > given.seq ? kept : given
}

/** The size with one more entry. */
export const sizeWith = (size: LogSize, entry: Pick<LogEntry, 'bytes' | 'updates'>): LogSize => ({
  foldedBytes: size.foldedBytes,
  tailUpdates: size.tailUpdates + entry.updates,
  tailBytes: size.tailBytes + entry.bytes.length,
})

/** The size once an entry of so many bytes has taken over from all but these. */
export const sizeFolded = (foldedBytes: number, rest: readonly LogEntry[]): LogSize =>
  rest.reduce(sizeWith, { ...NOTHING_KEPT.size, foldedBytes })

/** Says that the writer's life has ended. */
export const clearedProblem = (document: string): StoreProblem => ({
  kind: 'cleared',
  message: `what was kept of ${document} on this device has been cleared meanwhile`,
})
