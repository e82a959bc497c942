/*
 * What is kept of documents on this device, and how several tabs share it. Whatever keeps it (IndexedDB in
 * browsers, files in Node) is held to the rules of the contract suite beside this file.
 */
import type { Result, Seq, Update } from '@quire/shared'

/** Where in a document's log a client is: what it says to a server that it was on before. */
export interface Position {
  /** Changes when a document is deleted, restored or re-imported under the same name. */
  readonly epoch: number
  /** The client has everything up to here. */
  readonly seq: Seq
}

/** Something that was changed here, and is not known to be on the server's disk. */
export interface Unsaved {
  /** Names it to the opened document that told it, and to no other; increasing. */
  readonly key: number
  readonly update: Update
  /** When it was changed, milliseconds since the Unix epoch. */
  readonly at: number
}

/**
 * Why something could not be kept. `quota`: there is no space; `unavailable`: there is no store at all, as
 * in some private windows; `newer`: a newer version of this code has written it; `broken`: what is there does
 * not read; `cleared`: another tab, or the user, has forgotten the document meanwhile, so that what was
 * changed here has no ground to stand on; `io`: anything else. With all of them the document works on, and is
 * kept by nobody here. `quota`, `unavailable` and `io` are tried again; the others end only with another open.
 */
export interface StoreProblem {
  readonly kind: 'quota' | 'unavailable' | 'newer' | 'broken' | 'cleared' | 'io'
  /** For people: what failed, where, with the platform's own words. */
  readonly message: string
}

/** What is kept of a document when it is opened. */
export interface Kept {
  /** All of it, to be applied in order; `unsaved` is inside. */
  readonly updates: readonly Update[]
  /** What nobody who is alive is about to send: of this tab's last life, or of tabs that are gone. */
  readonly unsaved: readonly Unsaved[]
  readonly position: Position | null
}

/** What the owner of an open document is told; never before `open` has resolved. */
export interface KeptListener {
  /** Another opener knows of which epoch the document is; what it tells after that is of this epoch. */
  belongs(epoch: number): void
  /** Another tab has changed the document, or heard of a change: to be applied, and not to be kept again. */
  changed(update: Update): void
  /** What was changed here is on this device, up to this key. */
  kept(key: number): void
  /** A tab has gone, and left this unsaved: it is this one's to send now. `changed` has told it before. */
  inherited(unsaved: readonly Unsaved[]): void
  /** Keeping does not work, or works again (null). */
  problem(problem: StoreProblem | null): void
}

const ignore = (): void => undefined

/** For whoever opens a document only to write to it, or to look: hears nothing. */
export const unheard: KeptListener = {
  belongs: ignore,
  changed: ignore,
  kept: ignore,
  inherited: ignore,
  problem: ignore,
}

/**
 * A document that is open in a store. Nothing throws; what fails is told as a problem. Bytes that are given
 * are kept as they are, and may be written to by nobody from then on.
 */
export interface KeptDocument {
  readonly kept: Kept
  /** Keeps a change that was made here; returns its key at once. Other tabs are told. */
  changedHere(update: Update): number
  /**
   * Keeps a change that came from the server. Other tabs are told. One that changed nothing, because
   * `changed` had told it before, need not be given.
   */
  changedThere(update: Update): void
  /** These are on the server's disk. */
  saved(keys: readonly number[]): void
  /** Everything up to here has been given to `changedThere` or `changedHere` before, or told by `changed`. */
  moved(position: Position): void
  /** Resolves once all that was given so far is kept, or with why it is not. */
  flush(): Promise<Result<void, StoreProblem>>
  /** Forgets everything about this document; it is empty afterwards, and open still. */
  clear(): Promise<Result<void, StoreProblem>>
  /** Keeps what it can, and gives the document back. Safe to call twice. */
  close(): Promise<void>
}

/** Documents on this device. */
export interface OfflineStore {
  /** Opens a document, with what is kept of it. */
  open(document: string, listener: KeptListener): Promise<Result<KeptDocument, StoreProblem>>
  /** The names of all documents of which something is kept. */
  documents(): Promise<Result<readonly string[], StoreProblem>>
  /** Closes what is open, and gives the store back. Safe to call twice. */
  close(): Promise<void>
}
