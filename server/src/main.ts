/* The `quire` command. The environment is read here and nowhere else. */
import { getHeapStatistics } from 'node:v8'
import { Command, Option } from 'commander'
import { describeOption, optionRows, readConfig, type Config } from './config.ts'
import { createLog } from './observe/log.ts'
import { sampled } from './observe/sampled.ts'
import type { Undo } from './ports/undo.ts'
import { holdCall } from './runtime/held-call.ts'
import { collectWhenIdle } from './runtime/idle-collector.ts'
import { systemClock } from './runtime/system-clock.ts'
import { createUtilisation } from './runtime/utilisation.ts'
import { serve } from './serve.ts'
import { openSqliteStorage } from './storage/sqlite/open.ts'

// nobody reads them any more, which must not end a server: also Node's own warnings go to standard error
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const fail = (problems: readonly string[]): never => {
  for (const problem of problems) process.stderr.write(`quire: ${problem}\n`)
  process.exit(1)
}

const run = async (config: Config): Promise<void> => {
  // before anything is opened: a signal that comes while the server starts stops it as well. A second
  // one changes nothing, as the drain has its own deadline.
  const stop = Promise.withResolvers<void>()
  process.on('SIGTERM', () => stop.resolve())
  process.on('SIGINT', () => stop.resolve())
  // the certificate is read anew, also where it was changed while the server started. Without one the signal ends it.
  const reload = holdCall()
  if (config.tlsCert !== '') process.on('SIGHUP', reload.call)
  process.umask(0o077) // documents are nobody else's business, whoever made the data directory
  const observe = sampled(createLog(config.logLevel), {
    clock: systemClock,
    perSecond: config.maxLogLinesPerSecond,
  })
  const storage = await openSqliteStorage({
    dataDir: config.dataDir,
    synchronous: config.synchronous,
    migrationBackup: config.migrationBackup,
    observe,
  })
  if (!storage.ok) return fail([storage.error.message])
  const server = await serve(config, { storage: storage.value, observe })
  if (!server.ok) return fail([server.error])
  reload.found(() => server.value.reloadCertificate())
  process.stdout.write(`Quire listening on ${server.value.url}\n`)
  const { gc } = globalThis // where the command's first line was read (bin/quire.js)
  let stopCollecting: Undo = () => undefined
  if (gc !== undefined)
    stopCollecting = collectWhenIdle({
      clock: systemClock,
      bufferBytes: () => getHeapStatistics().external_memory,
      utilisation: createUtilisation(systemClock),
      collect: () => gc(),
    })

  await stop.promise
  stopCollecting() // a drain is short, and everybody waits for it
  const closed = await server.value.close()
  if (!closed.ok) return fail([closed.error])
  process.exit(0)
}

/** What is wrong with a command line, without the values that stand in it: a mistyped option may be that of a secret. */
const withoutValues = (problem: string): string =>
  problem
    .replace(/=.*'/s, "=…'")
    .replace(/'-[^-].+'/s, "'-…'")
    .replace(/(but got \d+): .+/s, '$1.\n')

const command = new Command('quire')
  .description('A collaborative document backend.')
  .configureOutput({ outputError: (problem, write) => write(withoutValues(problem)) })
const serveCommand = command
  .command('serve', { isDefault: true })
  .description('Starts one server process.')
for (const row of optionRows)
  serveCommand.addOption(new Option(`--${row.flag} <value>`, describeOption(row)).env(row.env))
serveCommand.action(async () => {
  // only what stood on the command line: the table reads the environment itself
  const flags: Record<string, string> = {}
  for (const { key } of optionRows)
    if (serveCommand.getOptionValueSource(key) === 'cli') flags[key] = serveCommand.opts()[key]
  const config = readConfig(flags, process.env)
  if (!config.ok) return fail(config.error)
  await run(config.value)
})

await command.parseAsync()
