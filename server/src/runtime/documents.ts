/*
 * All rooms of one server: who talks to which room, the ticks, and the drain.
 */
import {
  err,
  ok,
  sessionId,
  type CloseName,
  type DocId,
  type DocName,
  type Result,
} from '@quire/shared'
import type { Dialect } from '../dialects/dialect.ts'
import type {
  AccessRequest,
  Auth,
  Grant,
  GrantPart,
  OperationsGrant,
  RequestFacts,
} from '../ports/auth.ts'
import type { Socket } from '../ports/socket.ts'
import type {
  DocumentCreated,
  DocumentCreation,
  DocumentFacts,
  StorageProblem,
} from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'
import { createRoom } from '../room/phase.ts'
import type { Durability, RoomLimits } from '../room/limits.ts'
import { RoomShell, type ShellPorts } from './room-shell.ts'
import { attach, type Attached } from './attachment.ts'
import type { Backlog } from './backlog.ts'
import { AnswerPool } from './answer-pool.ts'
import { AutoVersions, type VersionPolicy } from './auto-versions.ts'
import { Deletions } from './deletions.ts'
import { Gate } from './gate.ts'
import { Guard } from './guard.ts'
import { HeldBytes } from './held-bytes.ts'
import type { ServerLimits } from './limits.ts'
import { LoginCheck, takeLoginPlace } from './login-check.ts'
import {
  askAuth,
  askForOperations,
  askForPrefix,
  askForToken,
  tellDenied,
  type DeniedAsker,
} from './login.ts'
import { Places } from './places.ts'
import type { Rate } from './rate.ts'
import type { ReadingPace } from './reading-pace.ts'
import { Refusals } from './refusals.ts'
import { lesser, RevocationList } from './revocations.ts'
import { Rooms, type Figures } from './rooms.ts'
import { Turns } from './turns.ts'

/** How often rooms hear of time: presence ends, retries and keep-alives are due at this grain. */
const TICK_MS = 500

/** Answers at a time: each holds a whole document, and the disk and the thread behind them are one. */
const ANSWERS_AT_ONCE = 4

/** Folds at a time: one is read or stored while the thread folds the other. */
const FOLDS_AT_ONCE = 2

/**
 * Bytes that are written to sockets in one turn of the event loop, in which nobody is heard. A write takes half a
 * millisecond for each MiB, in which the system copies it.
 */
const TURN_BYTES = 2 * 1024 * 1024

/** How much of a drain's time clients are sent away in: the rest is for the disk, which may be slow. */
const SENDING_SHARE = 0.5

const NO_VERSIONS: VersionPolicy = { versionsKept: 0, versionEveryMs: 0 }

/** What the rooms of a server need. */
export interface DocumentsOptions extends Omit<
  ShellPorts,
  'answering' | 'folds' | 'held' | 'merges' | 'turns' | 'versions'
> {
  readonly auth: Auth
  /** Of each room. */
  readonly limits: RoomLimits
  readonly serverLimits: ServerLimits
  readonly durability: Durability
  /** Bytes of all answers that are being made or read. */
  readonly answerBytes: number
  /** Which versions are kept by themselves; absent: none. */
  readonly versionPolicy?: VersionPolicy
}

/** What a client has given on its way in; `request` where `Documents.readsRequests` is set. */
export type GivenOnTheWay = Pick<AccessRequest, 'token' | 'request'>

/** How a client comes by its grant. */
export type Login =
  /** By what it has given on its way in. */
  | ({ readonly kind: 'given' } & GivenOnTheWay)
  /** It says its login in frames of its own; `token` was given on its way in, and stands until then. */
  | ({ readonly kind: 'said'; readonly backlog: Backlog } & GivenOnTheWay)
  /** Its login was checked on its way in. */
  | { readonly kind: 'checked'; readonly grant: Grant }

/** What the sessions of one connection share. */
export interface SharedConnection {
  readonly rate: Rate
  readonly pace: ReadingPace
}

/** A client that has reached a route: what it asks for, and in which words. */
export interface Arrival {
  readonly document: DocName
  readonly login: Login
  readonly dialect: Dialect
  readonly socket: Socket
  /** What the sessions of a connection share, where there may be several; undefined: it has its own. */
  readonly shared?: SharedConnection | undefined
}

/** What all documents hold in memory on behalf of their clients, bytes. */
export interface HeldMemory {
  /** Accepted and not yet on disk. */
  readonly unsavedBytes: number
  /** Said to documents that are still to be read. */
  readonly queuedBytes: number
}

/** How much waits, or is being worked on. */
export interface Queues {
  readonly loginsBeingChecked: number
  /** Answers to what clients have, which wait for a place or their turn. */
  readonly answersWaiting: number
  readonly answerBytes: number
  /** Documents whose log is to be folded. */
  readonly foldsWaiting: number
}

/** What a drain left: rooms with changes that are not on disk. */
export interface DrainProblem {
  readonly rooms: number
}

/** Why a client finds no room. */
export interface NoRoom {
  readonly close: CloseName
  readonly reason: string
}

