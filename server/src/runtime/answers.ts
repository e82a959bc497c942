/*
 * How what a client lacks is computed, cheapest case first (an equal or empty room has been answered by the
 * room itself):
 *
 *   it knows its place in the log  what was appended since, from the tail
 *   it knows nothing              the snapshot's bytes as they are, then the tail as one update
 *   it covers the snapshot        the part of the tail that it lacks, and all deletes: the snapshot is not read
 *   it lacks little of it         the same, and what the snapshot's index finds: little is read
 *   otherwise                     the difference to everything, in a thread; also where what lies beside the
 *                                 snapshot is damaged
 */
import {
  bytesEqual,
  EMPTY_STATE_VECTOR,
  EMPTY_UPDATE,
  err,
  isDeleteSet,
  ok,
  type DocId,
  type Result,
  type Seq,
  stretchesOf,
  structsWithin,
  type StateVector,
  type Update,
} from '@quire/shared'
import { lackOf } from '../content/merge.ts'
import type { Asker } from '../room/effect.ts'
import type { Answer, Content } from '../ports/content.ts'
import type { OpenedDocument, Storage, StorageProblem } from '../ports/storage.ts'
import type { AnswerPool, Answered, Making } from './answer-pool.ts'
import type { Gate } from './gate.ts'

/** From this size on a snapshot is shared by those who join while the document changes. */
const SHARED_SNAPSHOT_BYTES = 256 * 1024

/** What is read at most of a snapshot by its index, bytes: it is scanned on the event loop. */
const FRONT_BYTES = 64 * 1024

/** What makes answers. */
export interface AnswerPorts {
  readonly storage: Storage
  readonly content: Content
  readonly pool: AnswerPool
  /** Bounds how many are made at a time: each holds what it is made of. */
  readonly gate: Gate
}

/** What is asked. */
export interface Question {
  /** Names the room among all of this server's life. */
  readonly room: number
  readonly doc: DocId
  readonly asker: Asker
  /** Changes with the document's content. */
  readonly version: string
  readonly unsaved: readonly Update[]
  /** Bytes of the document's snapshot, and of all of it. */
  readonly snapshotBytes: number
  readonly bytes: number
  /** False once the client is gone. */
  readonly isWanted: () => boolean
}

/** What a client lacks; shared with all who ask the same of the same version. Empty where nobody waits for it. */
export const answerFor = async (ports: AnswerPorts, question: Question): Promise<Answered> => {
  const { pool } = ports
  const { room, version, asker, isWanted } = question
  if (asker.kind === 'was-at') {
    const make = (): Promise<Answered> => since(ports, question, asker)
    const key = `${room} ${version} since ${asker.seq} ${asker.writer}`
    const { gate } = ports
    const bytes = question.bytes - question.snapshotBytes // no more than the tail, and what is to be in it
    return (await pool.answer(key, { bytes, isWanted, gate, make })) ?? ok(NOTHING)
  }
  const asked = Buffer.from(asker.stateVector).toString('latin1') // a key, and a short one
  const key = `${room} ${version} ${asked}`
  const making = makingOf(ports, { ...question, stateVector: asker.stateVector }, key)
  return (await pool.answer(key, making)) ?? ok(NOTHING)
}

/** What was appended behind a place in the log that is in its tail, and what is to be. */
const since = async (
  { storage, content }: AnswerPorts,
  { doc, unsaved }: Question,
  { seq, writer }: Extract<Asker, { kind: 'was-at' }>,
): Promise<Answered> => {
  const outline = await storage.outline(doc)
  if (!outline.ok) return outline
  const { head, tail, origins } = outline.value
  const missed = head - seq
  if (missed > tail.length)
    return err({ message: `the log was folded beyond ${seq} meanwhile; please come back` })
  // R18: its number was given once more since, after a loss of the log's end or from an older copy of it
  if (origins.findLast(({ from }) => from <= seq)?.writer !== writer)
    return err({ message: `update ${seq} of the log is another one than that which was told` })
  const news = missed > 0 ? tail.slice(-missed) : []
  return content.answer({ snapshot: null, tail: [...news, ...unsaved] }, EMPTY_STATE_VECTOR)
}

/** A question by what the client has. */
interface VectorQuestion extends Question {
  readonly stateVector: StateVector
}

const NOTHING: Answer = { first: [], last: EMPTY_UPDATE }

const makingOf = (ports: AnswerPorts, question: VectorQuestion, key: string): Making => {
  const { gate } = ports
  const { stateVector, bytes, snapshotBytes, isWanted } = question
  if (!bytesEqual(stateVector, EMPTY_STATE_VECTOR)) {
    const make = (isStillWanted: () => boolean): Promise<Answered | null> =>
      difference(ports, question, { key, isStillWanted })
    return { bytes: 0, isWanted, gate: null, make }
  }
  if (snapshotBytes < SHARED_SNAPSHOT_BYTES)
    return { bytes, isWanted, gate, make: () => whole(ports, question) }
  const make = (isStillWanted: () => boolean): Promise<Answered | null> =>
    inTwo(ports, question, isStillWanted)
  return { bytes: 0, isWanted, gate: null, make }
}

