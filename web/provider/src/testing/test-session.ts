import {
  decodePresence,
  encodeChannelNotice,
  readUpdate,
  seq,
  type ChannelNotice,
  type ChannelRequest,
  type KnownPresence,
  type QuireAccess,
  type Update,
} from '@quire/shared'
import type { TestDocument } from './test-document.ts'
import type { TestLine } from './test-network.ts'

/** Who is on a channel, and with which rights. */
export interface SessionOptions {
  readonly line: TestLine
  readonly channel: number
  readonly document: TestDocument
  readonly access: QuireAccess
  readonly user: string | null
}

const PRESENCE = { presenceEntries: 1_000, presenceBytes: 65_536 }

/** A channel of the test server, opened. */
export class TestSession {
  readonly presence = new Map<number, KnownPresence>()
  access: QuireAccess
  readonly line: TestLine
  readonly channel: number
  readonly document: TestDocument
  readonly #user: string | null
  /** Questions that it has not answered. */
  #asked = 0
  /** What it was told last of how far it is; null before it was told everything once. */
  #toldAt: number | null = null
  #hasAll = false
  #marks: { readonly number: number; readonly upTo: number }[] = []
  #isDenied = false
  #sawPresence = false

  constructor({ line, channel, document, access, user }: SessionOptions) {
    this.line = line
    this.channel = channel
    this.document = document
    this.access = access
    this.#user = user
    document.sessions.add(this)
    this.tell({ kind: 'access', access })
    this.tell({ kind: 'opened', epoch: document.epoch, user })
  }

  tell(notice: ChannelNotice): void {
    this.line.answer(encodeChannelNotice(this.channel, notice))
  }

  hear(request: ChannelRequest): void {
    if (!this.document.sessions.has(this)) return
    switch (request.kind) {
      case 'ask':
        return this.#answer(this.document.beyond(request.stateVector), true)
      case 'position':
        return this.#resume(request)
      case 'answer':
        this.#asked = Math.max(0, this.#asked - 1)
        return this.#take(request)
      case 'update':
        return this.#take(request)
      case 'presence':
        return this.#hearPresence(request.presence)
      case 'signal':
        for (const other of this.#others())
          other.tell({ kind: 'signal', user: this.#user, data: request.data })
        return
      case 'open':
      case 'close':
      case 'token':
    }
  }

  /** What it said is on disk, as far as the log is. */
  acknowledge(): void {
    if (this.#isDenied) return
    const due = this.#marks.filter(({ upTo }) => upTo <= this.document.committed)
    this.#marks = this.#marks.filter((mark) => !due.includes(mark))
    const last = due.at(-1)
    if (last !== undefined) this.tell({ kind: 'saved', number: last.number })
  }

  /** [P26] All that was told is in the log, and it has answered what it was asked. */
  tellPosition(): void {
    const { log, committed } = this.document
    const isQuiet = this.#hasAll && this.#asked === 0 && committed === log.length
    if (!isQuiet || this.#toldAt === committed) return
    this.#toldAt = committed
    this.tell({ kind: 'at', seq: seq(committed), writer: this.document.epoch })
  }

  regrant(access: QuireAccess): void {
    this.access = access
    this.tell({ kind: 'access', access })
    if (access !== 'write' || !this.#isDenied) return
    this.#isDenied = false
    this.#ask()
  }

  /** It is over: nobody sees it any more. */
  end(): void {
    this.document.sessions.delete(this)
    const entries = [...this.presence.values()].map(({ client, clock }) => {
      this.document.gone.set(client, clock)
      return { client, clock, state: null, user: null }
    })
    if (entries.length === 0) return
    for (const other of this.document.sessions) other.tell({ kind: 'presence', entries })
  }

  #others(): readonly TestSession[] {
    return [...this.document.sessions].filter((other) => other !== this)
  }

  #ask(): void {
    this.#asked++
    this.tell({ kind: 'ask', stateVector: this.document.stateVector() })
  }

  #answer(update: Update, asks: boolean): void {
    this.tell({ kind: 'answer', update })
    if (asks) this.#ask()
    this.#hasAll = true
  }

  #resume({ epoch, seq: at, writer }: ChannelRequest & { readonly kind: 'position' }): void {
    const { document } = this
    const { oldest, committed } = document
    if (epoch !== document.epoch) return this.#close(4409, 'it is another one')
    if (at < oldest || at > committed || writer !== epoch)
      return this.tell({ kind: 'position-unknown' })
    this.#answer(document.since(at), false)
  }

  #take({ number, update }: { readonly number: number; readonly update: Update }): void {
    const { document } = this
    const contents = readUpdate(update)
    if (!contents.ok) return this.#close(4400, contents.error.message)
    const isNew = document.lacks(contents.value)
    if (isNew && this.access !== 'write') {
      this.#isDenied = true
      return this.tell({ kind: 'denied', reason: 'this login may only read' })
    }
    if (isNew) {
      const waits = document.accept(contents.value)
      for (const other of this.#others())
        other.tell({ kind: 'update', update: update.slice() as Update })
      if (waits && this.#asked === 0) this.#ask()
    }
    this.#marks.push({ number, upTo: document.log.length })
    this.acknowledge()
  }

  #close(code: number, reason: string): void {
    this.tell({ kind: 'closed', code, advice: 'stop', waitMs: 0, reason })
    this.end()
  }

  #hearPresence(bytes: Uint8Array): void {
    const entries = decodePresence(bytes, PRESENCE)
    if (!entries.ok) throw new Error(`the client says presence that does not read`)
    const { gone } = this.document
    const news: KnownPresence[] = []
    for (const { client, clock, state } of entries.value) {
      const entry = { client, clock, state, user: state === null ? null : this.#user }
      const known = Math.max(gone.get(client) ?? -1, this.presence.get(client)?.clock ?? -1)
      // others would not see it come back: it is told that it is gone, and knows better
      if (clock <= known && !this.presence.has(client)) {
        this.tell({
          kind: 'presence',
          entries: [{ client, clock: known, state: null, user: null }],
        })
        continue
      }
      if (state === null) {
        this.presence.delete(client)
        gone.set(client, clock)
      } else this.presence.set(client, entry)
      news.push(entry)
    }
    for (const session of this.document.sessions)
      if (news.length > 0) session.tell({ kind: 'presence', entries: news })
    if (this.#sawPresence) return
    this.#sawPresence = true
    this.tell({ kind: 'presence', entries: this.document.everyone() })
  }
}
