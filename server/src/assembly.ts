/* The parts of one server put together, and taken apart again in order. Who listens, and on what, is not its matter. */
import type { Hono } from 'hono'
import { closeCodes, err, ok, type PresenceLimits, type Result } from '@quire/shared'
import type { Config } from './config.ts'
import { createContent, type ContentOptions } from './content/threaded.ts'
import {
  createEventStreamEdge,
  type EventStreamEdge,
} from './edges/event-stream/event-stream-edge.ts'
import { defaultStreamLimits } from './edges/event-stream/limits.ts'
import { defaultEdgeLimits, type EdgeLimits } from './edges/websocket/limits.ts'
import type { EdgeBindings } from './edges/websocket/edge-bindings.ts'
import { createWebSocketEdge, type WebSocketEdge } from './edges/websocket/web-socket-edge.ts'
import { AnswerRoom } from './http/answer-room.ts'
import { createApp } from './http/app.ts'
import { openProblem, writeProblem } from './http/health.ts'
import { serverState } from './http/server-state.ts'
import { ByteBudget, sharedBytes } from './http/byte-budget.ts'
import { assembleOperations } from './operations-assembly.ts'
import type { Auth } from './ports/auth.ts'
import type { Clock } from './ports/clock.ts'
import type { Cluster } from './ports/cluster.ts'
import type { Content } from './ports/content.ts'
import { METRICS_TYPE } from './observe/metrics.ts'
import { openTelemetry } from './observe/tracing.ts'
import type { Watched } from './observe/watched.ts'
import type { Stateless } from './ports/stateless.ts'
import type { Storage } from './ports/storage.ts'
import type { Undo } from './ports/undo.ts'
import { foldingLimits, type RoomLimits } from './room/limits.ts'
import type { VersionPolicy } from './runtime/auto-versions.ts'
import { Documents } from './runtime/documents.ts'
import { flushIntervalMs } from './runtime/flush-pacer.ts'
import { GroupCommit } from './runtime/group-commit.ts'
import type { Operations } from './runtime/operations/operations.ts'
import { HealthWatch } from './runtime/health-watch.ts'
import type { ServerLimits } from './runtime/limits.ts'
import type { ConnectionLimits } from './runtime/multiplexed.ts'
import { purgeDeleted } from './runtime/purge.ts'
import { systemClock } from './runtime/system-clock.ts'
import { createUtilisation } from './runtime/utilisation.ts'
import { type WebhookPorts, Webhooks } from './runtime/webhooks/webhooks.ts'
import { WholeDocuments } from './runtime/whole-documents.ts'

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

/** What a server is made of. */
export interface AssemblyParts {
  /** Opened; the server's from here on, which closes it. */
  readonly storage: Storage
  readonly auth: Auth
  /** What is told of the server, and to whom. */
  readonly watched: Watched
  readonly stateless: Stateless
  /** The server's from here on, which closes it. */
  readonly cluster: Cluster
  readonly content: ContentOptions
  /** Where the routes are mounted: '' or a path without a slash at its end. */
  readonly basePath: string
  /** Directory of the built editor; null: it is not served. */
  readonly editorRoot: string | null
  /** Directory of the built page of operations; null: it is not served. */
  readonly operationsRoot: string | null
  /** True where the server that it is for speaks TLS, and is nobody else's. */
  readonly isTls: boolean
}

/** What is chosen of the options; those of listening, login and log are not its matter. */
export type AssemblyConfig = Pick<
  Config,
  | 'allowedOrigins'
  | 'unsafeOpenToNetwork'
  | 'trustedProxies'
  | 'durability'
  | Extract<keyof Config, `max${string}` | `webhook${string}`>
>

/** How to take a server apart. */
export interface Closing {
  /** Time for all of it, milliseconds. */
  readonly graceMs: number
  /** Called once everybody has been sent away: what still hangs on to connections lets go of them. */
  readonly onLeft: () => void
}

/** A server that nobody can reach yet. */
export interface Assembly {
  readonly clock: Clock
  readonly documents: Documents
  readonly content: Content
  /** Documents in one update, of those who ask by HTTP too. */
  readonly wholes: WholeDocuments
  readonly edge: WebSocketEdge
  /** All routes, without the base path. */
  readonly app: Hono<{ Bindings: EdgeBindings }>
  /** Reads what has to be known before anybody is let in: revoked logins. The error is a sentence. */
  load(): Promise<Result<void, string>>
  /** Starts the clocks of the documents, and gets ready what the first client would wait for. */
  start(): void
  /** Gives back what it holds, where it was never started. */
  discard(): Promise<void>
  /**
   * Sends everybody away, saves everything, gives all back; ends within `graceMs` and says what could not be saved.
   * Safe to call twice: the second call joins the first.
   */
  close(closing: Closing): Promise<Result<void, string>>
}

