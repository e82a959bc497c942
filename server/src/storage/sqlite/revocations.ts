/* What logins may not do any more. All of it is read when a server starts, and kept in memory by who asks. */
import type { Database } from 'better-sqlite3'
import { type Millis, ok } from '@quire/shared'
import type { Revocation, Revocations } from '../../ports/storage.ts'
import type { Handlers, WriterOperations } from './operations.ts'
import type { Thread } from './thread.ts'
import { committingOn } from './transaction.ts'

/** What revocations ask of the writer thread; it reads them as well, for reading drops what has ended. */
export interface RevocationOperations {
  revoke: { ask: Omit<Revocation, 'id'>; answer: Revocation }
  revocations: { ask: Millis; answer: readonly Revocation[] }
  unrevoke: { ask: number; answer: boolean }
}

/** The thread's side. */
export const createRevocations = (db: Database, file: string): Handlers<RevocationOperations> => {
  const committing = committingOn(db, file)
  const insert = db.prepare<Omit<Revocation, 'id'>>(`
    INSERT INTO revocations (user, document, token, access, at, until)
    VALUES (:user, :document, :token, :access, :at, :until)`)
  const dropEnded = db.prepare<[number]>('DELETE FROM revocations WHERE until <= ?')
  const all = db.prepare<[], Revocation>(
    'SELECT id, user, document, token, access, at, until FROM revocations ORDER BY id',
  )
  const remove = db.prepare<[number]>('DELETE FROM revocations WHERE id = ?')
  return {
    revoke: (revocation) =>
      committing('store a revocation', () =>
        ok({ id: Number(insert.run(revocation).lastInsertRowid), ...revocation }),
      ),
    revocations: (now) =>
      committing('read the revocations', () => {
        dropEnded.run(now)
        return ok(all.all())
      }),
    unrevoke: (id) =>
      committing(`take revocation ${id} back`, () => ok(remove.run(id).changes > 0)),
  }
}

/** Revocations as they are asked of the thread. */
export const askRevocations = (writer: Thread<WriterOperations>): Revocations => ({
  revoke: ({ user, document, token, access, at, until }) =>
    writer.ask('revoke', { user, document, token, access, at, until }),
  revocations: (now) => writer.ask('revocations', now),
  unrevoke: (id) => writer.ask('unrevoke', id),
})
