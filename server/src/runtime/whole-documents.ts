/*
 * Documents in one update, as requests want them. A room answers in pieces, as it answers everybody; they are
 * merged, not integrated: what a request holds is what a joiner is sent, and it never stands before a fold.
 * The merged one is kept like other answers (answer-pool.ts): whoever asks for the same version of an open
 * document within 2 s is given the same bytes.
 *
 *     room ─▶ pieces, shared by all who ask ─▶ merged, in the thread of the answers, once for the same pieces
 */
import { err, ok, type Result, type Update } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Content } from '../ports/content.ts'
import type { Observe } from '../ports/observe.ts'
import type { Undo } from '../ports/undo.ts'
import { AnswerPool, type Answered } from './answer-pool.ts'
import { readDocument, type DirectRequest, type DocumentRead } from './direct.ts'
import type { NoRoom } from './documents.ts'
import { FairGate } from './fair-gate.ts'

/** Documents put together at a time: each is in memory three times, and the thread that does it is one. */
const WHOLE_AT_ONCE = 2

const NOBODY_WAITS: NoRoom = { close: 'tryAgainLater', reason: 'nobody waits' }

/** What documents are put together with. */
export interface WholePorts {
  readonly content: Content
  readonly clock: Clock
  readonly observe: Observe
  /** Bytes of all documents that are put together, or not read yet. */
  readonly limitBytes: number
}

/** A document in one update, which counts as held until `read`. */
export interface WholeDocument extends Pick<DocumentRead, 'position'> {
  readonly update: Update
  readonly read: Undo
}

/** Puts documents together for those who ask for them. */
export class WholeDocuments {
  readonly #ports: WholePorts
  readonly #gate = new FairGate(WHOLE_AT_ONCE)
  readonly #pool: AnswerPool
  readonly #names = new WeakMap<ArrayBufferLike, number>()
  #nextName = 1

  constructor(ports: WholePorts) {
    this.#ports = ports
    // it counts what it keeps twice, as laid out for sockets, too
    this.#pool = new AnswerPool(ports.clock, 2 * ports.limitBytes)
  }

  /** A document as everybody sees it. Nothing of it is read if by its turn nobody waits for it. */
  read(request: DirectRequest, isWanted: () => boolean): Promise<Result<WholeDocument, NoRoom>> {
    return this.#gate.run(request.client.addressGroup, async () => {
      if (!isWanted()) return err(NOBODY_WAITS)
      const pieces = await readDocument(request)
      return pieces.ok ? this.#together(request, pieces.value, isWanted) : pieces
    })
  }

  async #together(
    { document }: DirectRequest,
    { updates: pieces, position }: DocumentRead,
    isWanted: () => boolean,
  ): Promise<Result<WholeDocument, NoRoom>> {
    const { content, observe, limitBytes } = this.#ports
    const make = async (): Promise<Answered> => {
      const merged = await content.merge(pieces)
      return merged.ok ? ok({ first: [], last: merged.value }) : merged
    }
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
    const making = { bytes, isWanted, gate: null, make }
    const asked = this.#pool.answerAtOnce(this.#keyOf(pieces), making)
    if (asked === null) {
      const held = this.#pool.heldBytes / 2
      const reason = `answers hold ${held} bytes, limit ${limitBytes}`
      return err({ close: 'tryAgainLater', reason })
    }
    const answered = await asked
    if (answered === null) return err(NOBODY_WAITS)
    if (answered.ok) {
      const read = this.#pool.use(answered.value)
      return ok({ update: answered.value.last, position, read })
    }
    const problem = answered.error.message
    observe.event({ kind: 'answer-failed', document, problem })
    return err({ close: 'internalError', reason: 'the document could not be put together' })
  }

  /** Names the pieces by where they are in memory: nobody changes them, and those of one version are shared. */
  #keyOf(pieces: readonly Update[]): string {
    return pieces
      .map(({ buffer, byteOffset, length }) => `${this.#nameOf(buffer)}:${byteOffset}+${length}`)
      .join(' ')
  }

  #nameOf(buffer: ArrayBufferLike): number {
    const known = this.#names.get(buffer)
    if (known !== undefined) return known
    this.#names.set(buffer, this.#nextName)
    return this.#nextName++
  }
}
