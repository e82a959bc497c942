/*
 * A client as npm y-websocket 3 with y-protocols 1 is one: a document, the presence it believes in, and
 * what it says on its connection. Time is an argument; otherwise nothing is simplified: it relays what
 * it hears of others, and it forgets no clock when it loses its connection. The other families are built
 * on it (model-hocuspocus.ts, model-y-sweet.ts).
 */
import {
  clientId,
  readUpdate,
  type ClientId,
  type PresenceEntry,
  type StateVector,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import * as Y from 'yjs'
import type { Access } from '../../ports/auth.ts'
import type { ClientMessage, ServerMessage } from '../message.ts'
import type { Asking } from '../phase.ts'

/** y-protocols awareness.js: a client renews its own state, and drops that of others, after this long. */
const RENEW_MS = 15_000
const OUTDATED_MS = 30_000

/** One edit of a text; positions are made to fit. */
export interface TextEdit {
  readonly at: number
  /** What is written there; where it is empty, `cut` characters are deleted. */
  readonly text: string
  readonly cut: number
}

/** Takes what a client says. */
export type Speak = (message: ClientMessage) => void

interface Believed {
  readonly clock: number
  readonly state: string | null
  readonly updatedAt: number
}

const REMOTE = 'remote'

/** Edits the text of a document. */
export const editText = (doc: Y.Doc, { at, text, cut }: TextEdit): void => {
  const content = doc.getText('text')
  const position = at % (content.length + 1)
  if (text !== '') return content.insert(position, text)
  content.delete(position, Math.min(cut, content.length - position))
}

/** One client of one document. */
export class ModelClient {
  /** What its login grants. */
  access: Access
  readonly id: ClientId
  readonly doc = new Y.Doc()
  readonly asking: Asking = 'on-join'
  /** What is on disk whenever it shows "saved": its own changes first of all. */
  readonly promised: Update[] = []
  protected readonly relaysPresence: boolean = true
  #hasStarted = false
  readonly #presence = new Map<ClientId, Believed>()
  #speak: Speak | null = null
  #now = 0

  constructor(id: number, access: Access) {
    this.id = clientId(id)
    this.access = access
    this.doc.clientID = id
    this.#presence.set(this.id, { clock: 0, state: null, updatedAt: 0 })
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === REMOTE) return
      const contents = contentsOf(update)
      this.promised.push(contents.update)
      this.changed(contents)
    })
  }

  /** Whether its user is shown that everything is saved; y-websocket shows nothing. */
  get showsSaved(): boolean | null {
    return null
  }

  /** It shows what it ought to show at rest, of what it may write. */
  get isContent(): boolean {
    return true
  }

  get isConnected(): boolean {
    return this.#speak !== null
  }

  /** It has asked since its connection opened. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /** Everyone whom this client takes for present, itself included. */
  present(): ReadonlyMap<ClientId, string> {
    const present = new Map<ClientId, string>()
    for (const [client, { state }] of this.#presence) if (state !== null) present.set(client, state)
    return present
  }

  /** The clocks that it has heard of, of those who are gone, too. */
  clocks(): ReadonlyMap<ClientId, number> {
    return new Map([...this.#presence].map(([client, { clock }]) => [client, clock]))
  }

  /** Has a connection, and says nothing yet. */
  open(speak: Speak): void {
    this.#speak = speak
  }

  /** Opens a connection: asks for what it lacks, and says its presence if it has one. */
  connect(speak: Speak): void {
    this.open(speak)
    this.start()
  }

  /** Says what it says first on a connection. */
  start(): void {
    this.#hasStarted = true
    this.ask()
    const own = this.#presence.get(this.id)
    if (own !== undefined && own.state !== null) this.tell([this.id])
  }

  /** Loses its connection, and with it the presence of all others, but not their clocks. */
  disconnect(): void {
    this.#speak = null
    this.#hasStarted = false
    for (const [client, believed] of this.#presence)
      if (client !== this.id) this.#presence.set(client, { ...believed, state: null })
  }

  /** Asks for what it lacks. */
  protected ask(): void {
    const stateVector = Y.encodeStateVector(this.doc) as StateVector // made by Yjs
    this.say({ kind: 'sync-step-1', stateVector })
  }

  /** What it does now and then to be sure that it has everything, or that all of it is saved. */
  askAgain(): void {
    this.ask()
  }

  protected say(message: ClientMessage): void {
    this.#speak?.(message)
  }

  /** It has changed something itself. */
  protected changed(contents: UpdateContents): void {
    this.say({ kind: 'update', contents })
  }

  edit(edit: TextEdit): void {
    editText(this.doc, edit)
  }

  /** Sets its own presence; null is "gone". */
  show(state: string | null): void {
    const clock = (this.#presence.get(this.id)?.clock ?? 0) + 1
    this.#presence.set(this.id, { clock, state, updatedAt: this.#now })
    this.tell([this.id])
  }

  /** Renews its own presence and drops that of whoever has not been heard of for long. */
  tick(now: number): void {
    this.#now = now
    const outdated: ClientId[] = []
    for (const [client, { clock, state, updatedAt }] of this.#presence) {
      if (state === null) continue
      if (client === this.id) {
        if (now - updatedAt >= RENEW_MS) this.show(state)
      } else if (now - updatedAt >= OUTDATED_MS) {
        this.#presence.set(client, { clock, state: null, updatedAt })
        outdated.push(client)
      }
    }
    this.tell(outdated)
  }

  receive(message: ServerMessage): void {
    switch (message.kind) {
      case 'sync-step-1': {
        const contents = contentsOf(Y.encodeStateAsUpdate(this.doc, message.stateVector))
        return this.say({ kind: 'sync-step-2', contents })
      }
      case 'sync-step-2':
      case 'update':
        return Y.applyUpdate(this.doc, message.update, REMOTE)
      case 'presence':
        return this.#hear(message.entries)
      case 'query-presence':
        return this.tell([...this.present().keys()])
      case 'ack':
      case 'denied':
      case 'granted':
      case 'query-token':
      case 'stateless':
      case 'keep-alive':
      case 'opened':
      case 'at':
      case 'position-unknown':
      case 'signal':
      case 'disk':
      case 'written':
      case 'changed':
      case 'head':
    }
  }

  /** awareness.js, applyAwarenessUpdate, and the relay of y-websocket's update handler. */
  #hear(entries: readonly PresenceEntry[]): void {
    const changed: ClientId[] = []
    for (const { client, clock, state } of entries) {
      const known = this.#presence.get(client)
      const knownClock = known?.clock ?? 0
      const isGoing = knownClock === clock && state === null && (known?.state ?? null) !== null
      if (clock <= knownClock && !isGoing) continue
      const isOwn = client === this.id && known !== undefined && known.state !== null
      this.#presence.set(
        client,
        state === null && isOwn
          ? { clock: clock + 1, state: known.state, updatedAt: this.#now } // it is still here
          : { clock, state, updatedAt: this.#now },
      )
      if (known !== undefined || state !== null) changed.push(client)
    }
    if (this.relaysPresence) this.tell(changed)
  }

  protected tell(clients: readonly ClientId[]): void {
    if (clients.length === 0) return
    const entries = clients.map((client) => {
      const { clock, state } = this.#presence.get(client) ?? { clock: 0, state: null }
      return { client, clock, state }
    })
    this.say({ kind: 'presence', entries })
  }
}

const contentsOf = (update: Uint8Array) => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(`Yjs wrote what does not read: ${contents.error.message}`)
  return contents.value
}