/** Puts a server together; no timer runs until it is started. */
export const assemble = (config: AssemblyConfig, parts: AssemblyParts): Assembly => {
  const { storage, auth, watched, stateless, cluster } = parts
  const { basePath, editorRoot, operationsRoot, isTls } = parts
  const clock = systemClock
  const { observe, metrics, keys, feed } = watched
  const utilisation = createUtilisation(clock)
  const content = createContent(clock, parts.content)
  const commits = new GroupCommit({
    storage,
    clock,
    spacingMs: COMMIT_SPACING_MS[config.durability],
    observe,
  })
  const sessionLimits = {
    limits: roomLimits(config),
    serverLimits: serverLimits(config),
    lagBytes: config.maxLagBytes,
    readMs: config.maxReadMs,
    answerBytes: config.maxAnswerBytes,
    flushIntervalMs: (recipients: number) => flushIntervalMs(recipients, utilisation()),
  }
  const documents = new Documents({
    ...sessionLimits,
    storage,
    commits,
    content,
    cluster,
    observe,
    tracing: openTelemetry,
    clock,
    auth,
    stateless,
    durability: config.durability,
    versionPolicy: versionPolicy(config),
  })
  const webhooks = webhooksOf(config, { outbox: storage, clock, observe })
  if (webhooks !== null) documents.guard.watch(webhooks)
  const onBug = (error: Error): void => observe.event({ kind: 'bug', document: null, error })
  const edge = createWebSocketEdge({
    limits: edgeLimits(config),
    clock,
    trustedProxies: config.trustedProxies,
    onRefused: (newcomer) => observe.event({ kind: 'newcomer-refused', ...newcomer }),
    onBug,
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
    onBug,
  })
  const wholes = new WholeDocuments({
    content,
    clock,
    observe,
    limitBytes: config.maxAnswerBytes,
  })
  const { operations, live } = assembleOperations({
    ...sessionLimits,
    documents,
    feed,
    clock,
    observe,
    content,
    refusing: () => edge.full() ?? documents.refusing(),
  })
  const { maxTotalLoadQueueBytes: bodyBytes } = config
  const largestBody = Math.max(config.maxApiBodyBytes, config.maxMessageBytes)
  const bodies = new ByteBudget(sharedBytes(bodyBytes, largestBody))
  const strangersBodies = new ByteBudget(sharedBytes(bodyBytes / 2, largestBody))
  const health = new HealthWatch(clock, {
    storage: () => writeProblem(documents.figures()),
    documents: () => openProblem(documents.figures()),
    places: () => edge.full() ?? documents.refusing(),
    'login-keys': () => keys.problem(),
  })
  const state = () =>
    serverState({ documents, storage, edge, streams, bodies: [bodies, strangersBodies] })
  const app = createApp({
    metrics: { type: METRICS_TYPE, read: () => metrics.read(state) },
    parts: () => health.parts(),
    documents,
    edge,
    streams,
    clock,
    random: Math.random,
    presence: presenceLimits(config),
    connectionLimits: connectionLimits(config),
    observe,
    content,
    wholes,
    answers: new AnswerRoom(config.maxAnswerBytes),
    bodies,
    strangersBodies,
    maxUpdateBytes: config.maxMessageBytes,
    maxBodyBytes: bodyBytes,
    readMs: config.maxReadMs,
    answerMs: config.maxLoadMs,
    allowedOrigins: config.allowedOrigins,
    isOpen: isOpenToAll(auth) && !config.unsafeOpenToNetwork,
    basePath,
    editorRoot,
    operationsRoot,
    operations,
    live,
    isTls,
    storage,
    webhooks,
    maxApiBodyBytes: config.maxApiBodyBytes,
    maxApiRequestsPerMinute: config.maxApiRequestsPerMinute,
    maxVersions: config.maxVersions,
    maxNamedVersions: config.maxNamedVersions,
  })
  let stopPurging: Undo = () => undefined
  let stopWatching: Undo = () => undefined
  const discard = async (): Promise<void> => {
    stopPurging()
    await operations.stop(CLOSING_MS)
    stopWatching()
    webhooks?.stop()
    await webhooks?.finish()
    await content.close()
    await cluster.close()
    await storage.close()
  }
  let closed: Promise<Result<void, string>> | null = null
  return {
    clock,
    documents,
    content,
    wholes,
    edge,
    app,
    async load() {
      const loaded = await documents.guard.load()
      if (!loaded.ok) return err(`revoked logins cannot be read: ${loaded.error.message}`)
      const opened = webhooks === null ? loaded : await webhooks.open()
      return opened.ok ? opened : err(`the outbox cannot be opened: ${opened.error.message}`)
    },
    start() {
      documents.start()
      operations.start()
      stopWatching = health.start()
      stopPurging = purgeDeleted({ storage, clock, observe }, config.maxDeletedDays * DAY_MS)
      webhooks?.start()
      content.warmUp()
    },
    discard,
    close(closing) {
      webhooks?.stop() // nobody waits for targets: what they have not taken is in the outbox
      return (closed ??= takeApart(
        { clock, documents, operations, edges: [edge, streams], discard },
        closing,
      ))
    },
  }
}

