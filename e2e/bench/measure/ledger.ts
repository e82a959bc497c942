/*
 * Who has been given which update, and when. An update is known by its author's client id and the clock
 * after it, so it is found again whether it comes alone, merged with others, or in an answer to a sync.
 */
import type { Histogram } from './histogram.ts'

/** One author's updates, in the order of sending. */
export interface Sent {
  /** Yjs client id, used by nobody else. */
  readonly client: number
  /** Which reader the author is: what comes back to it is no delivery. -1 if it reads nothing. */
  readonly reader: number
  /** Clock after each update; the first starts at 0. */
  readonly ends: readonly number[]
  /** When each was to be sent, in milliseconds. */
  readonly due: readonly number[]
}

/** What counts: updates due in [from, to), in milliseconds of the same clock. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** Deliveries in one room. */
export class Ledger {
  readonly #authors: readonly Sent[]
  readonly #byClient: ReadonlyMap<number, number>
  readonly #latency: Histogram
  /** Per reader and author the first update that has not come. */
  readonly #next: Uint32Array
  /** Updates that came although one before them had not, per place of `#next`. */
  readonly #early = new Map<number, Set<number>>()
  readonly #delivered: Uint32Array
  #window: Window = { from: Infinity, to: Infinity }
  #total = 0

  constructor(authors: readonly Sent[], readers: number, latency: Histogram) {
    this.#authors = authors
    this.#byClient = new Map(authors.map(({ client }, i) => [client, i]))
    this.#latency = latency
    this.#next = new Uint32Array(readers * authors.length)
    this.#delivered = new Uint32Array(readers)
  }

  /** Deliveries so far, to others than the author. */
  get total(): number {
    return this.#total
  }

  /** From here on the latencies of updates due in this window are kept. */
  measure(window: Window): void {
    this.#window = window
  }

  /** A reader was given the clocks [start, end) of a client at that time. */
  take(reader: number, client: number, start: number, end: number, at: number): void {
    const author = this.#byClient.get(client)
    if (author === undefined) return
    const sent = this.#authors[author]
    if (sent === undefined) return
    const place = reader * this.#authors.length + author
    let next = this.#next[place] ?? 0
    if (start > startOf(sent, next)) return this.#takeEarly(place, reader, sent, { start, end, at })
    const early = this.#early.get(place)
    while (next < sent.ends.length && (sent.ends[next] ?? 0) <= end) {
      if (early?.delete(next) !== true) this.#deliver(reader, sent, next, at)
      next++
    }
    while (early?.delete(next) === true) next++
    this.#next[place] = next
  }

  /** How many updates of others a reader has not been given. */
  missing(reader: number): number {
    let wanted = 0
    for (const sent of this.#authors) if (sent.reader !== reader) wanted += sent.ends.length
    return wanted - (this.#delivered[reader] ?? 0)
  }

  #takeEarly(
    place: number,
    reader: number,
    sent: Sent,
    { start, end, at }: { readonly start: number; readonly end: number; readonly at: number },
  ): void {
    const early = this.#early.get(place) ?? new Set()
    this.#early.set(place, early)
    for (let i = (this.#next[place] ?? 0) + 1; i < sent.ends.length; i++) {
      if ((sent.ends[i] ?? 0) > end) return
      if (startOf(sent, i) < start || early.has(i)) continue
      early.add(i)
      this.#deliver(reader, sent, i, at)
    }
  }

  #deliver(reader: number, sent: Sent, update: number, at: number): void {
    if (sent.reader === reader) return
    this.#delivered[reader] = (this.#delivered[reader] ?? 0) + 1
    this.#total++
    const due = sent.due[update] ?? 0
    if (due >= this.#window.from && due < this.#window.to) this.#latency.add(at - due)
  }
}

const startOf = (sent: Sent, update: number): number =>
  update === 0 ? 0 : (sent.ends[update - 1] ?? 0)
