/*
 * Presence as clients send it, and who has heard which state. A newer state stands for all before it:
 * servers may leave out what is overtaken.
 *
 *   Entries = varUint count, count × (varUint client, varUint clock, varString json)
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { Histogram } from '../measure/histogram.ts'
import type { Window } from '../measure/ledger.ts'

/** One client's state. */
export const presenceEntries = (client: number, clock: number, state: unknown): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 1)
    encoding.writeVarUint(out, client)
    encoding.writeVarUint(out, clock)
    encoding.writeVarString(out, JSON.stringify(state))
  })

/** Who has heard what of whom; everybody is both. Clocks count from 1. */
export class PresenceLedger {
  readonly #byClient: ReadonlyMap<number, number>
  readonly #due: readonly (readonly number[])[]
  readonly #latency: Histogram
  readonly #heard: Uint32Array
  #window: Window = { from: Infinity, to: Infinity }
  #total = 0

  /** `due` is when each state of each client was to be sent. */
  constructor(clients: readonly number[], due: readonly (readonly number[])[], latency: Histogram) {
    this.#byClient = new Map(clients.map((client, i) => [client, i]))
    this.#due = due
    this.#latency = latency
    this.#heard = new Uint32Array(clients.length ** 2)
  }

  /** States given to others than their owners so far. */
  get total(): number {
    return this.#total
  }

  /** From here on the latencies of states due in this window are kept. */
  measure(window: Window): void {
    this.#window = window
  }

  /** A reader was given the entries in bytes [from, to). */
  take(reader: number, bytes: Uint8Array, at: number): void {
    const entries = decoding.createDecoder(bytes)
    for (let count = decoding.readVarUint(entries); count > 0; count--) {
      const client = decoding.readVarUint(entries)
      const clock = decoding.readVarUint(entries)
      const json = decoding.readVarUint(entries)
      entries.pos += json
      this.#takeState(reader, client, clock, at)
    }
  }

  /** How many pairs there are of one who has not heard the other's last state. */
  get missing(): number {
    let missing = 0
    const people = this.#due.length
    for (const [owner, own] of this.#due.entries())
      for (let reader = 0; reader < people; reader++)
        if (reader !== owner && (this.#heard[reader * people + owner] ?? 0) < own.length) missing++
    return missing
  }

  #takeState(reader: number, client: number, clock: number, at: number): void {
    const owner = this.#byClient.get(client)
    if (owner === undefined || owner === reader) return
    const place = reader * this.#due.length + owner
    if (clock <= (this.#heard[place] ?? 0)) return
    this.#heard[place] = clock
    this.#total++
    const due = this.#due[owner]?.[clock - 1] ?? Number.NaN
    if (due >= this.#window.from && due < this.#window.to) this.#latency.add(at - due)
  }
}
