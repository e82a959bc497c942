/* `quire import`. */
import { ok } from '@quire/shared'
import { createContent } from '../../content/threaded.ts'
import type { Content } from '../../ports/content.ts'
import { systemClock } from '../../runtime/system-clock.ts'
import type { Output, Work } from '../output.ts'
import { formatBytes } from '../progress.ts'
import { carry, type CarryOptions, type Existing } from './carry.ts'
import { listFindings } from './findings.ts'
import { openSource } from './open-source.ts'
import type { SourceKind } from './source-kinds.ts'
import { serverClient } from './server-client.ts'
import { openDataDirTarget, openDataDirToRead } from './targets/data-dir.ts'
import { serverTarget } from './targets/server.ts'
import { whereOf, type Where, type WhereOptions } from './where.ts'

/** The options of the command. */
export interface ImportOptions extends WhereOptions {
  readonly from: SourceKind | 'auto'
  readonly prefix: string
  readonly existing: Existing
  readonly field?: string
  readonly dryRun?: true
  readonly maxDocumentBytes: number
}

type Opened = CarryOptions['target'] & { close(): Promise<void> }

const openTarget = async (
  where: Where,
  { prefix, isDry, content }: { prefix: string; isDry: boolean; content: Content },
  signal: AbortSignal,
): Promise<Opened> => {
  if (where.kind === 'data-dir' && isDry) {
    const reading = openDataDirToRead(where.dataDir, content)
    return { ...reading, write: null }
  }
  const target =
    where.kind === 'data-dir'
      ? await openDataDirTarget(where.dataDir, content)
      : serverTarget(serverClient(where, signal), where.url, prefix)
  return {
    read: (name) => target.read(name),
    write: isDry ? null : target,
    close: () => target.close(),
  }
}

/** Imports what a source has. */
export const importDocuments = async (
  path: string,
  options: ImportOptions,
  output: Output,
): ReturnType<Work> => {
  const { from, prefix, existing, field = null, dryRun: isDry = false, maxDocumentBytes } = options
  const where = await whereOf(options)
  if (!where.ok) return where
  const { signal } = output
  const { kind, source } = await openSource(path, from, { documentBytes: maxDocumentBytes, signal })
  const content = createContent(systemClock, { collectGarbage: true })
  const progress = output.progress(isDry ? 'looking' : 'importing', 'documents')
  let target: Opened | null = null
  try {
    target = await openTarget(where.value, { prefix, isDry, content }, signal)
    const carried = await carry({
      source,
      target,
      content,
      existing,
      prefix,
      field,
      documentBytes: maxDocumentBytes,
      signal,
      onProgress: (done) =>
        source.total === null ? progress.at(done) : progress.at(done, source.total),
    })
    progress.end()
    const { documents, created, merged, present, skipped, verified, bytes } = carried
    const counted = [
      [created, isDry ? 'would be created' : 'created'],
      [merged, isDry ? 'would be merged' : 'merged'],
      [present, 'there already'],
      [skipped, 'left out'],
    ] as const
    const told = counted.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`)
    const all = `${documents} documents in ${kind}${told.length > 0 ? `: ${told.join(', ')}` : ''}`
    const written = isDry ? [] : [`${verified} verified, ${formatBytes(bytes)} written`]
    return ok({
      report: { from: kind, dryRun: isDry, ...carried },
      lines: [all, ...written, ...listFindings(carried.findings, carried.found)],
      hasFindings: carried.found > 0,
    })
  } catch (thrown) {
    signal.throwIfAborted() // whatever it broke
    throw thrown
  } finally {
    progress.end()
    await source.close()
    await target?.close()
    await content.close()
  }
}
