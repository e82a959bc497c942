import { setImmediate } from 'node:timers/promises'
import type { DocName } from '@quire/shared'
import { openAuth } from '../../auth/open.ts'
import { createClusterHub } from '../../cluster/single.ts'
import { createContent, type ThreadedContent } from '../../content/threaded.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { yWebsocket } from '../../dialects/y-websocket.ts'
import type { QuireEvent } from '../../ports/observe.ts'
import type { RoomLimits } from '../../room/limits.ts'
import { createMemory, createMemoryStorage, type Memory } from '../../storage/memory.ts'
import { withWeather, type StorageWeather } from '../../storage/testing/weather.ts'
import { Documents, type DocumentsOptions } from '../documents.ts'
import { GroupCommit } from '../group-commit.ts'
import type { ServerLimits } from '../limits.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { connectClient, type ClientOptions, type YClient } from './y-client.ts'

/** Bounds as small as a test needs them to be to reach them. */
export const testLimits: RoomLimits = {
  loadQueueBytes: 64 * 1024,
  loadMs: 15_000,
  coolDownMs: 2_000,
  unsavedBytes: 1024 * 1024,
  sessionsPerDocument: 100,
  presenceEntries: 100,
  presenceTotalBytes: 100 * 1024,
  presenceIdsPerSession: 4,
  presenceTtlMs: 30_000,
  compactUpdates: 1_000,
  compactBytes: 1024 * 1024,
  compactIdleUpdates: 1_000,
  compactIdleBytes: 1024 * 1024,
  compactQuietMs: 30_000,
}

/** The same of the server, with rates that no test meets by accident. */
export const testServerLimits: ServerLimits = {
  sessions: 10_000,
  sessionsPerAddress: 10_000,
  openDocuments: 10_000,
  totalUnsavedBytes: 64 * 1024 * 1024,
  totalLoadQueueBytes: 64 * 1024 * 1024,
  loginMs: 10_000,
  loginBytes: 32 * 1024,
  loginMessages: 100,
  loginsAtOnce: 10_000,
  messagesPerSecond: 1_000_000,
  bytesPerSecond: 1024 * 1024 * 1024,
  burstMs: 10_000,
  heldBackMs: 60_000,
}

/** One node under test: everything is real but the disk, the clock and the network. */
export interface TestServer {
  readonly documents: Documents
  readonly content: ThreadedContent
  readonly weather: StorageWeather
  readonly memory: Memory
  readonly clock: ManualClock
  readonly dialect: Dialect
  readonly events: readonly QuireEvent[]
  /** Connects a client to a document. */
  connect(name: DocName, options?: Partial<ClientOptions>): YClient
}

/** The grain of time at which rooms hear of it, milliseconds. */
export const TICK_MS = 500

/** What a test may choose. */
export interface TestServerOptions extends Partial<DocumentsOptions> {
  readonly memory?: Memory
  readonly dialect?: Dialect
}

/** Starts a node; commits are 10 ms of the manual clock apart. */
export const startTestServer = (options: TestServerOptions = {}): TestServer => {
  const memory = options.memory ?? createMemory()
  const weather = withWeather(createMemoryStorage(memory))
  const clock = createManualClock()
  const events: QuireEvent[] = []
  const content = createContent(clock, { collectGarbage: true }) // its thread, if it starts, holds up no process
  const { storage } = weather
  const documents = new Documents({
    storage,
    commits: new GroupCommit({ storage, clock, spacingMs: 10 }),
    content,
    cluster: createClusterHub().node(),
    observe: { event: (event) => events.push(event) },
    clock,
    auth: openAuth,
    stateless: { received: () => undefined },
    limits: testLimits,
    serverLimits: testServerLimits,
    durability: 'ack',
    lagBytes: 256 * 1024,
    readMs: 60_000,
    answerBytes: 1024 * 1024,
    flushIntervalMs: () => 0,
    ...options,
  })
  documents.start()
  const dialect = options.dialect ?? yWebsocket({ presenceEntries: 100, presenceBytes: 16 * 1024 })
  return {
    documents,
    content,
    weather,
    memory,
    clock,
    dialect,
    events,
    connect: (name, more) => connectClient({ documents, name, dialect, ...more }),
  }
}

/** Waits until a condition holds, looking again after each turn; rejects with `what` after 20 s. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + 20_000 // a thread may have to start
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${what}`)
    await setImmediate()
  }
}

/** Lets everything happen that needs no time of the clock and no thread. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

/** Lets time pass a tick at a time, and what comes of each be heard. */
export const pass = async (clock: ManualClock, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += TICK_MS) {
    clock.advance(Math.min(TICK_MS, ms - passed))
    await settle()
  }
}
