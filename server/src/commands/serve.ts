import { type Command, Option } from 'commander'
import { describeOption, optionRows, readConfig } from '../config.ts'
import { exitCodes } from './exit-codes.ts'

/** `quire serve`, also without its name: one server process. The server is loaded when it is to run. */
export const registerServe = (program: Command): void => {
  const command = program
    .command('serve', { isDefault: true })
    .description('Starts one server process.')
  for (const row of optionRows)
    command.addOption(new Option(`--${row.flag} <value>`, describeOption(row)).env(row.env))
  command.action(async () => {
    // only what stood on the command line: the table reads the environment itself
    const flags: Record<string, string> = {}
    for (const { key } of optionRows)
      if (command.getOptionValueSource(key) === 'cli') flags[key] = command.opts()[key]
    const config = readConfig(flags, process.env)
    if (!config.ok) {
      for (const problem of config.error) process.stderr.write(`quire: ${problem}\n`)
      process.exit(exitCodes.usage)
    }
    const { runServer } = await import('./serve-process.ts')
    await runServer(config.value)
  })
}
