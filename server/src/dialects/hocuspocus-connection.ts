/*
 * The documents of one Hocuspocus socket, as a pure machine: what each frame is for, and how one document
 * ends while the others go on.
 *
 *             a frame of it            we end it for good
 *   unknown ────────────────▶ open ───────────────────────▶ refused
 *      ▲                      │  ▲                             │ anything but a login: dropped
 *      └──────────────────────┘  └─────────────────────────────┘ a login
 *        it says goodbye, or we ask it to come back
 */
import {
  err,
  ok,
  parseDocName,
  utf8Length,
  type DocName,
  type Frame,
  type Result,
} from '@quire/shared'
import {
  endingOf,
  type Connection,
  type Decision as AnyDecision,
  type Farewell,
  type Said,
} from './connection.ts'
import {
  closeFrame,
  deniedFrame,
  readAddress,
  readManners,
  type Addressed,
  type AddressBytes,
} from './hocuspocus.ts'

/** Longest session id behind a document's name, bytes of UTF-8; providers make about 11. */
const SESSION_ID_BYTES = 256

/** Frames that name nobody, after which a socket speaks another protocol. */
const UNADDRESSED_FRAMES = 100

interface Place {
  readonly prefix: AddressBytes
  readonly state: 'open' | 'refused'
}

type Decision = AnyDecision<AddressBytes>

const IGNORE: Decision = { kind: 'ignore' }

/** The documents of one socket; at most `documents` of them. */
export class HocuspocusConnection implements Connection<AddressBytes> {
  readonly #documents: number
  readonly #places = new Map<string, Place>()
  #open = 0
  #unaddressed = 0
  /** Version 4 and later name themselves, and know how one document is closed. */
  #isNamed = false

  constructor(documents: number) {
    this.#documents = documents
  }

  /** Sessions that are open. */
  get open(): number {
    return this.#open
  }

  /** Takes a frame; bytes in the decision are views into it. */
  hear(frame: Uint8Array): Decision {
    // of the socket itself: an empty address has no type behind it, so nothing else has one byte
    if (frame.length === 1) return IGNORE
    const addressed = readAddress(frame)
    if (!addressed.ok) {
      if (++this.#unaddressed <= UNADDRESSED_FRAMES) return IGNORE
      return { kind: 'close', reason: addressed.error.message }
    }
    const { address, prefix, body } = addressed.value
    const manners = readManners(body)
    if (!manners.ok) {
      if (this.#places.get(address)?.state !== 'open') return IGNORE
      return { kind: 'break', address, reason: manners.error.message }
    }
    if (manners.value?.kind === 'bye') return this.#leave(address)
    if (manners.value === null) return this.#tell(addressed.value, { kind: 'message', body })
    const { token, version } = manners.value
    if (version !== null) this.#isNamed = true
    return this.#tell({ address, prefix, body }, { kind: 'login', token })
  }

  /** A session is over, by a row of the close code table. */
  ended(address: string, code: number, reason: string): Farewell {
    const place = this.#places.get(address)
    if (place?.state !== 'open') return { frames: [], closesSocket: false }
    this.#open--
    const { prefix } = place
    const ending = endingOf(code)
    this.#places.delete(address)
    if (ending === 'refused') {
      // what it says from here on is dropped until it logs in again; it may have been let in before
      this.#places.set(address, { prefix, state: 'refused' }) // behind those who were refused before
      const closed = this.#isNamed ? [closeFrame(prefix, reason)] : []
      return { frames: [deniedFrame(prefix, reason), ...closed], closesSocket: false }
    }
    // a provider comes back by itself only if its socket ends, which others may need
    if (ending === 'restart' || this.#open === 0) return { frames: [], closesSocket: true }
    const frame = this.#isNamed ? closeFrame(prefix, reason) : deniedFrame(prefix, reason)
    return { frames: [frame], closesSocket: false }
  }

  /** Its providers know a socket's end by the close frame alone. */
  farewell(): readonly Frame[] {
    return []
  }

  #leave(address: string): Decision {
    const place = this.#places.get(address)
    this.#places.delete(address)
    if (place?.state !== 'open') return IGNORE
    this.#open--
    return { kind: 'leave', address }
  }

  #tell({ address, prefix }: Addressed, said: Said): Decision {
    const place = this.#places.get(address)
    if (place?.state === 'open') return { kind: 'hear', address, said }
    const isLogin = said.kind === 'login'
    if (place !== undefined && !isLogin) return IGNORE
    const document = this.#documentAt(address)
    // who asks to be let in is answered; what it says with that is not
    if (!document.ok)
      return isLogin ? { kind: 'refuse', frame: deniedFrame(prefix, document.error) } : IGNORE
    if (place === undefined) this.#makePlace()
    const own = prefix.slice() as AddressBytes // a copy: the frame is not kept for it
    this.#places.set(address, { prefix: own, state: 'open' })
    this.#open++
    return { kind: 'open', address, prefix: own, document: document.value, said }
  }

  /** The document that an address names, or why it can have no session. */
  #documentAt(address: string): Result<DocName, string> {
    const [name, session] = splitAddress(address)
    const document = parseDocName(name)
    if (!document.ok) return err(document.error.message)
    const bytes = utf8Length(session)
    if (bytes > SESSION_ID_BYTES)
      return err(`session id is ${bytes} bytes of UTF-8, limit ${SESSION_ID_BYTES}`)
    if (this.#open >= this.#documents)
      return err(`${this.#open} documents are open on this connection, limit ${this.#documents}`)
    return ok(document.value)
  }

  /** Forgets who was refused longest ago where too many are remembered. */
  #makePlace(): void {
    if (this.#places.size < 2 * this.#documents) return
    for (const [address, { state }] of this.#places)
      if (state === 'refused') {
        this.#places.delete(address)
        return
      }
  }
}

const splitAddress = (address: string): readonly [string, string] => {
  const at = address.indexOf('\0')
  return at === -1 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)]
}
