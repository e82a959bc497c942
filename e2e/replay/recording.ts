/*
 * A trace as Yjs updates. Every agent is a Y.Doc of its own that merges exactly what its next
 * transaction's parents say before it makes it, so the updates are as concurrent as the session was.
 */
import { applyUpdate, Doc, type Text } from 'yjs'
import { err, ok, type Result } from '@quire/shared'
import { TEXT } from '../harness/stock-client.ts'
import type { Patch, Trace } from './trace.ts'

/** One transaction as one update. */
export interface Edit {
  readonly agent: number
  readonly update: Uint8Array
  /** Other agents' edits that its author merged since its own last one. */
  readonly merged: readonly Edit[]
}

/** All edits of a session. */
export interface Recording {
  readonly agents: number
  /** In an order in which each comes after everything that it builds on. */
  readonly edits: readonly Edit[]
  /** What Yjs makes of all edits: the text that every reader must hold in the end. */
  readonly endText: string
}

/** The client id of an agent: fixed, because ties between concurrent inserts are broken by it. */
const clientOf = (agent: number): number => agent + 1

/** Plays a trace in process; the error names the transaction that is not possible. */
export const record = (trace: Trace): Result<Recording, string> => {
  const authors = Array.from(
    { length: trace.agents },
    (_, agent) => new Author(agent, trace.agents),
  )
  const histories: History[] = []
  const edits: Edit[] = []
  for (const [i, { agent, parents, patches }] of trace.transactions.entries()) {
    const author = authors[agent]
    if (author === undefined) return err(`transaction ${i} is by agent ${agent} of ${trace.agents}`)
    const history = joined(
      trace.agents,
      parents.map((parent) => histories[parent] ?? []),
    )
    if ((history[agent] ?? 0) !== author.made.length)
      return err(`transaction ${i} does not follow on agent ${agent}'s own last one`)
    const merged = author.merge(history, authors)
    const update = author.write(patches)
    if (update === null) return err(`transaction ${i} changes nothing or is out of the text`)
    const edit = { agent, update, merged, order: i }
    author.made.push(edit)
    edits.push(edit)
    histories.push(history.with(agent, author.made.length))
  }
  for (const author of authors) author.end()
  return ok({ agents: trace.agents, edits, endText: textOfAll(edits) })
}

/** Per agent how many of its edits are known. */
type History = readonly number[]

const joined = (agents: number, histories: readonly History[]): History =>
  Array.from({ length: agents }, (_, agent) =>
    histories.reduce((most, history) => Math.max(most, history[agent] ?? 0), 0),
  )

interface OrderedEdit extends Edit {
  readonly order: number
}

class Author {
  readonly made: OrderedEdit[] = []
  readonly #doc = new Doc()
  readonly #text: Text
  readonly #agent: number
  readonly #known: number[]
  #update: Uint8Array | null = null

  constructor(agent: number, agents: number) {
    this.#agent = agent
    this.#known = Array.from({ length: agents }, () => 0)
    this.#doc.clientID = clientOf(agent)
    this.#text = this.#doc.getText(TEXT)
    this.#doc.on('update', (update: Uint8Array) => (this.#update = update))
  }

  /** Brings the document to a history, and says what that took. */
  merge(history: History, authors: readonly Author[]): readonly Edit[] {
    const lacking: OrderedEdit[] = []
    for (const [agent, count] of history.entries()) {
      if (agent === this.#agent) continue
      lacking.push(...(authors[agent]?.made.slice(this.#known[agent], count) ?? []))
      this.#known[agent] = Math.max(this.#known[agent] ?? 0, count)
    }
    lacking.sort((a, b) => a.order - b.order)
    for (const { update } of lacking) applyUpdate(this.#doc, update)
    return lacking
  }

  /** Makes one transaction; null if it is none. */
  write(patches: readonly Patch[]): Uint8Array | null {
    this.#update = null
    let isInside = true
    this.#doc.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        isInside &&= position + deleted <= this.#text.length
        if (!isInside) return
        if (deleted > 0) this.#text.delete(position, deleted)
        if (inserted !== '') this.#text.insert(position, inserted)
      }
    })
    return isInside ? this.#update : null
  }

  end(): void {
    this.#doc.destroy()
  }
}

const textOfAll = (edits: readonly Edit[]): string => {
  const doc = new Doc()
  const text = doc.getText(TEXT)
  doc.transact(() => {
    for (const { update } of edits) applyUpdate(doc, update)
  })
  return text.toJSON()
}
