/*
 * Answers to state vectors that are being made, read by their clients, or kept for a moment for the next
 * who asks the same: a thousand joiners of one document cost one answer. An entry lives
 *
 *   admitted ── made ──▶ kept for 2 s after its last use ──▶ dropped
 *                 └ used by each session that still reads it ┘
 *
 * and its bytes count from its admission to its end, so that slow readers of many large documents are
 * bounded together: whoever finds no place waits, in order.
 */
import type { Result } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Answer } from '../ports/content.ts'
import type { Undo } from '../ports/undo.ts'
import type { Gate } from './gate.ts'

/** How long an answer nobody reads is kept: those who come back at once come within this. */
const KEPT_MS = 2_000

/** What became of an answer. */
export type Answered = Result<Answer, { readonly message: string }>

/** How to make an answer. */
export interface Making {
  /** Bytes of the answer's updates at most, as far as that is known. */
  readonly bytes: number
  /** False if nobody waits for it any more. */
  readonly isWanted: () => boolean
  /** What it waits at for its turn, once there is place for it; null if it only puts others together. */
  readonly gate: Gate | null
  /** Makes it; null if `isStillWanted` has turned false before the work began. */
  make(isStillWanted: () => boolean): Promise<Answered | null>
}

interface Waiting {
  readonly entry: Entry
  readonly admit: (isWanted: boolean) => void
}

/** Answers up to this part of the limit, by default 1 MiB, … */
const SMALL = 1 / 256
/** … find place up to this many times the limit: a slow reader of a large one keeps nobody waiting. */
const SMALL_SHARE = 1.25

const isWanted = ({ wanted }: Entry): boolean => wanted.some((isOneWaiting) => isOneWaiting())

interface Entry {
  readonly key: string
  bytes: number
  /** Of those who wait for it; of nobody once it is made. */
  wanted: (() => boolean)[]
  users: number
  isMade: boolean
  /** Whether its bytes are among those that are held. */
  isCounted: boolean
  undoKeep: Undo | null
  /** Lets the part go, or all of it, that another entry holds. */
  undoParts: Undo | null
  readonly made: Promise<Answered | null>
}

/** What an answer takes: its updates, and the same once more as they are laid out for the wire. */
const answerBytes = ({ first, last }: Answer): number =>
  2 * first.reduce((bytes, update) => bytes + update.length, last.length)

