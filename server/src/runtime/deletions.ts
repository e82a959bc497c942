/*
 * Documents that are deleted, made and undeleted while clients are at them (R21). On disk first: where that fails,
 * nobody has noticed anything.
 */
import { err, ok, type DocId, type DocName, type Result } from '@quire/shared'
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

/** Deletes documents and takes it back. */
export class Deletions {
  readonly #ports: DeletionPorts

  constructor(ports: DeletionPorts) {
    this.#ports = ports
  }

  /** Deletes a document, and closes who is at it; null: there is none of that name. */
  async delete(name: DocName): Promise<Result<DocumentFacts | null, StorageProblem>> {
    const { storage, clock, rooms } = this.#ports
    const found = await storage.find(name)
    if (!found.ok) return found
    if (found.value === null) return this.#expelDeleted(name)
    const { id } = found.value
    const removed = await storage.remove(id, clock.wall())
    // what is still on its way to disk goes to the document that is deleted: it has its id
    if (removed.ok) this.#expel(name, id)
    // it opens that one, or the next one, or hears of neither: who waits for it comes back for what there is
    if (removed.ok && rooms.documentOf(name) === null)
      rooms.expel(name, 'tryAgainLater', 'the document was deleted as it was opened')
    return removed
  }

  /** Sends away who is at a document that was deleted by an attempt that heard nothing of its success. */
  async #expelDeleted(name: DocName): Promise<Result<null, StorageProblem>> {
    const { storage, rooms } = this.#ports
    const doc = rooms.documentOf(name)
    if (doc === null) return ok(null)
    // it may have been made since it was asked for; if it is not there now, it was deleted
    const found = await storage.find(name)
    if (!found.ok) return found
    if (found.value?.id !== doc) this.#expel(name, doc)
    return ok(null)
  }

  /** Another document of that name may be open by now: who is at that one stays. */
  #expel(name: DocName, doc: DocId): void {
    const { rooms } = this.#ports
    if (rooms.documentOf(name) === doc) rooms.expel(name, 'deleted', 'the document was deleted')
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
      const undoDeadline = clock.after(EXPELLED_MS, () => {
        undoWait()
        resolve(false)
      })
      const undoWait = rooms.whenEnded(doc, () => {
        undoDeadline()
        resolve(true)
      })
    })
  }
}
