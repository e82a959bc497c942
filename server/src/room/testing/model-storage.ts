/* The log of one document, as a storage keeps it (ports/storage.ts): synchronous, and it never fails. */
import { docId, IdSet, readUpdate, seq, type ClientId, type Seq, type Update } from '@quire/shared'
import { fold } from '../../content/fold.ts'
import { stampAuthors, type AuthorsByClient } from '../../storage/stamping.ts'
import type { Denied, KeptAside } from '../aside.ts'
import type { Folded } from '../input.ts'
import type {
  Appended,
  AuthorStamp,
  OpenedDocument,
  Snapshot,
  StoredContent,
} from '../../ports/storage.ts'

const DOC = docId(1)
const WRITER = 1

/** A model of storage that outlives rooms, and that knows which ids it holds. */
export class ModelStorage {
  /** Every update ever appended, in order, whether or not a fold has taken it out of the tail. */
  readonly log: Update[] = []
  /** What was kept aside, by user. */
  readonly patches = new Map<string | null, Update[]>()
  /** Who was stamped. */
  readonly #authors: AuthorsByClient = new Map()
  readonly #structs = new IdSet()
  readonly #deletes = new IdSet()
  #snapshot: Snapshot | null = null

  open(): OpenedDocument {
    const { snapshot, ...content } = this.read()
    return {
      ...content,
      id: DOC,
      epoch: 1,
      snapshot: this.#snapshot,
      snapshotBytes: snapshot?.length ?? 0,
      origins: [{ from: seq(0), writer: WRITER }],
    }
  }

  read(): StoredContent {
    const through = this.#snapshot?.through ?? 0
    const tail = this.log.slice(through)
    const snapshot = this.#snapshot?.bytes ?? null
    return { head: seq(this.log.length), writer: WRITER, snapshot, tail }
  }

  append(updates: readonly Update[], authors: readonly AuthorStamp[] = []): Appended {
    stampAuthors(this.#authors, authors)
    const first = seq(this.log.length + 1)
    for (const update of updates) {
      const { structs, deletes } = contentsOf(update)
      this.#structs.addAll(structs)
      this.#deletes.addAll(deletes)
      this.log.push(update)
    }
    return { doc: DOC, first, last: seq(this.log.length), writer: WRITER }
  }

  /** Keeps what was denied. */
  keep(parts: readonly Denied[]): readonly KeptAside[] {
    return parts.map(({ user, updates }) => {
      this.patches.set(user, [...(this.patches.get(user) ?? []), ...updates])
      return { user, outcome: 'kept' }
    })
  }

  /** Who brought a struct, as far as it was stamped. */
  authorOf(client: ClientId, clock: number): string | null {
    const range = this.#authors.get(client)?.findLast((one) => one.clock <= clock)
    return range?.user ?? null
  }

  /** Replaces the snapshot by a fold of what was read; null where it covers no more than the old one. */
  compact(stored: StoredContent): Folded | null {
    const through: Seq = stored.head
    if (through <= (this.#snapshot?.through ?? 0)) return null
    const { waiting, ...folded } = fold(stored)
    this.#snapshot = { ...folded, through }
    return {
      updates: stored.tail.length,
      updateBytes: stored.tail.reduce((bytes, update) => bytes + update.length, 0),
      snapshotBytes: this.#snapshot.bytes.length,
      quarantined: [],
      waiting:
        waiting === null ? null : { appended: this.append([waiting]), bytes: waiting.length },
    }
  }

  /** True if every struct and every delete of the update is in the log. */
  holds(update: Update): boolean {
    const { structs, deletes } = contentsOf(update)
    return this.#structs.hasAll(structs) && this.#deletes.hasAll(deletes)
  }
}

const contentsOf = (update: Update) => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(`not an update: ${contents.error.message}`)
  return contents.value
}
