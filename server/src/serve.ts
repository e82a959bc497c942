/* One server process: the parts put together, and taken apart again in order. */
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { closeCodes, err, ok, type DocName, type Result } from '@quire/shared'
import { createJwtAuth } from './auth/jwt.ts'
import { openAuth } from './auth/open.ts'
import { createClusterHub } from './cluster/single.ts'
import type { Config } from './config.ts'
import { createContent } from './content/threaded.ts'
import { createEventStreamEdge } from './edges/event-stream/event-stream-edge.ts'
import { defaultStreamLimits } from './edges/event-stream/limits.ts'
import { defaultEdgeLimits } from './edges/websocket/limits.ts'
import { createWebSocketEdge } from './edges/websocket/web-socket-edge.ts'
import { createApp } from './http/app.ts'
import type { Auth } from './ports/auth.ts'
import type { Clock } from './ports/clock.ts'
import type { Observe } from './ports/observe.ts'
import type { Stateless } from './ports/stateless.ts'
import type { Storage } from './ports/storage.ts'
import { defaultVersionPolicy } from './runtime/auto-versions.ts'
import { Documents } from './runtime/documents.ts'
import { GroupCommit } from './runtime/group-commit.ts'
import { flushIntervalMs } from './runtime/flush-pacer.ts'
import { createUtilisation } from './runtime/utilisation.ts'
import type { ServerLimits } from './runtime/limits.ts'
import { systemClock } from './runtime/system-clock.ts'
import { foldingLimits, type RoomLimits } from './room/limits.ts'

/**
 * Commits that follow each other are this far apart: each costs half a millisecond of CPU (DESIGN.md).
 * It is how much later an author hears "saved" while many write; with `relay` everybody waits for the
 * commit, so there they come sooner.
 */
const COMMIT_SPACING_MS = { ack: 25, relay: 10 }

/**
 * Time kept of a drain for the closing handshakes after everything is saved, and as much again for
 * giving the storage back; of a short drain a quarter each.
 */
const CLOSING_MS = 1_000

/**
 * Connections that the system may have made and the process has not taken yet; it lowers this to its own
 * limit (net.core.somaxconn). Of those who come back in one moment the rest try again a second later (RFC
 * 6298 §2); Node's own figure is 511.
 */
const BACKLOG = 4_096

const EDITOR_ROOT = fileURLToPath(new URL('../../web/editor/dist', import.meta.url))

const DEAF: Stateless = { received: () => undefined }

/** A running server. */
export interface RunningServer {
  readonly url: string
  /**
   * Sends everybody away, saves everything, gives all back; ends within `maxDrainMs` and says what could
   * not be saved. Safe to call twice: the second call joins the first.
   */
  close(): Promise<Result<void, string>>
  /**
   * Says a text to everybody who has a document open with a Hocuspocus client; false where nobody has. It is
   * not stored: who comes later does not hear it.
   */
  broadcastStateless(document: DocName, text: string): boolean
}

/** What a server is made of beside its options. */
export interface ServeParts {
  readonly storage: Storage
  readonly observe: Observe
  /** Decides who may open what; absent: what `config.auth` says. */
  readonly auth?: Auth
  /** Hears what Hocuspocus clients say beside their documents; absent: nobody does. */
  readonly stateless?: Stateless
}

