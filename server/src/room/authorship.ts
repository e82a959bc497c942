/*
 * Who brought what: the user of the session that first said a struct, by its login. What is stored is where it
 * begins (ports/storage.ts, AuthorStamp), so a document that one person types into costs one range a client:
 *
 *   said       ann 0..5   ann 5..9   bob 9..12   ann 12..20   ann 30..35   somebody 20..30
 *   stamped    ann@0      —          bob@9       ann@12       —            nobody@20, until 30
 *
 * What comes to stand before something that is known already says where that begins: storage knows whose it is, and
 * this life of the document may not.
 */
import { err, ok, type ClientId, type IdRange, type IdSet, type Result } from '@quire/shared'
import type { AuthorRange, AuthorStamp } from '../ports/storage.ts'
import type { Frontier } from './frontier.ts'

/** Nothing is to be stamped. */
export const NO_AUTHORS: readonly AuthorStamp[] = []

/**
 * Pieces that are apart because words which were known lie between them: over one life of an open document and by one user,
 * beside the first of each client in a message. Words come in the order in which they were typed, so who says them piece by piece
 * has cut them up, and each costs the disk two ranges.
 */
export const MOST_PIECES = 4_096

/** What is known of a client: from this clock on all is of this user, to the end. */
type Tail = Omit<AuthorRange, 'client'>

/** What was stamped in this life of an open document: of each client the range that begins last. */
export class Authorship {
  readonly #tails = new Map<ClientId, Tail>()
  /** Pieces that each user has brought. */
  readonly #pieces = new Map<string | null, number>()

  /**
   * What is to be stored of who brought these structs, which `frontier` has not taken in yet; an error says why there
   * is too much of it. Changes nothing: what is accepted is noted.
   */
  stampsOf(
    structs: IdSet,
    frontier: Frontier,
    user: string | null,
  ): Result<readonly AuthorStamp[], string> {
    if (this.#isKnown(structs, user)) return ok(NO_AUTHORS)
    const stamps: AuthorStamp[] = []
    let pieces = this.#pieces.get(user) ?? 0
    let client: ClientId | null = null
    // before it nothing is known behind the piece that is stamped, if anything is
    let until = Infinity
    for (const range of frontier.newOf(structs)) {
      const isFirst = range.client !== client
      if (!isFirst && range.start < until) continue
      if (!isFirst && ++pieces > MOST_PIECES)
        return err(`${MOST_PIECES} pieces were brought between what was known, which is the limit`)
      client = range.client
      until = frontier.knownFrom(client, range.end) ?? Infinity
      if (this.#says(range, user)) continue
      const stamp = { client, clock: range.start, user }
      stamps.push(until === Infinity ? stamp : { ...stamp, until })
    }
    return ok(stamps)
  }

  /** Takes note of what is stored with its structs. */
  note(stamps: readonly AuthorStamp[]): void {
    let before: ClientId | null = null
    for (const { client, clock, user, until } of stamps) {
      if (client === before) this.#pieces.set(user, (this.#pieces.get(user) ?? 0) + 1)
      before = client
      const tail = this.#tails.get(client)
      if (until === undefined) this.#tails.set(client, { clock, user })
      else if (tail !== undefined && tail.clock < until)
        this.#tails.set(client, { clock: until, user: tail.user })
    }
  }

  /** Another node has brought something of these clients, and has stamped it. */
  forget(structs: IdSet): void {
    for (const [client] of structs.clocks()) this.#tails.delete(client)
  }

  /** The usual case: they go on where the same user has written before. */
  #isKnown(structs: IdSet, user: string | null): boolean {
    for (const range of structs.ranges()) if (!this.#says(range, user)) return false
    return true
  }

  #says({ client, start }: IdRange, user: string | null): boolean {
    const tail = this.#tails.get(client)
    return tail !== undefined && tail.user === user && start >= tail.clock
  }
}
