import { type Command, Option } from 'commander'
import { addMovingOptions, whereOptions } from './moving-options.ts'
import type { ExportOptions } from './moving/export-work.ts'
import { contentKinds } from './moving/folder-manifest.ts'
import { setWork } from './output.ts'

/** `quire export`: documents in an open format. */
export const registerExport = (program: Command): void => {
  const command = addMovingOptions(
    program
      .command('export')
      .description(
        'Writes documents to a file, a folder, or standard output (-), in an open format that quire import reads. A server may run meanwhile.',
      )
      .argument('<to>', 'A file or folder that is not there yet, or - for standard output.'),
  )
    .option('--prefix <prefix>', 'Only documents whose names begin so.', '')
    .addOption(
      new Option(
        '--format <format>',
        'One file of JSON lines, or a folder with a file for each document. Default: ndjson for updates, folder for the rest.',
      ).choices(['ndjson', 'folder']),
    )
    .addOption(
      new Option(
        '--as <kind>',
        'What a file of a folder holds; only updates are all of a document.',
      )
        .choices(contentKinds)
        .default('update'),
    )
    .option(
      '--field <name>',
      'The Yjs type that Markdown, HTML, JSON or text is read of; absent: where the editor writes.',
    )
    .option('--force', 'Replaces files that are there.')
  setWork(command, async (output) => {
    const { exportDocuments } = await import('./moving/export-work.ts')
    const options = { ...command.opts<ExportOptions>(), ...whereOptions(command) }
    return exportDocuments(command.args[0] ?? '', options, output)
  })
}
