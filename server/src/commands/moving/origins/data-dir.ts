import type { Content } from '../../../ports/content.ts'
import type { DocumentFacts } from '../../../ports/storage.ts'
import { documentLine } from '../../../http/api/bulk-lines.ts'
import { openSqliteReading, type SqliteReading } from '../../../storage/sqlite/reading.ts'
import type { Exported, Origin } from '../origin.ts'

/** Documents that are listed at a time. */
const PAGE = 100

const listed = async function* (
  storage: SqliteReading,
  prefix: string,
): AsyncGenerator<DocumentFacts, void> {
  let after: DocumentFacts | null = null
  for (;;) {
    const question = { prefix, search: '', after, limit: PAGE, which: 'present' } as const
    const page = await storage.list(question)
    if (!page.ok) throw new Error(page.error.message)
    yield* page.value
    after = page.value.at(-1) ?? null
    if (page.value.length < PAGE) return
  }
}

/** What there is of a document, null where it was purged meanwhile. */
const exportedOf = async (
  storage: SqliteReading,
  content: Content,
  facts: DocumentFacts,
): Promise<Exported | null> => {
  const failed = (detail: string): Exported => ({ kind: 'failed', name: facts.name, detail })
  const stored = await storage.read(facts.id)
  if (!stored.ok && stored.error.kind === 'unknown-document') return null
  if (!stored.ok) return failed(stored.error.message)
  const { snapshot, tail, head } = stored.value
  const merged = await content.merge([...(snapshot === null ? [] : [snapshot]), ...tail])
  if (!merged.ok) return failed(merged.error.message)
  const authors = await storage.authors(facts.id)
  if (!authors.ok) return failed(authors.error.message)
  const line = documentLine(facts, {
    sequence: head,
    update: merged.value,
    authors: authors.value,
  })
  return { kind: 'document', line }
}

/** A data directory, which another process may own: it is only read, each document as the disk has it at its turn. */
export const openDataDirOrigin = (dataDir: string, content: Content, prefix: string): Origin => {
  const opened = openSqliteReading(dataDir)
  if (!opened.ok) throw new Error(opened.error.message)
  const { value: storage } = opened
  return {
    async *documents() {
      for await (const facts of listed(storage, prefix)) {
        const exported = await exportedOf(storage, content, facts)
        if (exported !== null) yield exported
      }
    },
    close: () => storage.close(),
  }
}