/** The answers of one server. */
export class AnswerPool {
  readonly #clock: Clock
  readonly #limitBytes: number
  readonly #entries = new Map<string, Entry>()
  readonly #ofAnswer = new WeakMap<Answer, Entry>()
  /** The part of a composed answer that another entry holds. */
  readonly #partOf = new WeakMap<Answer, Answer>()
  #waiting: Waiting[] = []
  #heldBytes = 0

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock
    this.#limitBytes = limitBytes
  }

  /** Bytes of all answers that are being made, read or kept. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * The answer under this key; made if it is not there. The same key is the same answer. Null if by its
   * turn nobody waits for it: it is not kept, and who asks next has it made.
   */
  answer(key: string, making: Making): Promise<Answered | null> {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      if (!known.isMade) known.wanted.push(making.isWanted)
      else if (known.users === 0) this.#keep(known)
      return known.made
    }
    const made = Promise.withResolvers<Answered | null>()
    const entry: Entry = {
      key,
      bytes: 2 * making.bytes,
      wanted: [making.isWanted],
      users: 0,
      isMade: false,
      isCounted: false,
      undoKeep: null,
      undoParts: null,
      made: made.promise,
    }
    this.#entries.set(key, entry)
    void this.#make(entry, making).then(made.resolve, made.reject)
    return made.promise
  }

  /** The same, or null at once if it would have to wait for its place. */
  answerAtOnce(key: string, making: Making): Promise<Answered | null> | null {
    const isThere = this.#entries.has(key) || this.#fits(2 * making.bytes, this.#waiting.length > 0)
    return isThere ? this.answer(key, making) : null
  }

  /** An answer of which `front` is the first part: it keeps that part as long as it is kept itself. */
  compose(front: Answer, rest: Answer): Answer {
    const composed = { first: [...front.first, front.last, ...rest.first], last: rest.last }
    this.#partOf.set(composed, front)
    return composed
  }

  /** An answer is being read; to be undone when it has been. */
  use(answer: Answer): Undo {
    const entry = this.#ofAnswer.get(answer)
    if (entry === undefined) return () => undefined
    this.#take(entry)
    let isUsed = true
    return () => {
      if (isUsed) this.#release(entry)
      isUsed = false
    }
  }

  async #make(entry: Entry, { gate, make }: Making): Promise<Answered | null> {
    const isAdmitted = await this.#admitted(entry)
    if (!isAdmitted) return null
    try {
      const isStillWanted = (): boolean => isWanted(entry)
      const attempt = async (): Promise<Answered | null> =>
        isStillWanted() ? make(isStillWanted) : null
      let answered: Answered | null = null
      while (answered === null) {
        answered = await (gate === null ? attempt() : gate.run(attempt))
        // somebody may have asked since it was found that nobody waits
        if (answered === null && !isStillWanted()) return this.#drop(entry, null)
      }
      if (!answered.ok) return this.#drop(entry, answered)
      const { value } = answered
      const part = this.#isHeld(value) ? value : this.#partOf.get(value)
      if (part !== value) this.#ofAnswer.set(value, entry)
      if (part !== undefined) entry.undoParts = this.use(part)
      this.#weigh(entry, answerBytes(value) - (part === undefined ? 0 : answerBytes(part)))
      entry.isMade = true
      entry.wanted = []
      this.#keep(entry)
      return answered
    } catch (error) {
      this.#drop(entry, null)
      throw error
    }
  }

  /** True if the bytes of all of it count under a key already. */
  #isHeld(answer: Answer): boolean {
    const entry = this.#ofAnswer.get(answer)
    return entry !== undefined && this.#entries.get(entry.key) === entry
  }

  /** True once there is place; false, and it is forgotten, if nobody waits for it by then. */
  #admitted(entry: Entry): Promise<boolean> {
    return new Promise((admit) => {
      this.#waiting.push({ entry, admit })
      this.#admit()
    })
  }

  /** In their order; but small ones do not wait behind a large one, nor for what slow readers hold. */
  #admit(): void {
    let isFull = false
    const still: Waiting[] = []
    for (const waiting of this.#waiting.splice(0)) {
      const { entry, admit } = waiting
      if (!isWanted(entry)) {
        this.#entries.delete(entry.key)
        admit(false)
      } else if (this.#fits(entry.bytes, isFull)) {
        this.#heldBytes += entry.bytes
        entry.isCounted = true
        admit(true)
      } else {
        isFull = true
        still.push(waiting)
      }
    }
    this.#waiting = still.concat(this.#waiting)
  }

  /** Whether there is place; one larger than the limit must be possible, alone. */
  #fits(bytes: number, isFull: boolean): boolean {
    const isSmall = bytes <= this.#limitBytes * SMALL
    if (isSmall && this.#heldBytes + bytes <= this.#limitBytes * SMALL_SHARE) return true
    const fits = (): boolean =>
      !isFull && (this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#limitBytes)
    for (const entry of this.#entries.values()) {
      if (fits()) return true
      if (entry.isMade && entry.users === 0) this.#forget(entry)
    }
    return fits()
  }

  #weigh(entry: Entry, bytes: number): void {
    if (entry.isCounted) this.#heldBytes += bytes - entry.bytes
    entry.bytes = bytes
    this.#admit()
  }

  #take(entry: Entry): void {
    entry.users++
    entry.undoKeep?.()
    entry.undoKeep = null
  }

  #release(entry: Entry): void {
    entry.users--
    if (entry.users === 0) this.#keep(entry)
  }

  #keep(entry: Entry): void {
    entry.undoKeep?.()
    entry.undoKeep = this.#clock.after(KEPT_MS, () => {
      this.#forget(entry)
      this.#admit()
    })
  }

  #drop<T>(entry: Entry, outcome: T): T {
    this.#forget(entry)
    this.#admit()
    return outcome
  }

  #forget(entry: Entry): void {
    entry.undoKeep?.()
    entry.undoKeep = null
    if (this.#entries.get(entry.key) !== entry) return
    this.#entries.delete(entry.key)
    entry.undoParts?.()
    this.#heldBytes -= entry.bytes
  }
}
