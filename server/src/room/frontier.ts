/*
 * What is known of an open document instead of a replica of it: which structs the log holds and which
 * ids are deleted. It decides what is new and who is up to date, and never looks at content.
 */
import {
  bytesEqual,
  decodeDeleteSet,
  decodeStateVector,
  IdSet,
  readUpdate,
  updateOfDeletes,
  type ClientId,
  type IdRange,
  type StateVector,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import type { OpenedDocument } from '../ports/storage.ts'

const clientsOfBoth = (known: IdSet, added: IdSet): number => {
  let clients = known.clients
  for (const [client] of added.clocks()) if (!known.hasClient(client)) clients++
  return clients
}

/** The frontier of one document: everything accepted so far, committed or on its way. */
export class Frontier {
  readonly #structs = new IdSet()
  readonly #deletes = new IdSet()
  #stateVector: StateVector | null = null
  #deletesOnly: Update | null = null
  #version = 0

  /** Grows with everything that is accepted: the same number, the same frontier. */
  get version(): number {
    return this.#version
  }

  /** Takes an update in; false if it brings neither structs nor deletes that were not known. */
  accept(contents: UpdateContents): boolean {
    const structs = this.#structs.addAll(contents.structs)
    const deletes = this.#deletes.addAll(contents.deletes)
    if (structs) this.#stateVector = null
    if (deletes) this.#deletesOnly = null
    if (structs || deletes) this.#version++
    return structs || deletes
  }

  /** True if the update brings nothing that is not known. */
  knows(contents: UpdateContents): boolean {
    return this.#structs.hasAll(contents.structs) && this.#deletes.hasAll(contents.deletes)
  }

  /** Those structs of a set that are not known. */
  newOf(structs: IdSet): Iterable<IdRange> {
    return structs.without(this.#structs)
  }

  /** The first clock of a client, from this one on, that is known; null where none is. */
  knownFrom(client: ClientId, clock: number): number | null {
    const rest = new IdSet()
    rest.add(client, clock, Infinity)
    for (const { start, end } of rest.without(this.#structs)) {
      if (start > clock) return clock
      return end === Infinity ? null : end
    }
    return clock
  }

  /** How many clients the document has once the update is accepted. */
  clientsWith(contents: UpdateContents): number {
    return Math.max(
      clientsOfBoth(this.#structs, contents.structs),
      clientsOfBoth(this.#deletes, contents.deletes),
    )
  }

  /** True if an update, once accepted, still waits for structs that the log does not hold. */
  lacksDependenciesOf(contents: UpdateContents): boolean {
    for (const { client, end } of contents.structs.ranges())
      if (this.#structs.contiguous(client) < end) return true
    for (const [client, clock] of contents.needs)
      if (this.#structs.contiguous(client) < clock) return true
    return false
  }

  /** True if a client with this state vector lacks no struct; it may still lack deletes. */
  isEqualTo(stateVector: StateVector): boolean {
    // the usual answer costs no map: Yjs writes the same bytes for the same clocks
    if (bytesEqual(stateVector, this.stateVector())) return this.#structs.isGapless
    const decoded = decodeStateVector(stateVector)
    if (!decoded.ok) throw new Error(`a state vector that was read: ${decoded.error.message}`)
    const clocks = decoded.value
    if (clocks.size < this.#structs.clients) return false
    let known = 0
    for (const { client, start, end } of this.#structs.ranges()) {
      if (start !== 0 || clocks.get(client) !== end) return false // a gap is a struct more, too
      known++
    }
    for (const clock of clocks.values()) if (clock > 0) known--
    return known === 0
  }

  /** The state vector; the same bytes until a struct is accepted. */
  stateVector(): StateVector {
    this.#stateVector ??= this.#structs.toStateVector()
    return this.#stateVector
  }

  /** The state vector of whoever lacks these updates, and may lack what follows them. */
  stateVectorWithout(updates: readonly Update[]): StateVector {
    if (updates.length === 0) return this.stateVector()
    const firsts = new Map<ClientId, number>()
    for (const update of updates) {
      const contents = readUpdate(update)
      if (!contents.ok) throw new Error(`an accepted update: ${contents.error.message}`)
      for (const { client, start } of contents.value.structs.ranges())
        firsts.set(client, Math.min(start, firsts.get(client) ?? Infinity))
    }
    const held = new IdSet()
    for (const [client, clock] of this.#structs.clocks())
      held.add(client, 0, Math.min(clock, firsts.get(client) ?? Infinity))
    return held.toStateVector()
  }

  /** An update with every delete and no struct: all that a client with equal clocks can lack. */
  deletesOnly(): Update {
    this.#deletesOnly ??= updateOfDeletes(this.#deletes.toDeleteSet())
    return this.#deletesOnly
  }

  /**
   * The frontier of a stored document, and what in its log does not read as an update: that is left
   * out, so that one damaged row does not take the document away.
   */
  static of(document: OpenedDocument): { frontier: Frontier; problems: readonly string[] } {
    const frontier = new Frontier()
    const problems: string[] = []
    if (document.snapshot !== null) {
      const clocks = decodeStateVector(document.snapshot.stateVector)
      const deletes = decodeDeleteSet(document.snapshot.deleteSet)
      if (clocks.ok) for (const [client, end] of clocks.value) frontier.#structs.add(client, 0, end)
      else problems.push(`state vector of the snapshot: ${clocks.error.message}`)
      if (deletes.ok) frontier.#deletes.addAll(deletes.value)
      else problems.push(`delete set of the snapshot: ${deletes.error.message}`)
    }
    for (const update of document.tail) {
      const contents = readUpdate(update)
      if (contents.ok) frontier.accept(contents.value)
      else problems.push(contents.error.message)
    }
    return { frontier, problems }
  }
}
