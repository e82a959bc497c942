import { constants, setPriority } from 'node:os'
import type { Command } from 'commander'
import { err, ok } from '@quire/shared'
import { countFrom } from './counts.ts'
import { dataDirOption, type DataDirOption } from './data-dir-option.ts'
import { setWork } from './output.ts'
import { formatBytes } from './progress.ts'

interface BackupFlags extends DataDirOption {
  readonly keep?: number
  readonly maxWalBytes: number
}

/** With 50 people writing it grew by 1.4 MB a second (DESIGN.md): twelve minutes of that, in which 100 GB are copied. */
const MAX_WAL_BYTES = 1024 ** 3

/** `quire backup`: all documents into a folder, also while a server writes to them. */
export const registerBackup = (program: Command): void => {
  const command = program
    .command('backup')
    .description(
      'Backs all documents up to a folder, also while a server runs on them; what an earlier backup there has is not copied again.',
    )
    .argument(
      '<folder>',
      'Where backups are kept; made if it is missing, outside of the data directory.',
    )
    .addOption(dataDirOption())
    .option(
      '--keep <count>',
      'Backups that stay in the folder, the newest ones; without it all do.',
      countFrom(1),
    )
    .option(
      '--max-wal-bytes <bytes>',
      'Most that the write-ahead log may grow by while the database is copied, as it cannot be emptied meanwhile.',
      countFrom(1),
      MAX_WAL_BYTES,
    )
  setWork(command, async ({ signal, progress, note }) => {
    const { backUp } = await import('../storage/sqlite/backup/create.ts')
    const { programVersion } = await import('./version.ts')
    const { dataDir, keep = null, maxWalBytes } = command.opts<BackupFlags>()
    const [target = ''] = command.args
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL) // people write at the same time
    const startedAt = performance.now()
    const copying = progress('copying', 'bytes')
    const writing = progress('writing', 'bytes')
    const done = await backUp({
      dataDir,
      target,
      keep,
      maxWalBytes,
      signal,
      version: programVersion(),
      onCopied: (bytes, total) => copying.at(bytes, total),
      onWritten: (bytes, total) => {
        copying.end()
        writing.at(bytes, total)
        if (bytes === total) writing.end()
      },
    })
    if (!done.ok)
      return err({
        kind: done.error.kind === 'target' ? 'usage' : 'failed',
        message: done.error.message,
      })
    const ms = Math.round(performance.now() - startedAt)
    const { at, documents, bytes, newBytes, newChunks, chunks, pruned, unpruned } = done.value
    const unread = pruned?.unread ?? []
    if (unpruned !== null) note(unpruned)
    for (const path of unread)
      note(
        `${path} does not read as a backup: no chunks were removed, for it may need them; remove it or mend it`,
      )
    const gone =
      pruned === null ? [] : [`${pruned.backups} older backups and ${pruned.chunks} chunks removed`]
    return ok({
      report: { ...done.value, copyMs: Math.round(done.value.copyMs), ms },
      lines: [
        `${at}: ${documents} documents, ${formatBytes(bytes)} in ${chunks} chunks, ` +
          `of which ${newChunks} are new and take ${formatBytes(newBytes)}; ${(ms / 1000).toFixed(1)} s`,
        ...gone,
      ],
      hasFindings: unread.length > 0 || unpruned !== null,
    })
  })
}
