import { anatomyOf } from '@quire/shared'
import type { AuthorRange } from '../ports/storage.ts'
import type { Anatomy, ContentSource } from '../ports/content.ts'
import { merge } from './merge.ts'

/** Of each list so many are told, the largest: a document may have a hundred thousand clients. */
const MOST_TOLD = 50

/** Of what a document is made, as it would be given to somebody who knows nothing of it. Throws on damaged bytes. */
export const anatomy = (
  { snapshot, tail }: ContentSource,
  stamps: readonly AuthorRange[],
): Anatomy => {
  const whole = merge(snapshot === null ? tail : [snapshot, ...tail])
  const { roots, clients, authors, ...told } = anatomyOf(whole, stamps)
  return {
    ...told,
    roots: roots.slice(0, MOST_TOLD),
    clients: clients.slice(0, MOST_TOLD),
    authors: authors.slice(0, MOST_TOLD),
    counts: { roots: roots.length, clients: clients.length, authors: authors.length },
  }
}
