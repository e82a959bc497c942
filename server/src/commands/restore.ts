import type { Command } from 'commander'
import { err, ok } from '@quire/shared'
import { dataDirOption, type DataDirOption } from './data-dir-option.ts'
import { setWork } from './output.ts'
import { formatBytes } from './progress.ts'
import { timeProblem } from './times.ts'

interface RestoreFlags extends DataDirOption {
  readonly at?: string
  readonly replace?: true
}

/** `quire restore`: a backup becomes what a data directory holds. */
export const registerRestore = (program: Command): void => {
  const command = program
    .command('restore')
    .description(
      'Puts a backup into a data directory on which no server runs. Each part of it is checked before anything is changed.',
    )
    .argument('<folder>', 'Where the backups are.')
    .addOption(dataDirOption())
    .option(
      '--at <time>',
      'The newest backup that is not of after this time (ISO 8601); without it the newest one.',
    )
    .option(
      '--replace',
      'Puts documents that are there aside, in a file with the time in its name.',
    )
  setWork(command, async ({ signal, progress }) => {
    const { restore } = await import('../storage/sqlite/backup/restore.ts')
    const { dataDir, at, replace = false } = command.opts<RestoreFlags>()
    const [target = ''] = command.args
    const wrong = timeProblem(at)
    if (wrong !== null) return err({ kind: 'usage', message: wrong })
    const restoring = progress('restoring', 'bytes')
    const done = await restore({
      target,
      at,
      dataDir,
      replace,
      signal,
      now: new Date(),
      onBytes: (bytes, total) => restoring.at(bytes, total),
    })
    restoring.end()
    if (!done.ok) return err({ kind: 'failed', message: done.error.message })
    const { manifest, replaced } = done.value
    const { chunks: _, ...facts } = manifest
    const aside = replaced === null ? [] : [`what was there is in ${replaced}`]
    return ok({
      report: { ...facts, replaced },
      lines: [
        `${dataDir} is as it was at ${manifest.at}: ${manifest.documents} documents, ${formatBytes(manifest.bytes)}`,
        ...aside,
      ],
      hasFindings: false,
    })
  })
}
