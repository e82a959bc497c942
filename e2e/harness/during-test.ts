/* What lasts as long as the test that asks for it; what was started last ends first. */
import { onTestFinished } from 'vitest'
import { mountDisk, type DiskOptions, type PrivateDisk } from './private-disk.ts'
import { startServer, type ServerOptions, type ServerProcess } from './server-process.ts'
import { openClient, type StockClient } from './stock-client.ts'

/** Starts a server. */
export const serverDuringTest = async (options?: ServerOptions): Promise<ServerProcess> => {
  const started = await startServer(options)
  onTestFinished(() => started.remove())
  return started
}

/** Opens a client at a document, and waits until it has all of it. */
export const clientDuringTest = async (
  on: Pick<ServerProcess, 'yjsUrl'>,
  document: string,
): Promise<StockClient> => {
  const opened = openClient(on, document)
  onTestFinished(() => opened.close())
  await opened.synced()
  return opened
}

/** Mounts a disk. */
export const diskDuringTest = async (options: DiskOptions): Promise<PrivateDisk> => {
  const mounted = await mountDisk(options)
  onTestFinished(() => mounted.remove())
  return mounted
}

/** Starts a server whose documents are on a disk. */
export const serverOnDisk = ({ path, launcher }: PrivateDisk): Promise<ServerProcess> =>
  serverDuringTest({ dataDir: path, launcher })
