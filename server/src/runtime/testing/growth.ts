/*
 * Days of typing, as the disk sees them: real rooms, folds and SQLite under a clock that is turned by
 * hand. People come, type a recorded session keystroke by keystroke, fall silent, and leave.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import * as encoding from 'lib0/encoding'
import { parseDocName, type DocName } from '@quire/shared'
import { writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { openAuth } from '../../auth/open.ts'
import { createClusterHub } from '../../cluster/single.ts'
import { createContent } from '../../content/threaded.ts'
import { yWebsocket } from '../../dialects/y-websocket.ts'
import type { Content } from '../../ports/content.ts'
import type { FoldingLimits, RoomLimits } from '../../room/limits.ts'
import type { SqliteStorage } from '../../storage/sqlite/sqlite-storage.ts'
import { Documents } from '../documents.ts'
import { GroupCommit } from '../group-commit.ts'
import type { ServerLimits } from '../limits.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { createMemorySocket, type Peer } from './memory-socket.ts'

type Patch = readonly [position: number, deleted: number, inserted: string]

/** How much is typed. */
export interface Plan {
  readonly days: number
  readonly documents: number
  readonly sessionsPerDay: number
  /** Keystrokes at each document in one session, by two people in turn. */
  readonly keystrokes: number
  readonly folding: FoldingLimits
}

/** The disk at the end of a day; bytes. */
export interface Day {
  readonly day: number
  /** Updates so far, and their bytes. */
  readonly updates: number
  readonly updateBytes: number
  /** What the process has written to files so far; null where the system does not tell. */
  readonly writtenBytes: number | null
  readonly databaseBytes: number
  readonly walBytes: number
  /** All documents as Yjs encodes their state. */
  readonly stateBytes: number
  readonly folds: number
}

/** Bounds that nobody here meets. */
const roomy: Omit<RoomLimits, keyof FoldingLimits> = {
  loadQueueBytes: 1_000_000,
  loadMs: 15_000,
  coolDownMs: 2_000,
  unsavedBytes: 10_000_000,
  sessionsPerDocument: 10,
  presenceEntries: 10,
  presenceIdsPerSession: 4,
  presenceTotalBytes: 1_000_000,
  presenceTtlMs: 30_000,
}

const MIB = 1024 * 1024

const unlimited: ServerLimits = {
  sessions: 1_000,
  sessionsPerAddress: 1_000,
  openDocuments: 1_000,
  totalUnsavedBytes: 100 * MIB,
  totalLoadQueueBytes: 100 * MIB,
  loginMs: 15_000,
  loginBytes: MIB,
  loginMessages: 1_000,
  loginsAtOnce: 1_000,
  messagesPerSecond: 1_000_000,
  bytesPerSecond: 1_000 * MIB,
  burstMs: 10_000,
  heldBackMs: 60_000,
}

/** Time between two keystrokes at one document. */
const KEYSTROKE_MS = 250
/** What people do before they leave. */
const SILENCE_MS = 60_000
const NIGHT_MS = 8 * 3_600_000
const TURN = 200

const TRACE = new URL('../../../../e2e/traces/seph-blog1.json.gz', import.meta.url)

const readKeystrokes = async (): Promise<readonly (readonly Patch[])[]> => {
  const json = gunzipSync(await readFile(TRACE)).toString()
  const { txns } = JSON.parse(json) as { txns: { patches: Patch[] }[] } // e2e/traces/README.md
  return txns.map(({ patches }) => patches)
}

/** A document at which two people type in turn. */
class Desk {
  readonly name: DocName
  readonly #docs = [new Y.Doc(), new Y.Doc()] as const
  readonly #peers: (Peer | null)[] = [null, null]
  #at = 0
  updates = 0
  updateBytes = 0

  constructor(number: number) {
    const name = parseDocName(`desk ${number}`)
    if (!name.ok) throw new Error(name.error.message)
    this.name = name.value
    for (const [who, doc] of this.#docs.entries()) {
      doc.clientID = 1 + number * this.#docs.length + who
      doc.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin === 'heard') return
        this.updates++
        this.updateBytes += update.length
        for (const other of this.#docs) if (other !== doc) Y.applyUpdate(other, update, 'heard')
        this.#peers[who]?.say(frame((out) => writeUpdate(out, update)))
      })
    }
  }

  get stateBytes(): number {
    return Y.encodeStateAsUpdate(this.#docs[0]).length
  }

  get text(): string {
    return this.#docs[0].getText('text').toJSON()
  }

  come(documents: Documents): void {
    for (const [who, doc] of this.#docs.entries()) {
      const { socket, peer } = createMemorySocket()
      const dialect = yWebsocket({ presenceEntries: 10, presenceBytes: 1_024 })
      peer.open(
        documents.attach({
          document: this.name,
          login: { kind: 'given', token: null },
          dialect,
          socket,
        }),
      )
      peer.say(frame((out) => writeSyncStep1(out, doc)))
      this.#peers[who] = peer
    }
  }

  type(keystrokes: readonly (readonly Patch[])[]): void {
    const doc = this.#docs[Math.floor(this.#at / TURN) % this.#docs.length] ?? this.#docs[0]
    const text = doc.getText('text')
    doc.transact(() => {
      for (const [position, deleted, inserted] of keystrokes[this.#at] ?? []) {
        if (deleted > 0) text.delete(position, deleted)
        if (inserted !== '') text.insert(position, inserted)
      }
    })
    this.#at++
  }

  leave(): void {
    for (const peer of this.#peers) {
      if (peer?.ending) throw new Error(`${this.name} was closed: ${peer.ending.reason}`)
      peer?.hangUp()
    }
  }
}

const frame = (write: (out: encoding.Encoder) => void): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    write(out)
  })

