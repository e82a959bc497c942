import { type Command, Option } from 'commander'
import { addMovingOptions, whereOptions } from './moving-options.ts'
import type { ImportOptions } from './moving/import-work.ts'
import { sourceKinds } from './moving/source-kinds.ts'
import { setWork } from './output.ts'

/** `quire import`: documents of other servers, or of an export. */
export const registerImport = (program: Command): void => {
  const command = addMovingOptions(
    program
      .command('import')
      .description(
        'Reads documents from an export, from another server’s store, or from files. The same again goes on where it was cut.',
      )
      .argument('<source>', 'A file or folder, or - for an export on standard input.'),
  )
    .addOption(
      new Option('--from <kind>', 'What the source is.')
        .choices(['auto', ...sourceKinds])
        .default('auto'),
    )
    .option('--prefix <prefix>', 'Put before each name.', '')
    .addOption(
      new Option(
        '--existing <rule>',
        'What becomes of a document that is there and lacks what the source has.',
      )
        .choices(['skip', 'merge', 'fail'])
        .default('skip'),
    )
    .option(
      '--field <name>',
      'The Yjs type that Markdown, HTML, JSON or text goes to; absent: where the editor writes.',
    )
    .option('--dry-run', 'Reads everything, says what would be done, and changes nothing.')
  setWork(command, async (output) => {
    const { importDocuments } = await import('./moving/import-work.ts')
    const options = { ...command.opts<ImportOptions>(), ...whereOptions(command) }
    return importDocuments(command.args[0] ?? '', options, output)
  })
}
