/* What operations tell, and read of what they are told, in the words of the API. */
import type { DocName } from '@quire/shared'
import type { Grant } from '../../ports/auth.ts'
import type { DocumentFacts, Storage, Version } from '../../ports/storage.ts'
import type { Format, Json } from '../../ports/content.ts'
import type { Position } from '../../room/message.ts'
import { orProblem, Problem } from './problem.ts'

/** A time as the API tells it. */
export const timeText = (ms: number): string => new Date(ms).toISOString()

/** A document as the API tells it. */
export const factsJson = (facts: DocumentFacts) => ({
  name: facts.name,
  id: facts.id,
  epoch: facts.epoch,
  sequence: facts.head,
  bytes: facts.bytes,
  createdAt: timeText(facts.createdAt),
  changedAt: timeText(facts.changedAt),
  deletedAt: facts.deletedAt === null ? null : timeText(facts.deletedAt),
})

/** A version as the API tells it. */
export const versionJson = ({ id, seq, at, name, author, bytes }: Version) => ({
  id,
  sequence: seq,
  at: timeText(at),
  name,
  author,
  bytes,
})

/** Content that was read, as the body of an answer. */
export const contentBytes = (format: Format, value: Json): Uint8Array =>
  // what is no JSON was read as text
  new TextEncoder().encode(format === 'json' ? JSON.stringify(value) : (value as string))

/** The problem of a request for another state than the document's. */
export const changedProblem = ({ epoch, seq }: Position): Problem =>
  new Problem('changed', `the document is at sequence ${seq} of epoch ${epoch}`, {
    fields: { epoch, sequence: seq },
  })

/** The document of a name, which has to be there. */
export const found = async (storage: Storage, name: DocName): Promise<DocumentFacts> => {
  const facts = orProblem(await storage.find(name))
  if (facts === null) throw new Problem('not-found', 'there is no document of this name')
  return facts
}

/** Who a change is by: an application names anybody, a user is himself. */
export const authorOf = (grant: Grant, author: string | undefined): string | null => {
  if (author === undefined || author === grant.user) return grant.user
  if (!grant.isApplication)
    throw new Problem('forbidden', 'this login is of one user, and names no other author')
  return author
}
