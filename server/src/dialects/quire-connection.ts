/* The channels of one quire.v1 socket (PROTOCOL.md §1.10, P22 to P29). */
import {
  assertNever,
  ByteReader,
  closeCodes,
  CONNECTION,
  decodeRequest,
  encodeChannelNotice,
  encodeConnectionNotice,
  err,
  isOpenRequest,
  ok,
  parseDocName,
  QUIRE_REVISION,
  type CloseName,
  type DocName,
  type Ending,
  type Frame,
  type Greeting,
  type PresenceLimits,
  type Result,
} from '@quire/shared'
import {
  endingOf,
  type Connection,
  type Decision as AnyDecision,
  type Farewell,
  type SharedFamily,
} from './connection.ts'
import { quire } from './quire.ts'

type Decision = AnyDecision<number>

/** Why a document is not opened. */
interface Refusal {
  readonly close: CloseName
  readonly reason: string
}

const IGNORE: Decision = { kind: 'ignore' }

/** How long the line is silent at most, milliseconds. */
const BEAT_MS = 10_000

/** How long whoever is told to come back is to stay away, milliseconds: what refused it may pass. */
const PAUSE_MS = 1_000

/** What a server tells its clients. */
export type QuireLimits = Pick<Greeting, 'messageBytes' | 'documents'>

/** When clients are to come back to a server that goes, as it stands at this moment; milliseconds. */
export interface Comeback {
  /** The time within which all of them are to, should it be gone at once. */
  readonly spreadMs: () => number
  /** The pause of one that is told to go now: a random moment within that time. */
  readonly pauseMs: () => number
}

/** quire.v1's clients on one socket. */
export const quireFamily = (
  limits: QuireLimits,
  presence: PresenceLimits,
  comeback: Comeback,
): SharedFamily<number> => ({
  connection: new QuireConnection(limits.documents, comeback),
  dialectOf: (channel) => quire(channel, presence),
  greeting: [
    encodeConnectionNotice({
      kind: 'hello',
      revision: QUIRE_REVISION,
      beatMs: BEAT_MS,
      ...limits,
      spreadMs: comeback.spreadMs(),
    }),
  ],
  beat: { everyMs: BEAT_MS, frame: () => beatFrame(comeback) },
})

const beatFrame = ({ spreadMs }: Comeback): Frame =>
  encodeConnectionNotice({ kind: 'beat', spreadMs: spreadMs() })

/** The channels of one socket; at most `documents` of them are open. */
export class QuireConnection implements Connection<number> {
  readonly #documents: number
  readonly #comeback: Comeback
  readonly #open = new Set<number>()
  /** P23: the highest number that anything was opened on; what was said of one may still be on its way. */
  #highest = CONNECTION
  #isGreeted = false

  constructor(documents: number, comeback: Comeback) {
    this.#documents = documents
    this.#comeback = comeback
  }

  get open(): number {
    return this.#open.size
  }

  hear(frame: Uint8Array): Decision {
    const reader = new ByteReader(frame)
    const channel = reader.varUint('channel')
    if (reader.problem !== null) return { kind: 'close', reason: reader.problem.message }
    const isOpen = this.#open.has(channel)
    const address = String(channel)
    const request = decodeRequest(frame)
    if (!request.ok) {
      const reason = request.error.message
      if (channel === CONNECTION) return { kind: 'close', reason }
      if (isOpen) return { kind: 'break', address, reason }
      return isOpenRequest(frame) ? this.#refuse(channel, { close: 'badFrame', reason }) : IGNORE
    }
    const { message } = request.value
    switch (message.kind) {
      case 'ping':
        return { kind: 'reply', frame: beatFrame(this.#comeback) }
      case 'hello': {
        if (this.#isGreeted) return IGNORE
        this.#isGreeted = true
        const { agent, revision } = message
        return { kind: 'named', agent, revision: Math.min(revision, QUIRE_REVISION) }
      }
      case 'open':
        if (isOpen) return { kind: 'close', reason: `channel ${channel} is open, and opened again` }
        if (!this.#isGreeted) return { kind: 'close', reason: `channel ${channel} before a hello` }
        return this.#openChannel(channel, message)
      case 'close':
        return this.#open.delete(channel) ? { kind: 'leave', address } : IGNORE
      case 'token':
        return isOpen
          ? { kind: 'hear', address, said: { kind: 'login', token: message.token } }
          : IGNORE
      case 'ask':
      case 'answer':
      case 'update':
      case 'presence':
      case 'signal':
      case 'position':
      case 'unknown': // its room counts it
        return isOpen ? { kind: 'hear', address, said: { kind: 'message', body: frame } } : IGNORE
      default:
        return assertNever(message)
    }
  }

  ended(address: string, code: number, reason: string): Farewell {
    const channel = Number(address)
    if (!this.#open.delete(channel)) return { frames: [], closesSocket: false }
    const ending = this.#endingFor(code, reason)
    if (endingOf(code) !== 'restart')
      return {
        frames: [encodeChannelNotice(channel, { kind: 'closed', ...ending })],
        closesSocket: false,
      }
    return { frames: this.farewell(code, reason), closesSocket: true }
  }

  farewell(code: number, reason: string): readonly Frame[] {
    return [encodeConnectionNotice({ kind: 'farewell', ...this.#endingFor(code, reason) })]
  }

  #refuse(channel: number, { close, reason }: Refusal): Decision {
    this.#highest = Math.max(this.#highest, channel)
    const ending = this.#endingFor(closeCodes[close].code, reason)
    return { kind: 'refuse', frame: encodeChannelNotice(channel, { kind: 'closed', ...ending }) }
  }

  #openChannel(
    channel: number,
    { document: raw, token }: { readonly document: string; readonly token: string | null },
  ): Decision {
    if (channel <= this.#highest) {
      const reason = `channel ${channel} is opened behind channel ${this.#highest}: numbers are not used again`
      return this.#refuse(channel, { close: 'badFrame', reason })
    }
    const document = this.#documentOf(raw)
    if (!document.ok) return this.#refuse(channel, document.error)
    this.#highest = channel
    this.#open.add(channel)
    return {
      kind: 'open',
      address: String(channel),
      prefix: channel,
      document: document.value,
      said: { kind: 'login', token },
    }
  }

  #documentOf(raw: string): Result<DocName, Refusal> {
    const document = parseDocName(raw)
    if (!document.ok) return err({ close: 'badName', reason: document.error.message })
    if (this.#open.size < this.#documents) return ok(document.value)
    const reason = `${this.#open.size} documents are open on this connection, limit ${this.#documents}`
    return err({ close: 'tryAgainLater', reason })
  }

  #endingFor(code: number, reason: string): Ending {
    const ending = endingOf(code)
    switch (ending) {
      case 'refused':
        return { code, advice: 'stop', waitMs: 0, reason }
      case 'retry':
        return { code, advice: 'retry', waitMs: PAUSE_MS, reason }
      case 'restart':
        return { code, advice: 'retry', waitMs: this.#comeback.pauseMs(), reason }
      default:
        return assertNever(ending)
    }
  }
}
