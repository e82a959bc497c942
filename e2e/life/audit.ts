/* Whether a server has of a document what it told those who write in it that it has. */
import {
  applyUpdate,
  decodeStateVector,
  Doc,
  emptySnapshot,
  encodeStateVector,
  snapshot,
  type ID,
} from 'yjs'
import { readSyncFrame, stepOneFrame } from '../harness/frames.ts'
import { openRaw } from '../harness/raw-client.ts'
import { until } from '../harness/until.ts'
import { addressOf, type Base, type Person } from './person.ts'

const EMPTY_STATE_VECTOR = Uint8Array.of(0)

/** Where documents have what was written in them by a former version of the server. */
export const YESTERDAY = 'yesterday'

/** How much of what they wrote a server has to have. */
export type Extent = 'acknowledged' | 'everything'

/** Reads a document as somebody does who has nothing of it. */
const readAs = async (base: Base, person: Person, withinMs: number): Promise<Doc> => {
  const doc = new Doc()
  let isRead = false
  const client = await openRaw(addressOf(base, person.place), (frame) => {
    const sync = readSyncFrame(frame)
    if (sync === null || sync.kind === 'step-1') return
    applyUpdate(doc, sync.bytes)
    isRead ||= sync.kind === 'step-2'
  })
  client.socket.send(stepOneFrame(EMPTY_STATE_VECTOR))
  await until(`${person.place.document} is read`, () => isRead, withinMs)
  client.socket.terminate()
  return doc
}

/** A piece of a text with who wrote it, as `whoWrote` has it. */
interface Piece {
  readonly insert: string
  readonly attributes: { readonly ychange: { readonly user: number } }
}

const whoWrote = (type: 'added' | 'removed', { client }: ID) => {
  return { type, user: client }
}

/** What is shown of the text of a document, by the client that wrote it, each in its order. */
const textsByClient = (doc: Doc): ReadonlyMap<number, string> => {
  const all = doc.getText('text').toDelta(snapshot(doc), emptySnapshot, whoWrote) as Piece[] // Yjs' differences
  const texts = new Map<number, string>()
  for (const { insert, attributes } of all) {
    const { user } = attributes.ychange
    texts.set(user, (texts.get(user) ?? '') + insert)
  }
  return texts
}

/**
 * Reads a document and returns what is wrong with it, in sentences: of each person it has to show what came of their
 * first updates, as many as the server has, and those are at least what it has acknowledged, or all.
 */
export const audit = async (
  base: Base,
  people: readonly Person[],
  options: { readonly extent: Extent; readonly yesterday: string; readonly withinMs: number },
): Promise<readonly string[]> => {
  const [first] = people
  if (first === undefined) return []
  const doc = await readAs(base, first, options.withinMs)
  const texts = textsByClient(doc)
  const ticks = decodeStateVector(encodeStateVector(doc))
  const { document } = first.place
  const problems = people.flatMap((person) => {
    const { clientID } = person.doc
    const has = ticks.get(clientID) ?? 0
    const wants = options.extent === 'everything' ? person.typed : person.acknowledgedTicks
    if (has < wants) return [`${document}: ${has} of ${wants} updates of client ${clientID}`]
    const shows = texts.get(clientID) ?? ''
    return shows === person.textAt(has)
      ? []
      : [`${document}: client ${clientID} sees '${shows}' after ${has} updates`]
  })
  const kept = doc.getText(YESTERDAY).toJSON()
  if (kept !== options.yesterday) problems.push(`${document}: of yesterday it has '${kept}'`)
  doc.destroy()
  return problems
}