/** Starts a server on opened storage, which it owns from here on. */
export const serve = async (
  config: Config,
  { storage, observe, stateless = DEAF, auth = authOf(config) }: ServeParts,
): Promise<Result<RunningServer, string>> => {
  const clock = systemClock
  const utilisation = createUtilisation(clock)
  const content = createContent(clock, { collectGarbage: config.garbageCollection })
  const cluster = createClusterHub().node()
  const commits = new GroupCommit({
    storage,
    clock,
    spacingMs: COMMIT_SPACING_MS[config.durability],
  })
  const documents = new Documents({
    storage,
    commits,
    content,
    cluster,
    observe,
    clock,
    auth,
    stateless,
    limits: roomLimits(config),
    serverLimits: serverLimits(config),
    durability: config.durability,
    lagBytes: config.maxLagBytes,
    readMs: config.maxReadMs,
    answerBytes: config.maxAnswerBytes,
    versionPolicy: defaultVersionPolicy,
    flushIntervalMs: (recipients) => flushIntervalMs(recipients, utilisation()),
  })
  const edge = createWebSocketEdge({
    limits: {
      ...defaultEdgeLimits,
      messageBytes: config.maxMessageBytes,
      queuedBytes: config.maxQueueBytes,
      handshakeMs: config.maxHandshakeMs,
      silenceMs: config.maxSilenceMs,
      connections: config.maxConnections,
      handshakes: config.maxHandshakes,
      handshakesPerAddress: config.maxHandshakesPerAddress,
      handshakesPerMinute: config.maxHandshakesPerMinute,
      requestsPerMinute: config.maxRequestsPerMinute,
      sockets: config.maxSessions,
      socketsPerAddress: config.maxSessionsPerAddress,
    },
    clock,
    trustedProxies: config.trustedProxies,
    onRefused: (newcomer) => observe.event({ kind: 'newcomer-refused', ...newcomer }),
    onBug: (error) => observe.event({ kind: 'bug', document: null, error }),
  })
  const streams = createEventStreamEdge({
    limits: {
      ...defaultStreamLimits,
      messageBytes: config.maxMessageBytes,
      queuedBytes: config.maxQueueBytes,
      silenceMs: config.maxSilenceMs,
      readMs: config.maxReadMs,
    },
    clock,
    arrivals: edge.arrivals,
    onBug: (error) => observe.event({ kind: 'bug', document: null, error }),
  })
  const app = createApp({
    documents,
    edge,
    streams,
    clock,
    presence: {
      presenceEntries: config.maxPresenceEntries,
      presenceBytes: config.maxPresenceBytes,
    },
    connectionLimits: {
      documents: config.maxDocumentsPerConnection,
      backlog: { bytes: config.maxPendingBytes, messages: config.maxPendingMessages },
      messagesPerSecond: config.maxMessagesPerSecond,
      bytesPerSecond: config.maxBytesPerSecond,
      burstMs: config.maxBurstMs,
      heldBackMs: config.maxHeldBackMs,
    },
    observe,
    content,
    maxUpdateBytes: config.maxMessageBytes,
    maxBodyBytes: config.maxTotalLoadQueueBytes,
    maxAnswerBytes: config.maxAnswerBytes,
    readMs: config.maxReadMs,
    answerMs: config.maxLoadMs,
    allowedOrigins: config.allowedOrigins,
    editorRoot: EDITOR_ROOT,
  })
  const giveBack = async (): Promise<void> => {
    await content.close()
    await cluster.close()
    await storage.close()
  }
  const revocations = await documents.guard.load() // before anybody is let in
  if (!revocations.ok) {
    await giveBack()
    return err(`the revocations could not be read: ${revocations.error.message}`)
  }
  const server = edge.createServer(app.fetch)
  const listening = await listen(server, config, observe)
  if (!listening.ok) {
    await giveBack()
    return listening
  }
  documents.start()
  content.warmUp()
  observe.event({ kind: 'listening', url: listening.value })

  // each of its steps joins an earlier call of it, so it is safe to call twice
  const close = async (): Promise<Result<void, string>> => {
    const closingMs = Math.min(CLOSING_MS, config.maxDrainMs / 4)
    const endsAt = clock.now() + config.maxDrainMs
    server.close() // no new connections from here on
    const drained = await documents.drain(config.maxDrainMs - 2 * closingMs)
    const { code, meaning } = closeCodes.serviceRestart
    const drain = { code, reason: meaning, graceMs: closingMs }
    const closed = Promise.all([edge.close(drain), streams.close(drain)])
    await within(clock, closingMs, closed)
    server.closeAllConnections()
    // what the drain did not take: a checkpoint of much that was written may need it
    const leftMs = Math.max(closingMs, endsAt - clock.now())
    const isBack = await within(clock, leftMs, giveBack())
    if (!drained.ok)
      return err(
        `${drained.error.rooms} documents could not be saved within ${config.maxDrainMs} ms`,
      )
    return isBack ? ok(undefined) : err(`the storage did not close within ${leftMs} ms`)
  }
  return ok({
    url: listening.value,
    close,
    broadcastStateless: (document, text) => documents.broadcastStateless(document, text),
  })
}

/** Waits for work, but no longer than that; false if it was not done in time. */
const within = (clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const undo = clock.after(ms, () => resolve(false))
    work.then(() => {
      undo()
      resolve(true)
    }, reject)
  })

const listen = (
  server: Server,
  { host, port }: Config,
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
      resolve(ok(`http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`))
    })
  })

const authOf = ({ auth, jwtSecret }: Config): Auth =>
  auth === 'jwt' ? createJwtAuth(jwtSecret) : openAuth

const roomLimits = (config: Config): RoomLimits => ({
  loadQueueBytes: config.maxLoadQueueBytes,
  loadMs: config.maxLoadMs,
  coolDownMs: 2_000, // long enough that a broken document is not read in a loop
  unsavedBytes: config.maxUnsavedBytes,
  sessionsPerDocument: config.maxSessionsPerDocument,
  presenceEntries: config.maxPresenceEntries,
  presenceTotalBytes: config.maxPresenceTotalBytes,
  presenceIdsPerSession: config.maxPresenceIdsPerSession,
  presenceTtlMs: 30_000, // y-protocols awareness.js, outdatedTimeout
  ...foldingLimits,
})

const serverLimits = (config: Config): ServerLimits => ({
  sessions: config.maxSessions,
  sessionsPerAddress: config.maxSessionsPerAddress,
  openDocuments: config.maxOpenDocuments,
  totalUnsavedBytes: config.maxTotalUnsavedBytes,
  totalLoadQueueBytes: config.maxTotalLoadQueueBytes,
  loginMs: config.maxLoginMs,
  loginBytes: config.maxLoginBytes,
  loginMessages: config.maxLoginMessages,
  loginsAtOnce: config.maxLogins,
  messagesPerSecond: config.maxMessagesPerSecond,
  bytesPerSecond: config.maxBytesPerSecond,
  burstMs: config.maxBurstMs,
  heldBackMs: config.maxHeldBackMs,
})
