/*
 * A client as npm @y-sweet/client 0.9 is one (provider.ts): it counts its changes, sets that number as a mark
 * behind each of them and behind its question, and shows "saved" while the last mark that it has back is
 * that number. It counts on over reconnects.
 */
import type { Mark, UpdateContents } from '@quire/shared'
import type { ServerMessage } from '../message.ts'
import { ModelClient } from './model-client.ts'
import { check } from './model-shell.ts'

/** One y-sweet provider. */
export class YSweetClient extends ModelClient {
  override readonly asking = 'twice'
  #localVersion = 0
  #ackedVersion = -1

  get localVersion(): number {
    return this.#localVersion
  }

  get ackedVersion(): number {
    return this.#ackedVersion
  }

  override get showsSaved(): boolean {
    return this.#ackedVersion === this.#localVersion
  }

  override get isContent(): boolean {
    return this.showsSaved
  }

  override receive(message: ServerMessage): void {
    if (message.kind === 'ack')
      for (const receipt of message.receipts)
        if (receipt.kind === 'mark')
          this.#ackedVersion = Math.max(this.#ackedVersion, receipt.mark[0] ?? -1)
    super.receive(message)
  }

  /** Its heartbeat. */
  override askAgain(): void {
    this.#setMark()
  }

  protected override ask(): void {
    super.ask()
    this.#setMark()
  }

  protected override changed(contents: UpdateContents): void {
    super.changed(contents)
    this.#localVersion++
    this.#setMark()
  }

  #setMark(): void {
    check(this.#localVersion < 256, 'a version of one byte')
    this.say({ kind: 'mark', mark: Uint8Array.of(this.#localVersion) as Mark }) // any bytes are one
  }
}
