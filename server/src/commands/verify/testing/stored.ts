/* A data directory with a document of everything that can be stored of one, and some beside it. */
import { join } from 'node:path'
import { clientId, millis, type DocId, type Update } from '@quire/shared'
import { Doc } from 'yjs'
import { fold } from '../../../content/fold.ts'
import { nameOf, unwrap } from '../../../storage/contract/fixture.ts'
import { openSqliteStorage } from '../../../storage/sqlite/open.ts'
import { temporaryDir } from '../../../storage/sqlite/testing/temporary-dir.ts'
import type { Snapshot, Storage } from '../../../ports/storage.ts'

const at = millis(1_700_000_000_000)

/** The updates of somebody who writes words, as client 7. */
export const typed = (words: readonly string[], client = 7): readonly Update[] => {
  const doc = new Doc()
  doc.clientID = client
  const updates: Update[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update as Update)) // Yjs made it
  const text = doc.getText('text')
  for (const word of words) text.insert(text.length >> 1, word)
  text.delete(0, 3)
  return updates
}

/** The snapshot that a fold of a log up to `through` makes. */
export const folded = (updates: readonly Update[], through: number): Snapshot => {
  const { bytes, stateVector, deleteSet, index } = fold({
    snapshot: null,
    tail: updates.slice(0, through),
  })
  return { through: through as Snapshot['through'], bytes, stateVector, deleteSet, index }
}

const write = async (
  storage: Storage,
  name: string,
  updates: readonly Update[],
): Promise<DocId> => {
  const { id } = unwrap(await storage.open(nameOf(name)))
  const author = { client: clientId(7), clock: 0, user: 'ann' }
  unwrap(await storage.append([{ doc: id, updates, authors: [author] }], at))
  return id
}

/** Makes the directory; returns its database. */
export const storedDocuments = async (): Promise<string> => {
  const dataDir = temporaryDir()
  const storage = unwrap(await openSqliteStorage({ dataDir, now: () => at }))
  const updates = typed(Array.from({ length: 40 }, (_, i) => `word ${i} of several, `))
  const id = await write(storage, 'all of it', updates)
  unwrap(await storage.compact(id, folded(updates, 30), []))
  const [first = updates[0]] = updates
  if (first === undefined) throw new Error('there is no update')
  const version = { seq: 1 as Snapshot['through'], at, name: 'first', author: null, update: first }
  unwrap(await storage.keepVersion(id, version, { unnamed: 10, named: 10 }))
  const part = { user: 'bob', at, update: first }
  unwrap(await storage.keepPatch(id, part, { users: 1, bytesPerUser: 1_000 }))
  for (let i = 0; i < 20; i++)
    await write(storage, `beside/${i}`, typed([`one ${i}`, 'x'.repeat(2_000), 'three']))
  const gone = await write(storage, 'gone', typed(['gone with it']))
  unwrap(await storage.remove(gone, at))
  await storage.close()
  return join(dataDir, 'quire.db')
}
