import {
  CONNECTION,
  decodeRequest,
  encodeChannelNotice,
  encodeConnectionNotice,
  QUIRE_REVISION,
  type ChannelNotice,
  type ChannelRequest,
  type ConnectionNotice,
  type ConnectionRequest,
  type Ending,
  type Greeting,
  type QuireAccess,
} from '@quire/shared'
import { TestDocument } from './test-document.ts'
import type { FarEnd, TestLine } from './test-network.ts'
import { TestSession } from './test-session.ts'

/** What a login gives, or how it is refused. */
export type Grant =
  | { readonly access: QuireAccess; readonly user: string | null }
  | { readonly refused: Ending }

/**
 * A server of quire.v1, which says what PROTOCOL.md asks it to, and commits when it is told to. Everything that
 * a client says has to read: whatever does not throws.
 */
export class TestServer implements FarEnd {
  readonly greeting: Greeting = {
    revision: QUIRE_REVISION,
    beatMs: 10_000,
    messageBytes: 1_000_000,
    documents: 100,
    spreadMs: 0,
  }
  readonly documents = new Map<string, TestDocument>()
  /** Lines that are there, with their channels. */
  readonly lines = new Map<TestLine, Map<number, TestSession>>()
  /** The size of each message of a client, and what it was. */
  readonly heardOf: {
    readonly bytes: number
    readonly message: ChannelRequest | ConnectionRequest
  }[] = []
  authorize: (token: string | null) => Grant = () => ({ access: 'write', user: null })

  constructor(greeting: Partial<Greeting> = {}) {
    Object.assign(this.greeting, greeting)
  }

  document(name: string): TestDocument {
    const known = this.documents.get(name) ?? new TestDocument(7)
    this.documents.set(name, known)
    return known
  }

  connected(line: TestLine): void {
    this.lines.set(line, new Map())
    line.answer(encodeConnectionNotice({ kind: 'hello', ...this.greeting }))
  }

  heard(line: TestLine, frame: Uint8Array): void {
    const request = decodeRequest(frame)
    if (!request.ok) throw new Error(`a client says what does not read: ${request.error.message}`)
    const { channel, message } = request.value
    if (message.kind === 'unknown') throw new Error(`a client says what is unknown`)
    this.heardOf.push({ bytes: frame.length, message })
    if (channel !== CONNECTION) this.#hear(line, channel, message as ChannelRequest)
    else if (message.kind === 'ping')
      line.answer(encodeConnectionNotice({ kind: 'beat', spreadMs: this.greeting.spreadMs }))
  }

  gone(line: TestLine): void {
    const sessions = [...(this.lines.get(line)?.values() ?? [])]
    this.lines.delete(line)
    for (const session of sessions) session.end()
  }

  /** Says something of the connection to everybody. */
  tellAll(notice: ConnectionNotice): void {
    for (const line of this.lines.keys()) line.answer(encodeConnectionNotice(notice))
  }

  /** The sessions of a document, or of all. */
  sessions(name?: string): readonly TestSession[] {
    const all = [...this.lines.values()].flatMap((channels) => Array.from(channels.values()))
    return all.filter(({ document }) => name === undefined || document === this.document(name))
  }

  /** Says something to everybody in a document. */
  tell(name: string, notice: ChannelNotice): void {
    for (const session of this.sessions(name)) session.tell(notice)
  }

  /** Ends the channels of a document. */
  close(name: string, ending: Ending): void {
    for (const session of this.sessions(name)) {
      session.tell({ kind: 'closed', ...ending })
      this.#end(session)
    }
  }

  /** Writes what waits to disk, and says so. */
  commit(): void {
    for (const document of this.documents.values()) document.committed = document.log.length
    for (const session of this.sessions()) session.acknowledge()
  }

  /** Tells who is quiet how far it is. */
  tellPositions(): void {
    for (const session of this.sessions()) session.tellPosition()
  }

  /** Forgets positions before now. */
  fold(): void {
    for (const document of this.documents.values()) document.oldest = document.committed
  }

  /** It dies, and what was not on disk with it. The lines are the network's to cut. */
  crash(): void {
    this.lines.clear()
    for (const document of this.documents.values()) document.crash()
  }

  /** Another document takes the name. */
  replace(name: string): void {
    this.close(name, { code: 4409, advice: 'stop', waitMs: 0, reason: 'replaced' })
    this.document(name).replace()
  }

  #hear(line: TestLine, channel: number, message: ChannelRequest): void {
    const channels = this.lines.get(line)
    if (channels === undefined) return
    const session = channels.get(channel)
    if (message.kind !== 'open') {
      if (message.kind === 'close' && session !== undefined) this.#end(session)
      else session?.hear(message)
      return
    }
    if (session !== undefined) throw new Error(`channel ${channel} is opened twice`)
    const document = this.document(message.document)
    const grant = this.authorize(message.token)
    if ('refused' in grant)
      return line.answer(encodeChannelNotice(channel, { kind: 'closed', ...grant.refused }))
    channels.set(channel, new TestSession({ line, channel, document, ...grant }))
  }

  #end(session: TestSession): void {
    this.lines.get(session.line)?.delete(session.channel)
    session.end()
  }
}
