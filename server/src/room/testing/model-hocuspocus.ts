/*
 * A client as npm @hocuspocus/provider is one, of versions 2 to 4: HocuspocusProvider.ts counts what is not
 * saved, HocuspocusProviderWebsocket.ts keeps what is said while there is no connection. It says all of that
 * when it hears the first message of the next one, whatever it has said on it before.
 */
import type { UpdateContents } from '@quire/shared'
import type { Access } from '../../ports/auth.ts'
import type { ClientMessage, Receipt, ServerMessage } from '../message.ts'
import { ModelClient } from './model-client.ts'

/** True if a message tells it that something is saved that it counts; other receipts are not on the wire. */
export const holdsStatus = (message: ServerMessage): boolean =>
  message.kind === 'ack' && message.receipts.some(isCounted)

const isCounted = (receipt: Receipt): boolean => 'isCounted' in receipt && receipt.isCounted

/** Versions 2 and 3 relay presence, 3 and 4 never count below zero. */
export type ProviderVersion = 2 | 3 | 4

/** One Hocuspocus provider. */
export class HocuspocusClient extends ModelClient {
  override readonly asking = 'in-return'
  protected override readonly relaysPresence: boolean
  readonly #version: ProviderVersion
  #queue: ClientMessage[] = []
  #unsynced = 0
  #hasHeard = false
  #hasAnswered = false
  #isSynced = false
  /** The server has answered it since its connection opened. */
  #isAnswered = false
  /** A status was on its way as it asked anew: its count is off by that. */
  #isAstray = false
  /** Something that it waits for will not be acknowledged. */
  #mayWaitInVain = false

  constructor(id: number, access: Access, version: ProviderVersion) {
    super(id, access)
    this.#version = version
    this.relaysPresence = version < 4
  }

  /** `unsyncedChanges`. */
  get unsynced(): number {
    return this.#unsynced
  }

  /** It takes its document for what the server has; a page may fill it now if it is empty. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** R17: it does so for an answer, and not for what it has counted. */
  get isSyncedRight(): boolean {
    return !this.#isSynced || this.#isAnswered || this.#isAstray
  }

  override get showsSaved(): boolean {
    return this.#unsynced <= 0 && !this.#isAstray
  }

  override get isContent(): boolean {
    return this.#unsynced === 0 || this.#mayWaitInVain || this.#isAstray
  }

  /** R5: it has been told of no more than it had counted. */
  get countsRight(): boolean {
    return this.#unsynced >= 0 || this.#isAstray
  }

  /** A status that was sent before the server heard of the last question is read after it. */
  countAstray(): void {
    this.#isAstray = true
  }

  override disconnect(): void {
    const others = [...this.present().keys()].filter((client) => client !== this.id)
    super.disconnect()
    this.#hasHeard = false
    this.#hasAnswered = false
    this.#isSynced = this.#isAnswered = false
    if (this.relaysPresence) this.tell(others)
  }

  /** `resetUnsyncedChanges`, in `startSync` and in `forceSync`. */
  protected override ask(): void {
    this.#unsynced = 1
    this.#isAstray = false
    this.#mayWaitInVain = false
    super.ask()
  }

  override receive(message: ServerMessage): void {
    if (message.kind === 'ack' && !holdsStatus(message)) return
    if (!this.#hasHeard) this.#flush()
    if (message.kind === 'denied') this.#mayWaitInVain = true
    if (message.kind === 'sync-step-2') this.#isSynced = this.#isAnswered = true
    if (message.kind === 'ack')
      for (const receipt of message.receipts) if (isCounted(receipt)) this.#countDown()
    super.receive(message)
  }

  /** `incrementUnsyncedChanges`. Of deletes before its answer the server cannot tell (counting.ts). */
  protected override changed(contents: UpdateContents): void {
    this.#unsynced++
    if (this.hasStarted && !this.#hasAnswered && contents.structs.isEmpty)
      this.#mayWaitInVain = true
    super.changed(contents)
  }

  protected override say(message: ClientMessage): void {
    if (!this.isConnected) return this.#keep(message)
    if (message.kind === 'sync-step-2') {
      this.#hasAnswered = true
      this.promised.push(message.contents.update)
    }
    super.say(message)
  }

  /** `decrementUnsyncedChanges`. */
  #countDown(): void {
    if (this.#unsynced > 0 || this.#version === 2) this.#unsynced--
    if (this.#unsynced === 0) this.#isSynced = true
  }

  /** `addToQueue`. */
  #keep(message: ClientMessage): void {
    if (this.#version === 4 && message.kind === 'presence')
      this.#queue = this.#queue.filter(({ kind }) => kind !== 'presence')
    this.#queue.push(message)
  }

  /**
   * `resolveConnectionAttempt`. A question of before that comes ahead of the one that opens the session would
   * take a second document on the socket, a token that is slow to come, and `forceSync` while there was no
   * connection: that is left out.
   */
  #flush(): void {
    if (!this.hasStarted && this.#queue.some(({ kind }) => kind === 'sync-step-1')) return
    this.#hasHeard = true
    for (const message of this.#queue.splice(0)) this.say(message)
  }
}
