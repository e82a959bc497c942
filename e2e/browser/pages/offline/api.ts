import type { OfflineStore, ProviderState } from '@quire/provider'

/** What the owner of the page's document has, by the labels in it. */
export interface Seen {
  /** Kept and heard. */
  readonly labels: readonly string[]
  /** To be sent by this page: found when it opened the document, or inherited since. */
  readonly unsaved: readonly string[]
  /** Kinds of the problems told so far, `works` for none. */
  readonly problems: readonly string[]
}

/** What tests ask of the page. */
export interface OfflineApi {
  /** Titles of the rules that every offline store keeps. */
  readonly rules: readonly string[]
  /** Runs a rule, with frames as tabs. Rejects if it is broken. */
  run(rule: string): Promise<void>
  /** Encrypts with a key made of these words what is opened from now on. */
  unlock(words: string): Promise<void>
  /** The store of this name. */
  store(name: string): OfflineStore
  /** Opens a document as the page's own. Resolves with the problem, or null. */
  open(store: string, document: string): Promise<string | null>
  /** Changes the page's document; returns the key. */
  change(label: string): number
  /** Resolves with the problem, or null. */
  flush(): Promise<string | null>
  saved(keys: readonly number[]): void
  seen(): Seen
  /** Keeps an update of base64 as the server's, and as many edits of a text as unsaved. */
  fill(update: string, edits: number): Promise<void>
  /** Opens a document and loads it; resolves with milliseconds, and what it found. */
  time(store: string, document: string): Promise<Timing>
  /** Connects a document that is kept on this device, with `window.token` if there is one; resolves, with milliseconds, once what is kept is in it. */
  connect(url: string, document: string): Promise<number>
  /** Makes as many edits in the connected document; resolves once all of them are on this device. */
  edit(edits: number): Promise<void>
  /** The machine is back in its network; resolves, with milliseconds, once the server has all on its disk. */
  comeBack(): Promise<number>
  /** What is true of the connected document, and how long its text is. */
  connected(): { readonly state: ProviderState; readonly characters: number }
}

/** How long it took to open a document from the device, milliseconds. */
export interface Timing {
  /** Until the store had opened it. */
  readonly openMs: number
  /** Until a Y.Doc had all of it. */
  readonly loadedMs: number
  readonly updates: number
  readonly unsaved: number
  readonly characters: number
}

declare global {
  interface Window {
    readonly offline: OfflineApi
    /** What a test exposes to sign in with. */
    readonly token?: () => Promise<string>
  }
}
