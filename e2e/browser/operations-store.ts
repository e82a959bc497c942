/* A data directory with ten thousand documents in it, as the page of operations has to work with. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@quire/server'
import type { DocName, Millis, Update } from '@quire/shared'
import { parseDocName } from '@quire/shared'
import * as Y from 'yjs'

/** Documents that are made at a time: the storage commits one after the other. */
const AT_ONCE = 200

/** The name of one of them. */
export const storedName = (index: number): string =>
  `team-${index % 40}/notes-${String(index).padStart(5, '0')}`

const nameOf = (raw: string): DocName => {
  const name = parseDocName(raw)
  if (!name.ok) throw new Error(name.error.message)
  return name.value
}

/** Fills a new data directory with documents; the caller removes it. */
export const fillStore = async (documents: number): Promise<string> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-operations-'))
  const storage = await sqliteStorage({ dataDir, synchronous: 'normal' })
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'A note like many others. '.repeat(8))
  const update = Y.encodeStateAsUpdate(doc) as Update // of a document it is one
  const at = Date.now() as Millis // a wall clock's
  for (let first = 0; first < documents; first += AT_ONCE) {
    const made = Array.from({ length: Math.min(AT_ONCE, documents - first) }, (_, i) =>
      storage.create(nameOf(storedName(first + i)), {
        key: null,
        seed: { update, authors: [] },
        at,
      }),
    )
    for (const one of await Promise.all(made)) if (!one.ok) throw new Error(one.error.message)
  }
  await storage.close()
  return dataDir
}
