/* Everything that is stored of a document, read part by part: one that cannot be read does not hide the others. */
import type { Database } from 'better-sqlite3'
import { messageOf } from '../message-of.ts'
import { updateBytes } from '../../storage/sqlite/large-updates.ts'
import { headOfDocument } from '../../storage/sqlite/log-reader.ts'

interface NameRow {
  readonly name: string
  readonly head: number
  readonly isDeleted: 0 | 1
}

interface SnapshotRow {
  readonly through: number
  readonly stateVector: Uint8Array
  readonly deleteSet: Uint8Array
  readonly bytes: Uint8Array
  /** Null where it has none. */
  readonly index: Uint8Array | null
}

interface UpdateRow {
  readonly seq: number
  /** Null where its row names bytes that are missing. */
  readonly bytes: Uint8Array | null
}

interface AuthorRow {
  readonly client: number
  readonly clock: number
}

interface VersionRow {
  readonly id: number
  readonly seq: number
  readonly bytes: number
  readonly deflated: Uint8Array | null
}

interface PatchPartRow {
  readonly patch: number
  readonly number: number
  readonly hash: Uint8Array
  readonly bytes: Uint8Array
}

/** A document's rows. A part that cannot be read is empty, and told of in `unread`. */
export interface StoredDocument {
  readonly name: NameRow | undefined
  readonly snapshot: SnapshotRow | undefined
  readonly tail: readonly UpdateRow[]
  readonly quarantine: readonly UpdateRow[]
  readonly authors: readonly AuthorRow[]
  readonly versions: readonly VersionRow[]
  readonly parts: readonly PatchPartRow[]
  /** Sentences. */
  readonly unread: readonly string[]
}

/** Makes what reads one, as of one commit. */
export const documentReader = (db: Database): ((id: number) => StoredDocument) => {
  const name = db.prepare<[number], NameRow>(`
    SELECT coalesce(deleted_documents.name, documents.name) AS name, ${headOfDocument} AS head,
           doc IS NOT NULL AS isDeleted
    FROM documents LEFT JOIN deleted_documents ON doc = id WHERE id = ?`)
  const snapshot = db.prepare<[number], SnapshotRow>(`
    SELECT snapshots.through_seq AS through, state_vector AS stateVector, delete_set AS deleteSet,
           snapshots.bytes, snapshot_indexes.bytes AS "index"
    FROM snapshots LEFT JOIN snapshot_indexes
      ON snapshot_indexes.doc = snapshots.doc AND snapshot_indexes.through_seq = snapshots.through_seq
    WHERE snapshots.doc = ?`)
  const tail = db.prepare<[number], UpdateRow>(
    `SELECT seq, ${updateBytes} AS bytes FROM updates WHERE doc = ? ORDER BY seq`,
  )
  const quarantine = db.prepare<[number], UpdateRow>(
    'SELECT seq, bytes FROM quarantine WHERE doc = ? ORDER BY seq',
  )
  const authors = db.prepare<[number], AuthorRow>('SELECT client, clock FROM authors WHERE doc = ?')
  const versions = db.prepare<[number], VersionRow>(`
    SELECT id, seq, bytes, deflated FROM versions LEFT JOIN version_states ON version = id
    WHERE doc = ? ORDER BY id`)
  const parts = db.prepare<[number], PatchPartRow>(`
    SELECT patch, number, hash, patch_parts.bytes FROM patches JOIN patch_parts ON patch = id
    WHERE doc = ? ORDER BY patch, number`)

  return (id) => {
    const unread: string[] = []
    const reading = <T>(what: string, read: () => T, otherwise: T): T => {
      try {
        return read()
      } catch (thrown) {
        unread.push(`${what} cannot be read: ${messageOf(thrown)}`)
        return otherwise
      }
    }
    db.exec('BEGIN')
    try {
      return {
        name: reading('its name', () => name.get(id), undefined),
        snapshot: reading('its snapshot', () => snapshot.get(id), undefined),
        tail: reading('its updates', () => tail.all(id), []),
        quarantine: reading('its quarantine', () => quarantine.all(id), []),
        authors: reading('its authors', () => authors.all(id), []),
        versions: reading('its versions', () => versions.all(id), []),
        parts: reading('its patches', () => parts.all(id), []),
        unread,
      }
    } finally {
      if (db.inTransaction) db.exec('ROLLBACK')
    }
  }
}
