import { millis, type DocName, type Update } from '@quire/shared'
import type { Content } from '../../../ports/content.ts'
import type { Storage, StorageProblem } from '../../../ports/storage.ts'
import { openSqliteStorage } from '../../../storage/sqlite/open.ts'
import { openSqliteReading } from '../../../storage/sqlite/reading.ts'
import type { Made, NewDocument, Target } from '../target.ts'
import { isNothing } from '../whole.ts'

const orThrow = <T>(
  result: { readonly ok: true; readonly value: T } | { ok: false; error: StorageProblem },
): T => {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** The whole document of a name; null where there is none. */
const readWhole = async (
  storage: Pick<Storage, 'find' | 'read'>,
  content: Content,
  name: DocName,
): Promise<Update | null> => {
  const facts = orThrow(await storage.find(name))
  if (facts === null) return null
  const { snapshot, tail } = orThrow(await storage.read(facts.id))
  const merged = await content.merge([...(snapshot === null ? [] : [snapshot]), ...tail])
  if (!merged.ok) throw new Error(`document ${JSON.stringify(name)}: ${merged.error.message}`)
  return merged.value
}

const now = () => millis(Date.now())

const append = async (storage: Storage, document: NewDocument): Promise<void> => {
  const { id } = orThrow(await storage.open(document.name))
  const { update } = document.contents
  orThrow(await storage.append([{ doc: id, updates: [update] }], now()))
}

const create = async (storage: Storage, document: NewDocument): Promise<Made> => {
  const { name, contents, authors, createdAt, key } = document
  const seed = isNothing(contents) ? null : { update: contents.update, authors }
  const { kind, facts } = orThrow(await storage.create(name, { key, seed, at: createdAt ?? now() }))
  if (kind === 'repeated' && facts.deletedAt !== null)
    return { kind: 'refused', reason: 'it was imported before, and has been deleted since' }
  if (kind === 'repeated' && facts.name !== name)
    return { kind: 'refused', reason: `it was imported before, as ${JSON.stringify(facts.name)}` }
  return { kind }
}

/** A data directory, which belongs to this process until it is closed. Throws where it cannot. */
export const openDataDirTarget = async (dataDir: string, content: Content): Promise<Target> => {
  const opened = await openSqliteStorage({ dataDir })
  if (!opened.ok) {
    const { kind, message } = opened.error
    const hint = kind === 'in-use' ? '. To import into the running server, name it: --url URL' : ''
    throw new Error(message + hint)
  }
  const storage = opened.value
  return {
    read: (name) => readWhole(storage, content, name),
    create: (document) => create(storage, document),
    merge: async (document) => {
      await append(storage, document)
      return null
    },
    close: () => storage.close(),
  }
}

/** What is in a data directory, for a try that changes nothing; nothing where it is not there yet. */
export const openDataDirToRead = (
  dataDir: string,
  content: Content,
): Pick<Target, 'read' | 'close'> => {
  const opened = openSqliteReading(dataDir)
  if (!opened.ok && opened.error.kind === 'no-database')
    return { read: () => Promise.resolve(null), close: () => Promise.resolve() }
  if (!opened.ok) throw new Error(opened.error.message)
  const { value: reading } = opened
  return { read: (name) => readWhole(reading, content, name), close: () => reading.close() }
}
