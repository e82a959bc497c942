/* One server process: the parts put together, and a port to reach them by. */
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { err, ok, type DocName, type Result } from '@quire/shared'
import { assemble } from './assembly.ts'
import { openAuth } from './auth/open.ts'
import { createClusterHub } from './cluster/single.ts'
import { optionSentence, type Config } from './config.ts'
import { serveCertificate, type ServedCertificate } from './edges/websocket/served-certificate.ts'
import { jwtAuthOf } from './embedded/jwt-auth.ts'
import { OPERATIONS_ROOT } from './http/operations-page.ts'
import { watched } from './observe/watched.ts'
import type { Auth } from './ports/auth.ts'
import type { Observe } from './ports/observe.ts'
import type { Stateless } from './ports/stateless.ts'
import type { Storage } from './ports/storage.ts'
import { systemClock } from './runtime/system-clock.ts'

/**
 * Connections that the system may have made and the process has not taken yet; it lowers this to its own
 * limit (net.core.somaxconn). Of those who come back in one moment the rest try again a second later (RFC
 * 6298 §2); Node's own figure is 511.
 */
const BACKLOG = 4_096

const EDITOR_ROOT = fileURLToPath(new URL('../../web/editor/dist', import.meta.url))

const DEAF: Stateless = { received: () => undefined }

/**
 * A running server.
 *
 * @example
 * ```ts
 * import type { RunningServer } from '@quire/server'
 *
 * export const obeySignals = (server: RunningServer): void => {
 *   process.on('SIGHUP', () => server.reloadCertificate())
 *   process.once('SIGTERM', async () => {
 *     const closed = await server.close()
 *     if (!closed.ok) console.error(closed.error)
 *     process.exit(closed.ok ? 0 : 1)
 *   })
 * }
 * ```
 */
export interface RunningServer {
  readonly url: string
  /**
   * Sends everybody away, saves everything, gives all back; ends within `maxDrainMs` and says what could
   * not be saved. Safe to call twice: the second call joins the first.
   */
  close(): Promise<Result<void, string>>
  /** Reads the certificate and its key again, if it speaks TLS; broken ones change nothing, and an event says so. */
  reloadCertificate(): void
  /**
   * Says a text to everybody who has a document open with a Hocuspocus client; false where nobody has. It is
   * not stored: who comes later does not hear it.
   */
  broadcastStateless(document: DocName, text: string): boolean
}

/**
 * What a server is made of beside its options.
 *
 * @example
 * ```ts
 * import { createLog, memoryStorage, openAuth, type ServeParts } from '@quire/server'
 *
 * // for a server that tests start: nothing is kept, and only what fails is told
 * export const parts = (): ServeParts => ({
 *   storage: memoryStorage(),
 *   observe: createLog('error'),
 *   auth: openAuth,
 * })
 * ```
 */
export interface ServeParts {
  readonly storage: Storage
  readonly observe: Observe
  /** Decides who may open what; absent: what `config.auth` says. */
  readonly auth?: Auth
  /** Hears what Hocuspocus clients say beside their documents; absent: nobody does. */
  readonly stateless?: Stateless
}

/**
 * Starts a whole server on a port of its own, as the command does; the storage is the server's from here on.
 *
 * @example
 * ```ts
 * import { createLog, readConfig, serve, sqliteStorage } from '@quire/server'
 *
 * const config = readConfig({ port: '8080' }, process.env)
 * if (!config.ok) throw new Error(config.error.join('\n'))
 * const storage = await sqliteStorage({ dataDir: config.value.dataDir })
 * const server = await serve(config.value, { storage, observe: createLog('info') })
 * if (!server.ok) throw new Error(server.error)
 * console.log(server.value.url)
 * ```
 */
export const serve = async (
  config: Config,
  { storage, stateless = DEAF, ...parts }: ServeParts,
): Promise<Result<RunningServer, string>> => {
  const watching = watched(parts.observe, systemClock)
  const { observe } = watching
  const certificate = certificateOf(config, observe)
  if (!certificate.ok) {
    await storage.close()
    return certificate
  }
  const auth = parts.auth ?? (config.auth === 'jwt' ? jwtAuthOf(config, observe) : openAuth)
  const quire = assemble(config, {
    storage,
    auth,
    watched: watching,
    stateless,
    cluster: createClusterHub().node(),
    content: { collectGarbage: config.garbageCollection },
    basePath: '',
    editorRoot: EDITOR_ROOT,
    operationsRoot: OPERATIONS_ROOT,
    isTls: certificate.value !== null,
  })
  const server = quire.edge.createServer(quire.app.fetch, certificate.value?.door)
  const scheme = certificate.value === null ? 'http' : 'https'
  const loaded = await quire.load()
  const listening = loaded.ok ? await listen(server, { ...config, scheme }, observe) : loaded
  if (!listening.ok) {
    await quire.discard()
    return listening
  }
  quire.start()
  observe.event({ kind: 'listening', url: listening.value })
  return ok({
    url: listening.value,
    close() {
      server.close() // no new connections from here on
      return quire.close({
        graceMs: config.maxDrainMs,
        onLeft: () => {
          certificate.value?.door.close() // the server knows of no connection that has not shaken hands
          server.closeAllConnections()
        },
      })
    },
    reloadCertificate: () => void certificate.value?.reload(),
    broadcastStateless: (document, text) => quire.documents.broadcastStateless(document, text),
  })
}

const listen = (
  server: Server,
  { host, port, scheme }: Pick<Config, 'host' | 'port'> & { readonly scheme: string },
  observe: Observe,
): Promise<Result<string, string>> =>
  new Promise((resolve) => {
    const refused = (error: Error): void =>
      resolve(err(`cannot listen on ${host} port ${port}: ${error.message}`))
    server.once('error', refused)
    server.listen(port, host.replaceAll(/[[\]]/g, ''), BACKLOG, () => {
      server.off('error', refused)
      // accepting may fail for a while, for want of descriptors for one; the server goes on
      server.on('error', (error) => observe.event({ kind: 'bug', document: null, error }))
      const { address, family, port: bound } = server.address() as AddressInfo // TCP: not a pipe
      resolve(ok(`${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${bound}`))
    })
  })

/** Null where the server speaks no TLS; the problem is the option's own sentence. */
const certificateOf = (
  { tlsCert, tlsKey, maxHandshakeMs }: Config,
  observe: Observe,
): Result<ServedCertificate | null, string> => {
  if (tlsCert === '') return ok(null)
  const files = { cert: tlsCert, key: tlsKey }
  const served = serveCertificate(files, {
    clock: systemClock,
    handshakeMs: maxHandshakeMs,
    observe,
  })
  if (served.ok) return served
  const { of, message } = served.error
  return err(optionSentence(of === 'cert' ? 'tlsCert' : 'tlsKey', message))
}
