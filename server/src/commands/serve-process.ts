/* `quire serve` as a process: signals, log, and what holds the server together. */
import { getHeapStatistics } from 'node:v8'
import type { Config } from '../config.ts'
import { createLog } from '../observe/log.ts'
import { sampled } from '../observe/sampled.ts'
import type { Undo } from '../ports/undo.ts'
import { holdCall } from '../runtime/held-call.ts'
import { collectWhenIdle } from '../runtime/idle-collector.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { createUtilisation } from '../runtime/utilisation.ts'
import { serve } from '../serve.ts'
import { openSqliteStorage } from '../storage/sqlite/open.ts'
import { exitCodes } from './exit-codes.ts'

const fail = (problem: string): never => {
  process.stderr.write(`quire: ${problem}\n`)
  process.exit(exitCodes.failed)
}

/** Serves until a signal comes; ends the process. */
export const runServer = async (config: Config): Promise<void> => {
  // before anything is opened: a signal that comes while the server starts stops it as well. A second
  // one changes nothing, as the drain has its own deadline.
  const stop = Promise.withResolvers<void>()
  process.on('SIGTERM', () => stop.resolve())
  process.on('SIGINT', () => stop.resolve())
  // the certificate is read anew, also where it was changed while the server started. Without one the signal ends it.
  const reload = holdCall()
  if (config.tlsCert !== '') process.on('SIGHUP', reload.call)
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
  if (!storage.ok) return fail(storage.error.message)
  const server = await serve(config, { storage: storage.value, observe })
  if (!server.ok) return fail(server.error)
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
  if (!closed.ok) return fail(closed.error)
  process.exit(exitCodes.done)
}
