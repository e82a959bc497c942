import { type Command, InvalidArgumentError, Option } from 'commander'
import { dataDirOption } from './data-dir-option.ts'
import type { WhereOptions } from './moving/where.ts'

/** Largest document that is moved: each is held whole, as text and as bytes; one of 48 MiB took 0.7 GB. */
const DOCUMENT_BYTES = 64 * 1024 * 1024
/** What Node can hold as one text, in base64. */
const MOST_DOCUMENT_BYTES = 256 * 1024 * 1024

const byteCount = (raw: string): number => {
  const value = /^\d{1,12}$/.test(raw) ? Number(raw) : 0
  if (value < 1 || value > MOST_DOCUMENT_BYTES)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_DOCUMENT_BYTES}.`)
  return value
}

/** The options by which a command finds the documents it moves, and their bound. */
export const addMovingOptions = (command: Command): Command =>
  command
    .addOption(dataDirOption())
    .addOption(
      new Option(
        '--url <url>',
        'A running server, in the place of a data directory: its address, with the path that Quire is mounted at.',
      ),
    )
    .option(
      '--token-file <file>',
      'Where the token for --url is, instead of in QUIRE_TOKEN. It must be an application’s (without sub).',
    )
    .addOption(
      new Option(
        '--max-document-bytes <bytes>',
        'Largest document that is moved, bytes; larger ones are left out, and listed.',
      )
        .argParser(byteCount)
        .default(DOCUMENT_BYTES),
    )

/** Where the documents are, as the options and the environment say. */
export const whereOptions = (command: Command): WhereOptions => ({
  ...command.opts<WhereOptions>(),
  token: process.env['QUIRE_TOKEN'] || null,
  isDataDirGiven: command.getOptionValueSource('dataDir') === 'cli',
})
