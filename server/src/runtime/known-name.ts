import { ok, type DocName, type Result } from '@quire/shared'
import type { Catalogue, StorageProblem } from '../ports/storage.ts'

/**
 * False for a name that no document has and none was deleted under: to open its room would make one, and who only reads
 * is to make nothing. A deleted one's is known: the room says that it was deleted.
 */
export const isKnownName = async (
  storage: Pick<Catalogue, 'find' | 'list'>,
  name: DocName,
): Promise<Result<boolean, StorageProblem>> => {
  const facts = await storage.find(name)
  if (!facts.ok) return facts
  if (facts.value !== null) return ok(true)
  // the first of its own name, should there be any
  const question = { prefix: name, search: '', after: null, limit: 1, which: 'deleted' } as const
  const deleted = await storage.list(question)
  return deleted.ok ? ok(deleted.value[0]?.name === name) : deleted
}
