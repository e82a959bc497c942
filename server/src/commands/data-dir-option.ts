import { InvalidArgumentError, Option } from 'commander'
import { describeOption, optionRows } from '../config.ts'

/** What the option below leaves in a command's options. */
export interface DataDirOption {
  readonly dataDir: string
}

/** A variable that is there and empty would be the directory that one happens to be in. */
const directory = (given: string): string => {
  if (given === '') throw new InvalidArgumentError('It must not be empty.')
  return given
}

/** `--data-dir` of a command that reads or writes documents: the row of the server's own table. */
export const dataDirOption = (): Option => {
  const row = optionRows.find(({ key }) => key === 'dataDir')
  if (row === undefined) throw new Error('the table of options has no dataDir')
  const { flag, env, fallback, unit } = row
  return new Option(`--${flag} <${unit}>`, describeOption(row))
    .env(env)
    .default(fallback)
    .argParser(directory)
}