/** The rooms of one server. */
export class Documents {
  /** Who is here, and what is left of their logins. */
  readonly guard: Guard
  readonly #options: DocumentsOptions
  readonly #ports: ShellPorts
  readonly #rooms: Rooms
  readonly #deletions: Deletions
  readonly #logins: Places
  readonly #refusals: Refusals
  readonly #sessions: Places
  readonly #held: HeldBytes
  readonly #versions: AutoVersions
  #nextSession = 1
  #untick: Undo | null = null
  #drained: Promise<Result<void, DrainProblem>> | null = null

  constructor(options: DocumentsOptions) {
    this.#options = options
    const { storage, content, clock, answerBytes } = options
    const answering = {
      storage,
      content,
      pool: new AnswerPool(clock, answerBytes),
      gate: new Gate(ANSWERS_AT_ONCE),
    }
    const { serverLimits } = options
    this.guard = new Guard(new RevocationList({ storage, clock }))
    this.#held = new HeldBytes(serverLimits)
    this.#versions = new AutoVersions(options, options.versionPolicy ?? NO_VERSIONS)
    this.#refusals = new Refusals(clock)
    const { sessions, sessionsPerAddress } = serverLimits
    this.#sessions = new Places({ total: sessions, perGroup: sessionsPerAddress })
    this.#logins = new Places({ total: serverLimits.loginsAtOnce, perGroup: Infinity })
    this.#ports = {
      ...options,
      answering,
      folds: new Gate(FOLDS_AT_ONCE),
      merges: new Gate(1),
      turns: new Turns(clock, TURN_BYTES),
      held: this.#held,
      versions: this.#versions,
    }
    this.#rooms = new Rooms({
      limit: serverLimits.openDocuments,
      make: (name, onEvicted) => {
        const { limits, durability } = options
        return new RoomShell(createRoom({ name, limits, durability }), this.#ports, onEvicted)
      },
    })
    this.#deletions = new Deletions({ storage, clock, rooms: this.#rooms })
  }

  /** Starts the ticks. */
  start(): void {
    this.#untick ??= this.#options.clock.every(TICK_MS, () => this.#rooms.tick())
  }

  /** Attaches a client to its document; the listener is the socket's from now on. */
  attach(arrival: Arrival): Attached {
    return attach(sessionId(this.#nextSession++), arrival, {
      auth: this.#options.auth,
      observe: this.#options.observe,
      clock: this.#options.clock,
      limits: this.#options.serverLimits,
      logins: this.#logins,
      refusals: this.#refusals,
      guard: this.guard,
      sessions: this.#sessions,
      held: this.#held,
      shellOf: (document) => this.#shellOf(document),
    })
  }

  /** True where nobody is let in without a token. */
  get needsToken(): boolean {
    return this.#options.auth.needsToken
  }

  /** True where the judge of logins looks at the requests that clients come with. */
  get readsRequests(): boolean {
    return this.#options.auth.readsRequests === true
  }

  /** Checks a login before there is a session, within the places and the time that logins have. */
  login(
    document: DocName,
    token: string | null,
    request?: RequestFacts,
  ): Promise<Result<Grant, NoRoom>> {
    return this.#checked(async () => {
      const login = await askAuth(this.#options, { document, token, request })
      return login.ok ? this.guard.cap(document, login.value) : login
    })
  }

  /** The same for all documents whose names begin so, '' being all. */
  loginAll(
    prefix: string,
    token: string | null,
    request?: RequestFacts,
  ): Promise<Result<Grant, NoRoom>> {
    return this.#checked(async () => {
      const login = await askForPrefix(this.#options, { prefix, token, request })
      return login.ok ? this.guard.capAll(prefix, login.value) : login
    })
  }

  /** The same of who wants to see or run the server. */
  loginOperations(
    token: string | null,
    request?: RequestFacts,
  ): Promise<Result<OperationsGrant, NoRoom>> {
    return this.#checked(async () => {
      const login = await askForOperations(this.#options, { token, request })
      return login.ok ? this.guard.capOperations(login.value) : login
    })
  }

  /** Whoever checks a login without a session tells of those that were denied. */
  tellDenied(asker: DeniedAsker, problem: NoRoom): void {
    tellDenied(this.#options.observe, asker, problem)
  }

  /** Makes a token for part of what another one grants, within the same places and time. */
  issue(request: AccessRequest, part: GrantPart): Promise<Result<string | null, NoRoom>> {
    return this.#checked(async () => {
      const made = await askForToken(this.#options, request, part)
      if (!made.ok) return made
      // R16: it is issued later than what was revoked until here, which therefore would not hold for it
      const login = await askAuth(this.#options, request)
      const left = login.ok ? this.guard.cap(request.document, login.value) : login
      if (!left.ok) return left
      if (lesser(left.value.access, part.access) === part.access) return made
      return err({ close: 'forbidden', reason: 'this login was revoked' })
    })
  }

  #checked<T>(question: () => Promise<Result<T, NoRoom>>): Promise<Result<T, NoRoom>> {
    const place = takeLoginPlace(this.#logins)
    if (!place.ok) return Promise.resolve(place)
    const { clock, serverLimits } = this.#options
    return new Promise((told) =>
      new LoginCheck<T>({
        clock,
        withinMs: serverLimits.loginMs,
        undoPlace: place.value,
        told,
      })
        .start()
        .ask(question),
    )
  }

  /**
   * Closes the socket of a client that gets no further; whoever comes back for the same `what` again and
   * again is told so later each time.
   */
  turnAway(socket: Socket, { close, reason }: NoRoom, what: string): void {
    this.#options.observe.event({ kind: 'session-closed', document: null, close, reason })
    this.#refusals.close(socket, close, { what, reason })
  }

  /**
   * Says a text to everybody who is attached to a document and has words for it; false where nobody is.
   * It is neither stored nor said to those who come later.
   */
  broadcastStateless(document: DocName, text: string): boolean {
    const shell = this.#rooms.of(document)
    if (shell === undefined || shell.sessions.size === 0) return false
    shell.broadcast(text)
    return true
  }

  /**
   * Deletes a document, with everything that was accepted of it; who is at it is closed `deleted`, and so is whoever
   * comes until it is made anew or undeleted. Null: there is none of that name.
   */
  delete(name: DocName): Promise<Result<DocumentFacts | null, StorageProblem>> {
    return this.#deletions.delete(name)
  }

  /** Makes a document with its seed; who comes is let in from then on, also where one of that name was deleted. */
  create(
    name: DocName,
    creation: DocumentCreation,
  ): Promise<Result<DocumentCreated, StorageProblem>> {
    return this.#deletions.create(name, creation)
  }

  /** Takes a deletion back; null, changing nothing, where another document has the name. */
  undelete(doc: DocId): Promise<Result<DocumentFacts | null, StorageProblem>> {
    return this.#deletions.undelete(doc)
  }

  /** The figures of this moment. */
  figures(): Figures {
    return this.#rooms.figures()
  }

  /** The rooms of the documents that are open, to be looked at and not to be changed. */
  shells(): Iterable<RoomShell> {
    return this.#rooms.named()
  }

  /** The room of a document, where it is open. */
  shell(document: DocName): RoomShell | undefined {
    return this.#rooms.of(document)
  }

  /** What all documents hold in memory on behalf of their clients, bytes. */
  memory(): HeldMemory {
    return { unsavedBytes: this.#held.unsaved, queuedBytes: this.#held.queued }
  }

  /** How long the oldest of what is accepted and not yet on disk has been, where that is measured; 0 where there is none. */
  oldestUnsavedMs(): number {
    const { clock } = this.#options
    const oldest = this.#rooms.oldestUnsaved()
    return oldest === null ? 0 : Math.max(0, clock.precise() - oldest)
  }

  /** How much waits where. */
  queues(): Queues {
    const { pool, gate } = this.#ports.answering
    return {
      loginsBeingChecked: this.#logins.taken,
      answersWaiting: pool.waiting + gate.waiting,
      answerBytes: pool.heldBytes,
      foldsWaiting: this.#ports.folds.waiting,
    }
  }

  /** Why newcomers or changes are refused at this moment whoever they are from, or null. */
  refusing(): string | null {
    const { openDocuments, totalUnsavedBytes } = this.#options.serverLimits
    const { size } = this.#rooms
    if (size >= openDocuments) return `${size} documents are open, limit ${openDocuments}`
    if (this.#held.isRefusing)
      return `${this.#held.unsaved} bytes of all documents wait for the disk, limit ${totalUnsavedBytes}`
    return null
  }

  /** True once a drain has begun. */
  get isDraining(): boolean {
    return this.#drained !== null
  }

  /**
   * R10: sends everybody away, batch after batch over half of the time, saves everything, and ends by the deadline
   * or says what is left. It takes no one in any more. A second call joins the first.
   */
  drain(deadlineMs: number): Promise<Result<void, DrainProblem>> {
    this.#drained ??= Promise.resolve().then(() => this.#drain(deadlineMs))
    return this.#drained
  }

  async #drain(deadlineMs: number): Promise<Result<void, DrainProblem>> {
    const { clock, observe } = this.#options
    const { rooms, sessions } = this.figures()
    observe.event({ kind: 'draining', rooms, sessions })
    this.#versions.stop()
    const over = Promise.withResolvers<void>()
    const undoDeadline = clock.after(deadlineMs, over.resolve)
    const withinMs = deadlineMs * SENDING_SHARE
    const { drained, undo } = this.#rooms.drain({ clock, withinMs })
    await Promise.race([drained, over.promise])
    undo()
    undoDeadline()
    this.#untick?.()
    this.#untick = null
    const left = this.#rooms.size
    observe.event({ kind: 'drained', left })
    return left === 0 ? ok(undefined) : err({ rooms: left })
  }

  #shellOf(name: DocName): Result<RoomShell, NoRoom> {
    if (this.isDraining) return err({ close: 'serviceRestart', reason: 'the server restarts' })
    return this.#rooms.open(name)
  }
}
