/*
 * Who brought what: the user of the session that first said a struct, by its login. What is stored is where it
 * begins (ports/storage.ts, AuthorRange), so a document that one person types into costs one range a client:
 *
 *   said       ann 0..5   ann 5..9   bob 9..12   ann 12..20
 *   stamped    ann@0      —          bob@9       ann@12
 */
import type { ClientId, IdSet } from '@quire/shared'
import type { AuthorRange } from '../ports/storage.ts'
import type { Frontier } from './frontier.ts'

/** Nothing is to be stamped. */
export const NO_AUTHORS: readonly AuthorRange[] = []

/** What was stamped in this life of an open document: of each client the range that begins last. */
export class Authorship {
  readonly #last = new Map<ClientId, Omit<AuthorRange, 'client'>>()

  /** What is to be stored of who brought these structs; `frontier` has not taken them in yet. */
  stamp(structs: IdSet, frontier: Frontier, user: string | null): readonly AuthorRange[] {
    if (user === null || this.#isKnown(structs, user)) return NO_AUTHORS
    const authors: AuthorRange[] = []
    for (const { client, start: clock } of frontier.newOf(structs)) {
      const last = this.#last.get(client)
      const isBehind = last === undefined || clock >= last.clock
      if (isBehind && last?.user === user) continue
      authors.push({ client, clock, user })
      if (isBehind) this.#last.set(client, { clock, user })
    }
    return authors
  }

  /** The usual case: they go on where the same user has written before. */
  #isKnown(structs: IdSet, user: string): boolean {
    for (const { client, start } of structs.ranges()) {
      const last = this.#last.get(client)
      if (last === undefined || last.user !== user || start < last.clock) return false
    }
    return true
  }
}
