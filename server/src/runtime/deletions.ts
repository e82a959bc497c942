/*
 * Documents that are deleted, made and undeleted while clients are at them (R21). On disk first: where that fails,
 * nobody has noticed anything.
 */
import { err, type DocId, type DocName, type Result } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type {
  DocumentCreated,
  DocumentCreation,
  DocumentFacts,
  Storage,
  StorageProblem,
} from '../ports/storage.ts'
import type { Rooms } from './rooms.ts'

/** Time for the room of a deleted document to save what it had accepted, before that is undeleted, milliseconds. */
const EXPELLED_MS = 5_000

/** What it takes. */
export interface DeletionPorts {
  readonly storage: Storage
  readonly clock: Clock
  readonly rooms: Rooms
}

const isOpen = (rooms: Rooms, name: DocName): boolean => {
  const phase = rooms.of(name)?.room.phase.kind
  return phase === 'live' || phase === 'closing'
}

/** Deletes documents and takes it back. */
export class Deletions {
  readonly #ports: DeletionPorts

  constructor(ports: DeletionPorts) {
    this.#ports = ports
  }

  /** Deletes a document, and closes who is at it; null: there is none of that name. */
  async delete(name: DocName): Promise<Result<DocumentFacts | null, StorageProblem>> {
    const { storage, clock, rooms } = this.#ports
    const expel = (): void => rooms.expel(name, 'deleted', 'the document was deleted')
    const found = await storage.find(name)
    if (!found.ok) return found
    // a room that is open has a document: it was deleted, by an attempt that heard nothing of its success
    if (found.value === null && isOpen(rooms, name)) expel()
    if (found.value === null) return found
    const removed = await storage.remove(found.value.id, clock.wall())
    // what is still on its way to disk goes to the document that is deleted: it has its id
    if (removed.ok) expel()
    return removed
  }

  /** Makes a document; who comes is let in from then on. */
  async create(
    name: DocName,
    creation: DocumentCreation,
  ): Promise<Result<DocumentCreated, StorageProblem>> {
    const created = await this.#ports.storage.create(name, creation)
    if (created.ok && created.value.kind === 'created') this.#notice(name)
    return created
  }

  /** Takes a deletion back; null: another document has the name. */
  async undelete(doc: DocId): Promise<Result<DocumentFacts | null, StorageProblem>> {
    // R1: what it had accepted before may be on its way to disk still
    if (!(await this.#hasEnded(doc))) {
      const message = `what document ${doc} had accepted before it was deleted is not on disk yet`
      return err({ kind: 'busy', message })
    }
    const undeleted = await this.#ports.storage.undelete(doc)
    if (undeleted.ok && undeleted.value !== null) this.#notice(undeleted.value.name)
    return undeleted
  }

  /** A room that knows the name as deleted, or is about to hear so, is none any more. */
  #notice(name: DocName): void {
    const { rooms } = this.#ports
    const phase = rooms.of(name)?.room.phase.kind
    if (phase === 'failed' || phase === 'loading')
      rooms.expel(name, 'tryAgainLater', 'the document was made as it was opened')
  }

  #hasEnded(doc: DocId): Promise<boolean> {
    const { clock, rooms } = this.#ports
    return new Promise((resolve) => {
      const undo = clock.after(EXPELLED_MS, () => resolve(false))
      void rooms.ended(doc).then(() => {
        undo()
        resolve(true)
      })
    })
  }
}
