/* One connection of a client: a session of a room, and what is on its way in both directions. */
import type { SessionId, Update } from '@quire/shared'
import type { Access } from '../../ports/auth.ts'
import type { ClientMessage, ServerMessage } from '../message.ts'
import type { ModelClient } from './model-client.ts'
import { QuireClient } from './model-quire.ts'
import { HocuspocusClient, holdsStatus } from './model-hocuspocus.ts'
import { check, type ModelShell } from './model-shell.ts'

/** What is on its way to a client. */
interface Sent {
  readonly message: ServerMessage | 'close'
  /** How many questions of the client the server had heard when it sent this. */
  readonly heard: number
}

/** A line keeps its order, and its messages hold the room to what it owes their session. */
export class Line {
  readonly session: SessionId
  readonly client: ModelClient
  readonly shell: ModelShell
  /** What the room was told that the session may do. */
  access: Access
  /** Who it was told that the session is. */
  user: string | null
  isClosed = false
  /** The server does not read it. */
  isUnread = false
  readonly up: ClientMessage[] = []
  readonly #down: Sent[] = []
  /** Updates that the server has heard and not acknowledged, in order. */
  readonly #unacknowledged: Update[] = []
  /** How many of them were answered with "denied". */
  #denied = 0
  /** Questions of the client that it has said, and that the server has heard. */
  #asked = 0
  #heard = 0

  constructor(
    session: SessionId,
    { client, user }: { readonly client: ModelClient; readonly user: string | null },
    shell: ModelShell,
  ) {
    this.session = session
    this.client = client
    this.user = user
    this.shell = shell
    this.access = client.access
  }

  /** Messages in both directions. */
  get underWay(): number {
    return this.up.length + this.#down.length
  }

  get waitsDown(): number {
    return this.#down.length
  }

  /** The client says something. */
  say(message: ClientMessage): void {
    if (message.kind === 'sync-step-1') this.#asked++
    this.up.push(message)
  }

  /** The server hears something. R15, R16: of who may not write, nothing that it did not know. */
  hear(message: ClientMessage, now: number): void {
    if (message.kind === 'update' || message.kind === 'sync-step-2')
      this.#unacknowledged.push(message.contents.update)
    if (message.kind === 'sync-step-1') this.#heard++
    const { session, shell, access } = this
    const before = versionOf(shell)
    shell.take({ kind: 'message', session, message, bytes: 30 }, now)
    const isChanged = before !== null && (versionOf(shell) ?? before) !== before
    check(access === 'write' || !isChanged, 'R15: a reader changes nothing')
  }

  /** The server says something; where the client is not there any more, it gets nowhere. */
  tell(message: ServerMessage | 'close', isCurrent: boolean): void {
    if (message !== 'close' && message.kind === 'denied') this.#denied++
    if (message !== 'close' && message.kind === 'ack')
      for (const receipt of message.receipts)
        if (receipt.kind !== 'mark') this.#acknowledge(receipt.update)
    if (isCurrent) this.#down.push({ message, heard: this.#heard })
  }

  /** The client gets the next message, or its end; false if there is none. */
  deliver(): boolean {
    const sent = this.#down.shift()
    if (sent === undefined) return false
    const { client } = this
    const { message, heard } = sent
    if (message === 'close') {
      client.disconnect()
      return true
    }
    // a status from before its newest question, but its first (counting.ts)
    const isAstray = holdsStatus(message) && heard > 0 && heard < this.#asked
    if (isAstray && client instanceof HocuspocusClient) client.countAstray()
    client.receive(message)
    if (message.kind === 'at' && client instanceof QuireClient) {
      for (const update of this.shell.logUpTo(message.seq))
        check(client.has(update), 'P26: told everything up to its position')
      const isIn = !client.showsSaved || this.shell.stores(client.state)
      check(isIn, 'P26: what it was told is in the log')
    }
    if (client instanceof HocuspocusClient) {
      check(client.countsRight, 'R5: no more statuses than were counted')
      check(client.isSyncedRight, 'R17: synced by an answer')
    }
    return true
  }

  /** What is on its way to the client is lost. */
  cut(): void {
    this.#down.length = 0
  }

  /** Every update that the server has heard is acknowledged. */
  checkAcknowledged(): void {
    const { length } = this.#unacknowledged
    check(length === this.#denied, 'R5: everything heard is acknowledged or denied')
  }

  /** R5: in the order in which the session sent them, none twice; those denied are passed over. */
  #acknowledge(update: Update): void {
    const at = this.#unacknowledged.indexOf(update)
    check(at >= 0 && at <= this.#denied, 'R5: acknowledged in the order in which it was sent')
    this.#denied -= at
    this.#unacknowledged.splice(0, at + 1)
  }
}

const versionOf = ({ room: { phase } }: ModelShell): number | null =>
  phase.kind === 'live' || phase.kind === 'closing' ? phase.document.frontier.version : null
