/* The `quire` command. The environment is read here and nowhere else. */
import { getHeapStatistics } from 'node:v8'
import { Command, Option } from 'commander'
import { describeOption, optionRows, readConfig, type Config } from './config.ts'
import { createLog } from './observe/log.ts'
import { sampled } from './observe/sampled.ts'
import type { Undo } from './ports/undo.ts'
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
  // the certificate is read anew; while the server starts it is read anyway. Without one the signal ends it.
  let reload = (): void => undefined
  if (config.tlsCert !== '') process.on('SIGHUP', () => reload())
  process.umask(0o077) // documents are nobody else's business, whoever made the data directory
  const observe = sampled(createLog(config.logLevel), {
    clock: systemClock,
    perSecond: config.maxLogLinesPerSecond,
  })
  const storage = await openSqliteStorage({
    dataDir: config.dataDir,
    synchronous: config.synchronous,
  })
  if (!storage.ok) return fail([storage.error.message])
  const server = await serve(config, { storage: storage.value, observe })
  if (!server.ok) return fail([server.error])
  reload = () => server.value.reloadCertificate()
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

const command = new Command('quire').description('A collaborative document backend.')
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
