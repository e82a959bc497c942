/* The state that a document's rows make, in a `Y.Doc`: what breaks it, what waits, and a form to compare by. */
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import { messageOf } from '../message-of.ts'

/** A row to integrate; `seq` null for a snapshot. */
export interface Row {
  readonly seq: number | null
  readonly bytes: Uint8Array
}

/** What came of it. */
export interface Integrated {
  /** Rows that Yjs throws on. */
  readonly broken: readonly { readonly seq: number | null; readonly problem: string }[]
  /** What has been said of something that nobody has said, in a sentence; null if there is none. */
  readonly waiting: string | null
  /** The same for the same content, however it was folded before. */
  readonly state: Uint8Array
}

/** In one transaction, or where that throws each row in its own, so that those at fault are known. */
const integrated = (rows: readonly Row[]): { doc: Doc; broken: Integrated['broken'] } => {
  const doc = new Doc()
  try {
    doc.transact(() => {
      for (const { bytes } of rows) applyUpdate(doc, bytes)
    })
    return { doc, broken: [] }
  } catch {
    doc.destroy()
  }
  const again = new Doc()
  const broken = rows.flatMap(({ seq, bytes }) => {
    try {
      applyUpdate(again, bytes)
      return []
    } catch (thrown) {
      return [{ seq, problem: `Yjs cannot take it in: ${messageOf(thrown)}` }]
    }
  })
  return { doc: again, broken }
}

const waitingIn = ({ store }: Doc): string | null => {
  const { pendingStructs, pendingDs } = store
  if (pendingStructs !== null) {
    const missing = [...pendingStructs.missing].map(([client, clock]) => `${client} at ${clock}`)
    return `what was written waits for structs that are not there: of client ${missing.join(', ')}`
  }
  return pendingDs === null ? null : 'deletions wait for structs that are not there'
}

/** Yjs merges neighbours by transaction, and so by how content was folded: here all of them are. */
const mergeAll = ({ store }: Doc): void => {
  for (const structs of store.clients.values()) {
    let last = 0
    for (let i = 1; i < structs.length; i++) {
      const [left, right] = [structs[last], structs[i]]
      if (left === undefined || right === undefined) continue
      const isAlike = left.deleted === right.deleted && left.constructor === right.constructor
      // both are of one kind, which is what each of them merges with
      const merge = left.mergeWith.bind(left) as (other: typeof right) => boolean
      if (!isAlike || !merge(right)) structs[++last] = right
    }
    structs.length = Math.min(structs.length, last + 1)
  }
}

/** Integrates a document's rows, which `readUpdate` has accepted. */
export const integrate = (rows: readonly Row[]): Integrated => {
  const { doc, broken } = integrated(rows)
  const waiting = waitingIn(doc)
  mergeAll(doc)
  const state = encodeStateAsUpdate(doc)
  doc.destroy()
  return { broken, waiting, state }
}