const whole = async (
  { storage, content }: AnswerPorts,
  { doc, unsaved, stateVector }: VectorQuestion,
): Promise<Answered> => {
  const stored = await storage.read(doc)
  if (!stored.ok) return stored
  const { snapshot, tail } = stored.value
  return content.answer({ snapshot, tail: [...tail, ...unsaved] }, stateVector)
}

/** The snapshot once for all versions that rest on it, and what came after it. */
const inTwo = async (
  ports: AnswerPorts,
  question: VectorQuestion,
  isStillWanted: () => boolean,
): Promise<Answered | null> => {
  const { storage, content, gate } = ports
  const { doc, unsaved, stateVector } = question
  const outline = await storage.outline(doc)
  if (!outline.ok) return outline
  const { snapshot, tail } = outline.value
  if (snapshot === null) return gate.run(() => whole(ports, question))
  // its parts are waited for by all who share it, and not by who asked first alone
  const front = await snapshotOf(ports, { ...question, isWanted: isStillWanted }, snapshot.through)
  if (front === null || !front.ok) return front
  const undoUse = ports.pool.use(front.value) // or it may be given up before the rest is made
  try {
    const rest = await gate.run(() =>
      content.answer({ snapshot: null, tail: [...tail, ...unsaved] }, stateVector),
    )
    return rest.ok ? ok(ports.pool.compose(front.value, rest.value)) : rest
  } finally {
    undoUse()
  }
}

/** The pieces of the snapshot that covers the log up to `through`, or of a newer one: that is as good. */
const snapshotOf = (
  { storage, content, pool, gate }: AnswerPorts,
  { room, doc, snapshotBytes, isWanted }: VectorQuestion,
  through: Seq,
): Promise<Answered | null> => {
  const make = async (): Promise<Answered> => {
    const stored = await storage.read(doc)
    if (!stored.ok) return stored
    const { snapshot } = stored.value
    return content.answer({ snapshot, tail: [] }, EMPTY_STATE_VECTOR)
  }
  const key = `${room} snapshot ${through}`
  return pool.answer(key, { bytes: snapshotBytes, isWanted, gate, make })
}

/** What it may take at most is known only when it is known how much the client lacks. */
const difference = async (
  ports: AnswerPorts,
  question: VectorQuestion,
  { key, isStillWanted }: { readonly key: string; readonly isStillWanted: () => boolean },
): Promise<Answered | null> => {
  const { storage, content, pool, gate } = ports
  const { doc, unsaved, stateVector, bytes } = question
  const near = await gate.run(async (): Promise<Answered | 'far' | null> => {
    if (!isStillWanted()) return null
    const outline = await storage.outline(doc)
    if (!outline.ok) return outline
    const { snapshot, tail } = outline.value
    const deleteSet = snapshot?.deleteSet ?? null
    // it goes out as it is stored; where a disk has damaged it the snapshot still has the deletes
    if (deleteSet !== null && !isDeleteSet(deleteSet)) return 'far'
    const front = await frontOf(storage, outline.value, stateVector)
    if (!front.ok) return front
    if (front.value === 'far') return 'far'
    const source = { structs: front.value, deleteSet, tail: [...tail, ...unsaved] }
    return content.near(source, stateVector)
  })
  if (near !== 'far') return near
  const make = () => whole(ports, question)
  return pool.answer(`${key} whole`, { bytes, isWanted: isStillWanted, gate, make })
}

/** What a client lacks of the snapshot's structs; null if it has all of them, `far` if they are not found at once. */
const frontOf = async (
  storage: Storage,
  { id, snapshot, snapshotBytes }: OpenedDocument,
  stateVector: StateVector,
): Promise<Result<Update | 'far' | null, StorageProblem>> => {
  if (snapshot === null) return ok(null)
  const lacks = lackOf(stateVector, snapshot.stateVector)
  if (lacks === null) return ok('far')
  if (lacks.isEmpty) return ok(null)
  const { index, through } = snapshot
  const stretches = index && stretchesOf(index, snapshotBytes, lacks)
  if (stretches === null) return ok('far')
  const bytes = stretches.reduce((sum, { at, to }) => sum + to - at, 0)
  if (bytes > FRONT_BYTES) return ok('far')
  const parts = await storage.parts(id, through, stretches)
  if (!parts.ok) return parts
  const structs = parts.value && structsWithin(stretches, parts.value, lacks)
  return ok(structs ?? 'far')
}
