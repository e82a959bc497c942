/*
 * What a document holds, read in a format and changed, by requests and by the program that embeds the server. A
 * change is made of the document as it is read, off the event loop, and goes through its room like anybody's: it
 * merges with what others have written meanwhile, or is refused where nothing may have changed.
 */
import { err, ok, readUpdate, type Result, type Update } from '@quire/shared'
import type { Change, Content, ContentProblem } from '../ports/content.ts'
import type { Undo } from '../ports/undo.ts'
import type { Position } from '../room/message.ts'
import { writeDocument, type DirectRequest } from './direct.ts'
import type { NoRoom } from './documents.ts'
import { FairGate } from './fair-gate.ts'
import type { WholeDocuments } from './whole-documents.ts'

/** Why content was not read or changed. */
export type ContentsTrouble =
  | ({ readonly kind: 'room' } & NoRoom)
  /** It is not, or no more, at the position that was expected. */
  | { readonly kind: 'changed'; readonly position: Position }
  | { readonly kind: 'content'; readonly problem: ContentProblem }

/** Where a change left a document. */
export interface Written {
  readonly position: Position
  /** False where it was like that already; an update that is merged always counts as a change. */
  readonly changed: boolean
}

/** A document in one update, held until `read`. */
export interface HeldWhole {
  readonly update: Update
  readonly position: Position
  readonly read: Undo
}

/** What a change depends on. */
export interface ChangeTerms {
  /** The state that it is for; null: any. */
  readonly expected: Position | null
  /** False once nobody waits for it any more: it is not begun then. */
  readonly isWanted?: () => boolean
}

/** What is to be written, null for nothing. */
type Made = Result<{ readonly update: Update | null }, ContentProblem>

const room = (error: NoRoom) => err({ kind: 'room', ...error } as const)
const always = (): boolean => true

/** Jobs that are asked for at a time: one that is done, and one that its thread need not wait for. */
const JOBS_AT_ONCE = 2

const NOBODY_WAITS = err<ContentProblem>({ kind: 'closed', message: 'nobody waits' })

/** Reads and changes what documents hold. */
export class Contents {
  readonly #wholes: WholeDocuments
  readonly #content: Content
  readonly #updateBytes: number
  readonly #turns = new FairGate(JOBS_AT_ONCE)

  /** `updateBytes`: the largest change, as of any client. */
  constructor(wholes: WholeDocuments, content: Content, updateBytes: number) {
    this.#wholes = wholes
    this.#content = content
    this.#updateBytes = updateBytes
  }

  /** The whole document. Nothing is read if by its turn nobody waits for it. */
  whole(
    request: DirectRequest,
    isWanted: () => boolean = always,
  ): Promise<Result<HeldWhole, NoRoom>> {
    return this.#wholes.read(request, isWanted)
  }

  /**
   * Changes a document, one step after the other, all of them or none; or refuses to where it is not at the position
   * expected. Resolves once it is on disk.
   */
  change(
    request: DirectRequest,
    steps: readonly Change[],
    terms: ChangeTerms,
  ): Promise<Result<Written, ContentsTrouble>> {
    return this.#changeBy(request, terms, (update) => this.#content.change(update, steps))
  }

  /** Brings a document to what another state of it held, as a new edit. */
  restore(
    request: DirectRequest,
    version: Update,
    terms: ChangeTerms,
  ): Promise<Result<Written, ContentsTrouble>> {
    return this.#changeBy(request, terms, (update) => this.#content.restore(update, version))
  }

  /** Writes an update as it is. */
  async merge(
    request: DirectRequest,
    update: Uint8Array,
    expected: Position | null,
  ): Promise<Result<Written, ContentsTrouble>> {
    if (update.length > this.#updateBytes) {
      const message = `the change is ${update.length} bytes, limit ${this.#updateBytes}; make it in several`
      return content({ kind: 'refused', message })
    }
    const contents = readUpdate(update)
    if (!contents.ok)
      return content({ kind: 'refused', message: `update: ${contents.error.message}` })
    const written = await writeDocument(request, contents.value, { expected })
    if (written.ok) return ok({ position: written.value, changed: true })
    const { changed, ...noRoom } = written.error
    return changed === null ? room(noRoom) : err({ kind: 'changed', position: changed })
  }

  /** What a job makes of the whole document, which is held meanwhile. */
  async using<T>(
    request: DirectRequest,
    job: (whole: HeldWhole) => Promise<Result<T, ContentProblem>>,
    isWanted: () => boolean = always,
  ): Promise<Result<T, ContentsTrouble>> {
    return this.#holding(request, isWanted, async (whole) => {
      const done = await this.work(request, () => job(whole), isWanted)
      return done.ok ? done : content(done.error)
    })
  }

  /**
   * What a job for a request comes to. The thread that does them is one, so those of an address are done in turn with
   * those of others; none is begun for whom nobody waits by then.
   */
  work<T>(
    { client }: Pick<DirectRequest, 'client'>,
    job: () => Promise<Result<T, ContentProblem>>,
    isWanted: () => boolean = always,
  ): Promise<Result<T, ContentProblem>> {
    return this.#turns.run(client.addressGroup, () =>
      isWanted() ? job() : Promise.resolve(NOBODY_WAITS),
    )
  }

  async #holding<T>(
    request: DirectRequest,
    isWanted: () => boolean,
    use: (whole: HeldWhole) => Promise<Result<T, ContentsTrouble>>,
  ): Promise<Result<T, ContentsTrouble>> {
    const whole = await this.#wholes.read(request, isWanted)
    if (!whole.ok) return room(whole.error)
    try {
      return await use(whole.value)
    } finally {
      whole.value.read()
    }
  }

  #changeBy(
    request: DirectRequest,
    { expected, isWanted = always }: ChangeTerms,
    differ: (update: Update) => Promise<Made>,
  ): Promise<Result<Written, ContentsTrouble>> {
    return this.#holding(request, isWanted, async ({ update, position }) => {
      if (expected !== null && !isSame(expected, position))
        return err({ kind: 'changed', position } as const)
      const made = await this.work(request, () => differ(update), isWanted)
      if (!made.ok) return content(made.error)
      if (made.value.update === null) return ok({ position, changed: false })
      return this.merge(request, made.value.update, expected)
    })
  }
}

const content = (problem: ContentProblem) => err({ kind: 'content', problem } as const)

const isSame = (a: Position, b: Position): boolean => a.epoch === b.epoch && a.seq === b.seq
