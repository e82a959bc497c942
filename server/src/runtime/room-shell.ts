/*
 * The shell around one room: one queue of inputs, one step at a time, effects performed in order. Each
 * asynchronous effect ends in exactly one input on the same queue. Nothing else touches the room.
 */
import {
  assertNever,
  type CloseName,
  type Result,
  type SessionId,
  type Update,
} from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Cluster } from '../ports/cluster.ts'
import type { Observe } from '../ports/observe.ts'
import type { Stateless } from '../ports/stateless.ts'
import type { Tracing } from '../ports/tracing.ts'
import type { Undo } from '../ports/undo.ts'
import type { Effect, RoomEvent } from '../room/effect.ts'
import { totalBytes } from '../room/folding.ts'
import type { Input } from '../room/input.ts'
import type { ServerMessage } from '../room/message.ts'
import type { Phase, Room } from '../room/phase.ts'
import { RESTART, step } from '../room/room.ts'
import type { AnswerPorts } from './answers.ts'
import { AskedFolds } from './asked-folds.ts'
import type { AutoVersions, VersionWatch } from './auto-versions.ts'
import { ChangeTraces } from './change-traces.ts'
import { Deliveries } from './deliveries.ts'
import type { HeldBytes, HeldShare } from './held-bytes.ts'
import { Outbox } from './outbox.ts'
import { measuredFor } from './outbox-measure.ts'
import { pushOutcome } from './outcome.ts'
import { READ_BYTES } from './reading-pace.ts'
import { closeSession, type Session } from './session.ts'
import { performOnStorage, type EffectOwner, type StorageEffectPorts } from './storage-effects.ts'
import { ToldMembers } from './told-members.ts'
import type { Turns } from './turns.ts'

/** What the shells of one server share. */
export interface ShellPorts extends StorageEffectPorts {
  readonly cluster: Cluster
  readonly observe: Observe
  /** Makes traces of changes, where `observe` measures; absent: nobody does. */
  readonly tracing?: Tracing
  /** Hears what clients say beside their documents. */
  readonly stateless: Stateless
  readonly clock: Clock
  /** Makes and shares what clients lack. */
  readonly answering: AnswerPorts
  /** What is too much for one turn of the event loop shares those that follow. */
  readonly turns: Turns
  /** How long after one flush of a room the next may follow, with so many recipients, milliseconds. */
  readonly flushIntervalMs: (recipients: number) => number
  /** R9: bytes that may wait for a session before it is told of no more updates. */
  readonly lagBytes: number
  /** Time for a client to read so much of a large answer (`READ_BYTES`), milliseconds. */
  readonly readMs: number
  /** Keeps what documents are as they fall idle. */
  readonly versions: AutoVersions
  /** What all rooms hold in memory. */
  readonly held: HeldBytes
}

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>

let nextId = 1

/** One room with its sessions. */
export class RoomShell {
  readonly room: Room
  /** Tells it from every other room of this process, one of the same name before it included. */
  readonly #id: number
  readonly #ports: ShellPorts
  readonly #onEvicted: () => void
  readonly #sessions = new Map<SessionId, Session>()
  readonly #members: ToldMembers
  readonly #traces = new ChangeTraces()
  readonly #outbox: Outbox
  readonly #deliveries: Deliveries
  readonly #held: HeldShare
  readonly #folds = new AskedFolds()
  readonly #versions: VersionWatch
  /** What the outcomes of asynchronous effects go back to. */
  readonly #owner: EffectOwner
  #queue: Input[] = []
  #isStepping = false
  #isOver = false
  #unsubscribe: Undo | null = null