/** Bytes that this process has passed to write calls; null where there is no /proc. */
const written = (): number | null => {
  if (process.platform !== 'linux') return null
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

/** A fold runs in a thread, in real time: the clock stands still meanwhile. */
class FoldsUnderWay {
  readonly content: Content
  #running = 0

  constructor(content: Content) {
    this.content = {
      ...content,
      fold: async (source) => {
        this.#running++
        return content.fold(source).finally(() => this.#running--)
      },
    }
  }

  async pass(clock: ManualClock, ms: number): Promise<void> {
    do await setImmediate()
    while (this.#running > 0)
    clock.advance(ms)
  }
}

/** Types into a storage, which it leaves open, and tells of every day. Rejects if a text is not kept. */
export const typeForDays = async (
  storage: SqliteStorage,
  plan: Plan,
  onDay: (day: Day) => void,
): Promise<void> => {
  const keystrokes = await readKeystrokes()
  const clock = createManualClock()
  const underWay = new FoldsUnderWay(createContent(clock, { collectGarbage: true }))
  const { content } = underWay
  const pass = (ms: number): Promise<void> => underWay.pass(clock, ms)
  let folds = 0
  const documents = new Documents({
    storage,
    commits: new GroupCommit({ storage, clock, spacingMs: 10 }),
    content,
    cluster: createClusterHub().node(),
    observe: {
      event: (event) => {
        if (event.kind === 'bug') throw event.error
        if (event.kind === 'compacted') folds++
      },
    },
    clock,
    auth: openAuth,
    stateless: { received: () => undefined },
    limits: { ...roomy, ...plan.folding },
    serverLimits: unlimited,
    durability: 'ack',
    answerBytes: 100 * MIB,
    lagBytes: MIB,
    readMs: 60_000,
    flushIntervalMs: () => 0,
  })
  documents.start()
  const desks = Array.from({ length: plan.documents }, (_, i) => new Desk(i))
  const writtenBefore = written()

  const session = async (): Promise<void> => {
    for (const desk of desks) desk.come(documents)
    await pass(1_000)
    for (let stroke = 0; stroke < plan.keystrokes; stroke++)
      for (const desk of desks) {
        desk.type(keystrokes)
        await pass(KEYSTROKE_MS / desks.length)
      }
    for (let ms = 0; ms < SILENCE_MS; ms += 500) await pass(500)
    for (const desk of desks) desk.leave()
    while (documents.figures().rooms > 0) await pass(20)
  }

  for (let day = 1; day <= plan.days; day++) {
    for (let i = 0; i < plan.sessionsPerDay; i++) {
      await session()
      await pass(NIGHT_MS / plan.sessionsPerDay)
    }
    const figures = await storage.figures()
    if (!figures.ok) throw new Error(figures.error.message)
    const { databaseBytes, walBytes } = figures.value
    const sum = (of: (desk: Desk) => number): number =>
      desks.reduce((all, desk) => all + of(desk), 0)
    onDay({
      day,
      updates: sum((desk) => desk.updates),
      updateBytes: sum((desk) => desk.updateBytes),
      writtenBytes: writtenBefore === null ? null : (written() ?? 0) - writtenBefore,
      databaseBytes,
      walBytes,
      stateBytes: sum((desk) => desk.stateBytes),
      folds,
    })
  }
  await documents.drain(1_000)
  await content.close()
  for (const desk of desks) await expectKept(storage, desk)
}

const expectKept = async (storage: SqliteStorage, desk: Desk): Promise<void> => {
  const opened = await storage.open(desk.name)
  const stored = opened.ok ? await storage.read(opened.value.id) : opened
  if (!stored.ok) throw new Error(stored.error.message)
  const { snapshot, tail } = stored.value
  const doc = new Y.Doc()
  for (const update of snapshot === null ? tail : [snapshot, ...tail]) Y.applyUpdate(doc, update)
  if (doc.getText('text').toJSON() !== desk.text)
    throw new Error(`${desk.name} is not what was typed`)
}
