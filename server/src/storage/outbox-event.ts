/* What events say, alike in every storage. */
import { randomUUID } from 'node:crypto'
import type { DocName, Millis } from '@quire/shared'
import type { OutboxKind } from '../ports/outbox.ts'
import type { DocumentFacts, Version } from '../ports/storage.ts'

/** Users that one event names; of a crowd nobody reads the list. */
export const MOST_USERS = 100

/** Documents that are told of in one commit, in which appends wait: measured 1 to 6 ms on a busy machine (DESIGN.md). */
export const SETTLED_AT_ONCE = 50

/** No attempt is put off for a day: what is due later than that was written by a clock that has been set back since. */
export const LATEST_MS = 86_400_000

/** The id of a new event. */
export const newEventId = (): string => `msg_${randomUUID().replaceAll('-', '')}`

/** An event that is to be written. */
export interface NewEvent {
  readonly kind: OutboxKind
  readonly document: DocName
  readonly at: Millis
  readonly data: string
}

/** A document as its events tell it. */
export type ToldDocument = Pick<DocumentFacts, 'id' | 'name' | 'epoch' | 'head'>

const documentData = ({ id, name, epoch, head }: ToldDocument) => ({
  document: name,
  id,
  epoch,
  sequence: head,
})

/** What is told of a document: where it is, and who brought that. */
export const changeData = (document: ToldDocument, users: Iterable<string | null>): string => {
  const named = [...new Set(users)].filter((user) => user !== null)
  return JSON.stringify({
    ...documentData(document),
    authors: named.toSorted().slice(0, MOST_USERS),
  })
}

/** What is told of a document that has gone, or has come back. */
export const placeData = (document: ToldDocument): string => JSON.stringify(documentData(document))

/** What is told of a version that is kept. */
export const versionData = (
  { id: document, name: documentName, epoch }: ToldDocument,
  { id, seq, name, author, bytes }: Version,
): string =>
  JSON.stringify({
    document: documentName,
    id: document,
    epoch,
    version: { id, sequence: seq, name, author, bytes },
  })

/** The users that a change names. */
export const usersIn = (data: string): readonly string[] => {
  const { authors } = JSON.parse(data) as { readonly authors: readonly string[] } // `changeData` wrote it
  return authors
}

/** The kind whose events take each other's place. */
export const CHANGED: OutboxKind = 'document.changed'