  constructor(room: Room, ports: ShellPorts, onEvicted: () => void) {
    this.room = room
    this.#id = nextId++
    this.#ports = ports
    this.#onEvicted = onEvicted
    this.#outbox = new Outbox({
      clock: ports.clock,
      turns: ports.turns,
      sessions: this.#sessions,
      intervalMs: ports.flushIntervalMs,
      lagBytes: ports.lagBytes,
      measured: measuredFor(room.name, {
        clock: ports.clock,
        observe: ports.observe,
        traces: this.#traces,
      }),
      onCongested: (session) => this.push({ kind: 'congested', session }),
      onServed: (session) => this.drained(session),
      onBug: (error) => this.#fail(error),
    })
    this.#deliveries = new Deliveries({
      clock: ports.clock,
      sessions: this.#sessions,
      outbox: this.#outbox,
      answering: ports.answering,
      readMs: ports.readMs,
      onDrained: (session, hasMissedPresence) =>
        this.push({ kind: 'drained', session, hasMissedPresence }),
      onUntold: (session) => this.push({ kind: 'untold', session }),
    })
    this.#members = new ToldMembers(room.name, ports)
    this.#held = ports.held.share()
    this.#versions = ports.versions.watch(room.name)
    this.#owner = {
      document: room.name,
      isOver: () => this.#isOver,
      push: (input) => this.push(input),
    }
  }

  /** The sessions attached or waiting to be. */
  get sessions(): ReadonlyMap<SessionId, Session> {
    return this.#sessions
  }

  /** Makes a session reachable; a `join` input is to follow. */
  attach(session: Session): void {
    this.#sessions.set(session.id, session)
    this.#outbox.attach(session)
  }

  /** What waited for a session to read has been taken. */
  drained(session: Session): void {
    this.#deliveries.feed(session)
  }

  /** Time has passed. */
  tick(): void {
    const now = this.#ports.clock.now()
    const unread: SessionId[] = []
    const behind: SessionId[] = []
    for (const { id, socket, delivery } of this.#sessions.values()) {
      if (socket.isPaused) unread.push(id)
      if (delivery.isBehind(now)) behind.push(id)
    }
    for (const session of behind) {
      const { readMs } = this.#ports
      this.#sendAway(session, `read less than ${READ_BYTES} bytes of a document in ${readMs} ms`)
    }
    if (unread.length > 0) this.push({ kind: 'unread', sessions: unread })
    this.push({ kind: 'tick' })
    this.#versions.look(this.room.phase, now, this.room.limits.compactQuietMs)
  }

  /** Folds the tail, or waits for the fold that is under way. The room has to be live, with a tail. */
  fold(): Promise<Result<void, string>> {
    const outcome = this.#folds.outcome()
    this.push({ kind: 'fold' })
    return outcome
  }

  /** Makes a session unreachable; a `leave` input is to follow. */
  detach(session: SessionId): void {
    const known = this.#sessions.get(session)
    if (known === undefined) return
    this.#sessions.delete(session)
    this.#outbox.detach(known)
  }

  /** Sends so many of its sessions away, who have been here longest; the others go on. */
  letGo(count: number): void {
    const going = [...this.#sessions.keys()].slice(0, count)
    this.#close(going, RESTART.close, RESTART.reason)
    for (const session of going) {
      this.detach(session)
      this.push({ kind: 'leave', session })
    }
  }

  /** Queues an input and works the queue off, unless that is under way further up the stack. */
  push(input: Input): void {
    if (this.#isOver) return
    this.#queue.push(input)
    if (this.#isStepping) return
    this.#isStepping = true
    try {
      // effects may push; the array grows while it is walked
      for (let i = 0; i < this.#queue.length && !this.#isOver; i++) this.#take(this.#queue[i])
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#queue = []
      this.#isStepping = false
    }
  }

  #take(input: Input | undefined): void {
    if (input === undefined) return
    if (input.kind === 'tick') this.#keepAlive()
    const before = this.room.phase
    const { clock, observe } = this.#ports
    const at = observe.measures === true ? clock.precise() : undefined
    if (this.#traces.isTracing) this.#traces.hear(input, (id) => this.#sessions.has(id))
    const effects = step(this.room, input, clock.now(), at)
    this.#held.set(this.room.phase)
    this.#folds.took(input)
    for (const effect of effects) {
      if (effect.kind === 'evict') this.#versions.ended(before)
      this.#perform(effect)
    }
  }

  /** Our own bug: this room ends, its clients come back with what they hold, the process lives. */
  #fail(error: unknown): void {
    if (this.#isOver) return
    const document = this.room.name
    const cause = error instanceof Error ? error : new Error(String(error))
    this.#ports.observe.event({ kind: 'bug', document, error: cause })
    this.#end() // first, so that nothing reaches this room again whatever the sockets do
    this.#close([...this.#sessions.keys()], 'internalError', 'the server failed; please come back')
  }

  #end(): void {
    this.#isOver = true
    this.#held.release()
    this.#folds.end()
    this.#unsubscribe?.()
    this.#unsubscribe = null
    this.#members.end()
    this.#traces.end()
    this.#onEvicted()
  }

  #perform(effect: Effect): void {
    const { cluster } = this.#ports
    if (this.#traces.isTracing) this.#traces.perform(effect)
    switch (effect.kind) {
      case 'subscribe':
        this.#unsubscribe = cluster.subscribe(this.room.name, (hint) =>
          this.push({ kind: 'remote', hint }),
        )
        return
      case 'load':
      case 'append':
      case 'keep':
      case 'compact':
      case 'catch-up':
        return performOnStorage(effect, this.#ports, this.#owner)
      case 'send':
        return this.#with(effect.to, (session) => this.#deliveries.say(session, effect.message))
      case 'broadcast':
        return this.#outbox.sayToAll(effect.message)
      case 'signal':
        return this.#outbox.signal(effect.message, this.#sessions.get(effect.from))
      case 'relay': {
        const author = effect.except === null ? undefined : this.#sessions.get(effect.except)
        return this.#outbox.relay(effect.update, author, effect.acceptedAt)
      }
      case 'announce':
        return this.#outbox.announce(this.#reach(effect.to), effect.entries)
      case 'tell':
        return this.#with(effect.session, (session) => this.#tell(session, effect.text))
      case 'deliver':
        return this.#with(effect.to, (session) => this.#deliveries.deliver(session, effect.answer))
      case 'hold':
        return this.#with(effect.session, (session) => this.#outbox.hold(session))
      case 'release':
        return this.#with(effect.session, (session) => {
          this.#outbox.release(session)
          this.#deliveries.feed(session) // it may have missed presence since it was found to be drained
        })
      case 'close':
        return this.#close(effect.to, effect.close, effect.reason)
      case 'answer':
        return this.#with(effect.session, (session) => this.#answer(session, effect))
      case 'publish':
        return cluster.publish(this.room.name, effect.hint)
      case 'evict':
        return this.#end()
      case 'observe':
        return this.#observe(effect.event)
      case 'accepted':
        return this.#with(effect.session, (session) => this.#accepted(session, effect))
      default:
        return assertNever(effect)
    }
  }

  #accepted(
    { id, dialect: { family } }: Session,
    { bytes, acceptedAt }: EffectOf<'accepted'>,
  ): void {
    const { observe, tracing } = this.#ports
    const document = this.room.name
    observe.event({ kind: 'update-accepted', document, family, bytes })
    if (tracing === undefined || !this.#traces.hasPlace) return
    const span = tracing.change({ document, family, session: id, bytes })
    if (span !== null) this.#traces.accepted(acceptedAt, id, span)
  }

  #observe(event: RoomEvent): void {
    if (event.kind === 'session-joined')
      this.#with(event.session, (session) => this.#members.came(session))
    else if (event.kind === 'session-left') this.#members.left(event.session)
    else this.#ports.observe.event(event)
  }

  /** To one session that is attached, behind everything that was said to it before. */
  say(session: Session, message: ServerMessage): void {
    if (this.#sessions.get(session.id) === session) this.#outbox.say(session, message)
  }

  /** A text of the embedder to everybody attached; families without words for it do not hear it. */
  broadcast(text: string): void {
    this.#outbox.sayToAll({ kind: 'stateless', text })
  }

  /** What a client says to the embedder; what that throws is its bug, and costs nobody anything. */
  #tell(session: Session, text: string): void {
    const document = this.room.name
    const report = (cause: unknown): void => {
      const error = new Error('the handler of stateless messages threw', { cause })
      this.#ports.observe.event({ kind: 'bug', document, error })
    }
    try {
      const over: unknown = this.#ports.stateless.received(
        { document, user: session.user, text },
        {
          reply: (answer) => this.say(session, { kind: 'stateless', text: answer }),
          broadcast: (answer) => this.broadcast(answer),
        },
      )
      Promise.resolve(over).catch(report)
    } catch (cause) {
      report(cause)
    }
  }

  #with(id: SessionId, act: (session: Session) => void): void {
    const session = this.#sessions.get(id)
    if (session !== undefined) act(session)
  }

  *#reach(ids: readonly SessionId[]): Iterable<Session> {
    for (const id of ids) {
      const session = this.#sessions.get(id)
      if (session !== undefined) yield session
    }
  }

  #close(ids: readonly SessionId[], close: CloseName, reason: string): void {
    // what was said before the close reaches whoever still reads; of a room that failed it may be wrong
    const isRight = !this.#isOver
    if (isRight) this.#outbox.flush()
    const document = this.room.name
    for (const session of this.#reach(ids)) {
      if (isRight) this.#outbox.finish(session)
      this.#ports.observe.event({ kind: 'session-closed', document, close, reason })
      closeSession(session, close, reason)
    }
  }

  /** It loses what it holds at once, however long its socket takes to close. */
  #sendAway(session: SessionId, reason: string): void {
    this.#close([session], 'tryAgainLater', reason)
    this.detach(session)
    this.push({ kind: 'leave', session })
  }

  #keepAlive(): void {
    const now = this.#ports.clock.now()
    for (const session of this.#sessions.values())
      if (now - session.lastSentAt >= session.dialect.keepAliveMs)
        this.#outbox.say(session, { kind: 'keep-alive' })
  }

  /** Of who has gone the `leave` is in the queue. */
  #answer(session: Session, effect: EffectOf<'answer'>): void {
    const tooMany = this.#deliveries.problem(session)
    if (tooMany !== null) return this.#sendAway(session.id, tooMany)
    const { doc, asker, unsaved, version, asOf } = effect
    const size = sizeOf(this.room.phase, unsaved)
    const question = { room: this.#id, doc, asker, version, unsaved, ...size }
    pushOutcome(this.#deliveries.make(session, question), {
      succeeded: (answer) => ({ kind: 'answered', session: session.id, answer, asOf }),
      failed: (problem) => ({ kind: 'answerFailed', session: session.id, asker, problem }),
      push: this.#owner.push,
    })
  }
}

/** What an answer is made of, and may take itself. */
const sizeOf = (phase: Phase, unsaved: readonly Update[]) => {
  if (phase.kind !== 'live') return { snapshotBytes: 0, bytes: 0 }
  const { snapshotBytes, tail } = phase.document
  return { snapshotBytes, bytes: snapshotBytes + tail.bytes + totalBytes(unsaved) }
}
