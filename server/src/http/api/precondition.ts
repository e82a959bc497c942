/* Which state of a document a request is for (RFC 9110 §13.1): by the entity tags that answers gave out. */
import type { Context } from 'hono'
import { seq, type Result } from '@quire/shared'
import type { Position } from '../../room/message.ts'
import type { ContentsTrouble, Written } from '../../runtime/contents.ts'
import { Problem } from './problem.ts'

/** Entity tags of one field, at most. */
const MOST_TAGS = 100

/** What `If-Match` does, where it is taken. */
export const IF_MATCH = {
  'If-Match':
    'ETags of the states that the change is for; with it a document in another state is left as it is (412)',
}

/** What is told of a document's state. */
export const ETAG = { ETag: 'Names this state of the document, for If-Match' }

/** The tag of a state of a document (RFC 9110 §8.8.3). */
export const entityTag = ({ epoch, seq: sequence }: Position): string => `"${epoch}-${sequence}"`

interface Tag {
  readonly isWeak: boolean
  /** The state that it names, null where it is none of a document's. */
  readonly position: Position | null
}

const ENTITY_TAG = /[ \t]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,|$)/y

const OWN_TAG = /^(\d{1,16})-(\d{1,16})$/

/** The tags of a field, `*`, or null where the request does not have it. */
const tagsOf = (c: Context, field: string): readonly Tag[] | '*' | null => {
  const raw = c.req.header(field)?.trim()
  if (raw === undefined) return null
  if (raw === '*') return '*'
  const tags: Tag[] = []
  ENTITY_TAG.lastIndex = 0
  for (let at = 0; at < raw.length; at = ENTITY_TAG.lastIndex) {
    const [whole, weak, opaque = ''] = ENTITY_TAG.exec(raw) ?? []
    if (whole === undefined || tags.length === MOST_TAGS)
      throw new Problem(
        'bad-request',
        `${field} is no list of at most ${MOST_TAGS} entity tags, which are such as "12-34"`,
      )
    const [, epoch, sequence] = OWN_TAG.exec(opaque) ?? []
    const position =
      epoch === undefined ? null : { epoch: Number(epoch), seq: seq(Number(sequence)) } // only ever compared
    tags.push({ isWeak: weak !== undefined, position })
  }
  if (tags.length === 0) throw new Problem('bad-request', `${field} is empty`)
  return tags
}

const isSame = (a: Position, b: Position): boolean => a.epoch === b.epoch && a.seq === b.seq

/** The states that a change is for, by If-Match, of which none may fit; null where any will do. */
export const expectedOf = (c: Context): readonly Position[] | null => {
  const tags = tagsOf(c, 'If-Match')
  if (tags === null || tags === '*') return null // that it is there is looked at anyway
  return tags.flatMap(({ isWeak, position }) => (isWeak || position === null ? [] : [position]))
}

/** A state that no document is in. */
const NOWHERE: Position = { epoch: -1, seq: seq(-1) }

/** Makes a change for one of several states: for the first, or that which it is answered to be in by now. */
export const changeFor = async (
  expected: readonly Position[] | null,
  attempt: (expected: Position | null) => Promise<Result<Written, ContentsTrouble>>,
): Promise<Result<Written, ContentsTrouble>> => {
  if (expected === null) return attempt(null)
  const [first = NOWHERE, ...others] = expected
  const written = await attempt(first)
  if (written.ok || written.error.kind !== 'changed') return written
  const { position } = written.error
  return others.some((other) => isSame(other, position)) ? attempt(position) : written
}

/** True if whoever asks has this state already, by If-None-Match: weak tags are as good there. */
export const isKnown = (c: Context, state: Position): boolean => {
  const tags = tagsOf(c, 'If-None-Match')
  if (tags === null || tags === '*') return tags === '*'
  return tags.some(({ position }) => position !== null && isSame(position, state))
}
