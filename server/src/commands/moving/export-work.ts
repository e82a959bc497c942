/* `quire export`. */
import { err, ok } from '@quire/shared'
import { createContent } from '../../content/threaded.ts'
import { systemClock } from '../../runtime/system-clock.ts'
import type { Output, Work } from '../output.ts'
import type { ContentKind } from './folder-manifest.ts'
import { openDataDirOrigin } from './origins/data-dir.ts'
import { serverOrigin } from './origins/server.ts'
import { listFindings } from './findings.ts'
import { serverClient } from './server-client.ts'
import { whereOf, type Where, type WhereOptions } from './where.ts'
import { writeFolder, writeLines } from './write-export.ts'
import { formatBytes } from '../progress.ts'

/** The options of the command. */
export interface ExportOptions extends WhereOptions {
  readonly prefix: string
  readonly format?: 'ndjson' | 'folder'
  readonly as: ContentKind
  readonly field?: string
  readonly force?: true
  readonly maxDocumentBytes: number
}

/** Exports documents to a file, a folder or standard output. */
export const exportDocuments = async (
  to: string,
  options: ExportOptions,
  output: Output,
): ReturnType<Work> => {
  const { as, field = null, prefix, force = false, maxDocumentBytes: documentBytes } = options
  const format = options.format ?? (as === 'update' ? 'ndjson' : 'folder')
  if (format === 'ndjson' && as !== 'update')
    return err({ kind: 'usage', message: `lines hold updates: --as ${as} needs --format folder` })
  if (field !== null && as === 'update')
    return err({ kind: 'usage', message: '--field: an update is of all Yjs types of a document' })
  if (format === 'folder' && to === '-')
    return err({ kind: 'usage', message: 'a folder cannot be written to standard output' })
  const where = await whereOf(options)
  if (!where.ok) return where
  const content = createContent(systemClock, { collectGarbage: true })
  const progress = output.progress('exporting', 'documents')
  try {
    const origin = originOf(where.value)
    try {
      const { signal } = output
      const all = { origin, signal, onProgress: (done: number) => progress.at(done) }
      const written =
        format === 'ndjson'
          ? await writeLines(all, to, force)
          : await writeFolder({ ...all, content, as, field }, to, force)
      progress.end()
      const { documents, bytes, findings, found } = written
      const lines = [
        `${documents} documents exported, ${formatBytes(bytes)}`,
        ...listFindings(findings, found),
      ]
      const done = { report: { ...written }, hasFindings: found > 0 }
      if (to !== '-') return ok({ ...done, lines })
      for (const line of lines) output.note(line) // standard output has the documents
      return ok({ ...done, lines: [] })
    } finally {
      await origin.close()
    }
  } finally {
    progress.end()
    await content.close()
  }

  function originOf(at: Where) {
    if (at.kind === 'data-dir') return openDataDirOrigin(at.dataDir, content, prefix)
    return serverOrigin(serverClient(at, output.signal), at.url, { prefix, documentBytes })
  }
}