/** A page that was lured here has no login of the host's; where cookies or addresses are looked at, they say who it is. */
const isOpenToAll = ({ needsToken, readsRequests = false }: Auth): boolean =>
  !needsToken && !readsRequests

/** What is taken apart. */
interface Running {
  readonly clock: Clock
  readonly documents: Documents
  readonly operations: Operations
  readonly edges: readonly Pick<WebSocketEdge | EventStreamEdge, 'close'>[]
  readonly discard: () => Promise<void>
}

const takeApart = async (
  { clock, documents, operations, edges, discard }: Running,
  { graceMs, onLeft }: Closing,
): Promise<Result<void, string>> => {
  const closingMs = Math.min(CLOSING_MS, graceMs / 4)
  const endsAt = clock.now() + graceMs
  const drainMs = graceMs - 2 * closingMs
  const [drained] = await Promise.all([documents.drain(drainMs), operations.stop(drainMs)])
  const { code, meaning } = closeCodes.serviceRestart
  const drain = { code, reason: meaning, graceMs: closingMs }
  await within(clock, closingMs, Promise.all(edges.map((edge) => edge.close(drain))))
  onLeft()
  // what the drain did not take: a checkpoint of much that was written may need it
  const leftMs = Math.max(closingMs, endsAt - clock.now())
  const isBack = await within(clock, leftMs, discard())
  if (!drained.ok)
    return err(`${drained.error.rooms} documents could not be saved within ${graceMs} ms`)
  return isBack ? ok(undefined) : err(`the storage did not close within ${leftMs} ms`)
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

const edgeLimits = (config: AssemblyConfig): EdgeLimits => ({
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
})

/** Null where nobody is to be told. */
const webhooksOf = (
  config: AssemblyConfig,
  ports: Omit<WebhookPorts, 'random'>,
): Webhooks | null => {
  if (config.webhookUrls.length === 0) return null
  return new Webhooks(
    {
      urls: config.webhookUrls,
      secret: config.webhookSecret,
      kinds: config.webhookEvents,
      debounceMs: config.webhookDebounceMs,
      maxWaitMs: config.webhookMaxWaitMs,
      timeoutMs: config.webhookTimeoutMs,
      allowPrivate: config.webhookAllowPrivate,
      maxAttempts: config.maxWebhookAttempts,
      maxBacklog: config.maxWebhookBacklog,
      maxDeadLetters: config.maxWebhookDeadLetters,
    },
    { ...ports, random: Math.random },
  )
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const versionPolicy = ({ maxVersions, maxVersionsPerHour }: AssemblyConfig): VersionPolicy => ({
  versionsKept: maxVersions,
  versionEveryMs: HOUR_MS / maxVersionsPerHour,
})

const presenceLimits = (config: AssemblyConfig): PresenceLimits => ({
  presenceEntries: config.maxPresenceEntries,
  presenceBytes: config.maxPresenceBytes,
})

const connectionLimits = (config: AssemblyConfig): ConnectionLimits => ({
  documents: config.maxDocumentsPerConnection,
  backlog: { bytes: config.maxPendingBytes, messages: config.maxPendingMessages },
  messagesPerSecond: config.maxMessagesPerSecond,
  bytesPerSecond: config.maxBytesPerSecond,
  burstMs: config.maxBurstMs,
  heldBackMs: config.maxHeldBackMs,
})

const roomLimits = (config: AssemblyConfig): RoomLimits => ({
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

const serverLimits = (config: AssemblyConfig): ServerLimits => ({
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
