/*
 * The shell around one room: one queue of inputs, one step at a time, effects performed in order. Each
 * asynchronous effect ends in exactly one input on the same queue. Nothing else touches the room.
 */
import {
  assertNever,
  err,
  ok,
  seq,
  type CloseName,
  type DocId,
  type Result,
  type SessionId,
  type Update,
} from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Cluster } from '../ports/cluster.ts'
import type { Answer, Content } from '../ports/content.ts'
import type { Observe } from '../ports/observe.ts'
import { DRAIN_BYTES, type WireBytes } from '../ports/socket.ts'
import type { Stateless } from '../ports/stateless.ts'
import type { Storage, StorageProblem } from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'
import type { Effect } from '../room/effect.ts'
import { totalBytes } from '../room/folding.ts'
import type { Folded, Input } from '../room/input.ts'
import type { ServerMessage } from '../room/message.ts'
import type { Phase, Room } from '../room/phase.ts'
import { step } from '../room/room.ts'
import type { Answered } from './answer-pool.ts'
import { answerFor, type AnswerPorts } from './answers.ts'
import type { Gate } from './gate.ts'
import type { AppendOutcome, GroupCommit } from './group-commit.ts'
import type { HeldBytes, HeldShare } from './held-bytes.ts'
import { layOut, PerLane } from './lane.ts'
import { Outbox } from './outbox.ts'
import { READ_BYTES } from './reading-pace.ts'
import { closeSession, type Session } from './session.ts'
import type { Turns } from './turns.ts'

/** Answers under way for one session: a client asks once as it connects, and again where it lacks something. */
const ANSWERS_PER_SESSION = 8

/** What the shells of one server share. */
export interface ShellPorts {
  readonly storage: Storage
  readonly commits: GroupCommit
  readonly content: Content
  readonly cluster: Cluster
  readonly observe: Observe
  /** Hears what clients say beside their documents. */
  readonly stateless: Stateless
  readonly clock: Clock
  /** Makes and shares what clients lack. */
  readonly answering: AnswerPorts
  /** The same for folds. */
  readonly folds: Gate
  /** What is too much for one turn of the event loop shares those that follow. */
  readonly turns: Turns
  /** How long after one flush of a room the next may follow, with so many recipients, milliseconds. */
  readonly flushIntervalMs: (recipients: number) => number
  /** R9: bytes that may wait for a session before it is told of no more updates. */
  readonly lagBytes: number
  /** Time for a client to read so much of a large answer (`READ_BYTES`), milliseconds. */
  readonly readMs: number
  /** What all rooms hold in memory. */
  readonly held: HeldBytes
}

const ENDED = { message: 'the room has ended' }

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
  readonly #outbox: Outbox
  readonly #held: HeldShare
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
      onCongested: (session) => this.push({ kind: 'congested', session }),
      onServed: (session) => this.drained(session),
      onBug: (error) => this.#fail(error),
    })
    this.#held = ports.held.share()
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

  /** What waited for a session to read has been taken: writes on, or tells it what it has missed. */
  drained(session: Session): void {
    if (this.#sessions.get(session.id) !== session) return
    const { clock, readMs } = this.#ports
    switch (session.delivery.feed({ now: clock.now(), readMs })) {
      case 'more':
        return clock.endOfTurn(() => this.drained(session))
      case 'waits':
        return
      case 'done': {
        const { line, id, answers } = session
        if (!line.isHeld && !line.hasMissedPresence) return
        // one answer after the other: else who reads in bursts would soon have asked for too many
        if (line.isHeld && answers > 0) return // `#deliver` comes back to it
        const { hasMissedPresence } = line
        line.hasMissedPresence = false
        this.push({ kind: 'drained', session: id, hasMissedPresence })
      }
    }
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
  }

  /** Makes a session unreachable; a `leave` input is to follow. */
  detach(session: SessionId): void {
    const known = this.#sessions.get(session)
    if (known === undefined) return
    this.#sessions.delete(session)
    this.#outbox.detach(known)
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
    const effects = step(this.room, input, this.#ports.clock.now())
    this.#held.set(this.room.phase)
    for (const effect of effects) this.#perform(effect)
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
    this.#unsubscribe?.()
    this.#unsubscribe = null
    this.#onEvicted()
  }

  #perform(effect: Effect): void {
    const { observe, cluster } = this.#ports
    switch (effect.kind) {
      case 'subscribe':
        this.#unsubscribe = cluster.subscribe(this.room.name, (hint) =>
          this.push({ kind: 'remote', hint }),
        )
        return
      case 'load':
        return this.#load()
      case 'send':
        return this.#with(effect.to, (session) => this.#outbox.say(session, effect.message))
      case 'relay': {
        const author = effect.except === null ? undefined : this.#sessions.get(effect.except)
        return this.#outbox.relay(effect.update, author)
      }
      case 'announce':
        return this.#outbox.announce(this.#reach(effect.to), effect.entries)
      case 'tell':
        return this.#with(effect.session, (session) => this.#tell(session, effect.text))
      case 'deliver':
        return this.#with(effect.to, (session) => this.#deliver(session, effect.answer))
      case 'hold':
        return this.#with(effect.session, (session) => this.#outbox.hold(session))
      case 'release':
        return this.#with(effect.session, (session) => {
          this.#outbox.release(session)
          this.drained(session) // it may have missed presence since it was found to be drained
        })
      case 'close':
        return this.#close(effect.to, effect.close, effect.reason)
      case 'answer':
        return this.#answer(effect)
      case 'append':
        return this.#append(effect)
      case 'publish':
        return cluster.publish(this.room.name, effect.hint)
      case 'compact':
        return this.#compact(effect)
      case 'catch-up':
        return this.#catchUp(effect)
      case 'evict':
        return this.#end()
      case 'observe':
        return observe.event(effect.event)
      default:
        return assertNever(effect)
    }
  }

  /** To one session that is attached, behind everything that was said to it before. */
  say(session: Session, message: ServerMessage): void {
    if (this.#sessions.get(session.id) === session) this.#outbox.say(session, message)
  }

  /** A text of the embedder to everybody attached; families without words for it do not hear it. */
  broadcast(text: string): void {
    for (const session of this.#sessions.values())
      this.#outbox.say(session, { kind: 'stateless', text })
  }

  /** What a client says to the embedder; what that throws is its bug, and costs nobody anything. */
  #tell(session: Session, text: string): void {
    const document = this.room.name
    try {
      this.#ports.stateless.received(
        { document, user: session.user, text },
        {
          reply: (answer) => this.say(session, { kind: 'stateless', text: answer }),
          broadcast: (answer) => this.broadcast(answer),
        },
      )
    } catch (cause) {
      const error = new Error('the handler of stateless messages threw', { cause })
      this.#ports.observe.event({ kind: 'bug', document, error })
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

  /** Runs an asynchronous effect; whatever happens, exactly one input comes of it. */
  #run<T>(
    work: Promise<Result<T, { readonly message: string }>>,
    succeeded: (value: T) => Input,
    failed: (problem: string) => Input,
  ): void {
    work.then(
      (result) => this.push(result.ok ? succeeded(result.value) : failed(result.error.message)),
      (error: unknown) => this.push(failed(error instanceof Error ? error.message : String(error))),
    )
  }

  #load(): void {
    this.#run(
      this.#ports.storage.open(this.room.name),
      (document) => ({ kind: 'loaded', document }),
      (problem) => ({ kind: 'loadFailed', problem }),
    )
  }

  #append({ doc, updates }: EffectOf<'append'>): void {
    this.#ports.commits.append(doc, updates, (outcome) =>
      this.push(
        outcome.ok
          ? { kind: 'appended', appended: outcome.value }
          : { kind: 'appendFailed', problem: outcome.error.message },
      ),
    )
  }

  #answer(effect: EffectOf<'answer'>): void {
    const { doc, session, stateVector, unsaved, version, asOf } = effect
    const { answering } = this.#ports
    const asking = this.#sessions.get(session)
    if (asking === undefined) return // gone; its `leave` is in the queue
    if (asking.answers >= ANSWERS_PER_SESSION) {
      const reason = `asked again before ${asking.answers} answers, limit ${ANSWERS_PER_SESSION}`
      return this.#sendAway(session, reason)
    }
    asking.answers++
    const { snapshotBytes, bytes } = sizeOf(this.room.phase, unsaved)
    const make = (): Promise<Answered> =>
      answerFor(answering, {
        room: this.#id,
        doc,
        stateVector,
        version,
        unsaved,
        snapshotBytes,
        bytes,
        isWanted: () => this.#sessions.has(session),
      })
    // one after the other: of who asks too often, and is sent away for it, one is made and not eight
    const answered = asking.answering === null ? make() : asking.answering.then(make, make)
    asking.answering = answered
    const over = answered.finally(() => {
      asking.answers--
      if (asking.answering === answered) asking.answering = null
    })
    this.#run(
      over,
      (value) => ({ kind: 'answered', session, answer: value, asOf }),
      (problem) => ({ kind: 'answerFailed', session, problem }),
    )
  }

  /** A small answer is said like anything else, a large one is written as it is read. */
  #deliver(session: Session, answer: Answer): void {
    const { first, last } = answer
    const bytes = first.reduce((sum, update) => sum + update.length, last.length)
    if (bytes <= DRAIN_BYTES && !session.delivery.isUnderWay) {
      for (const message of messagesOf(answer)) this.#outbox.say(session, message)
      return this.drained(session)
    }
    this.#outbox.flush()
    session.lastSentAt = this.#ports.clock.now()
    const undoUse = this.#ports.answering.pool.use(answer)
    session.answers++ // until it is written: who asks and does not read would pile them up
    session.delivery.add(piecesFor(answer, session), () => {
      undoUse()
      session.answers--
    })
    this.drained(session)
  }

  #compact({ doc, turn }: EffectOf<'compact'>): void {
    // a room that ended while it waited, in a drain, must not take the disk from those that save
    const work = async () => (this.#isOver ? err(ENDED) : compact(this.#ports, doc))
    this.#run(
      this.#ports.folds.run(work, turn),
      (folded) => ({ kind: 'compacted', folded }),
      (problem) => ({ kind: 'compactFailed', problem }),
    )
  }

  #catchUp({ doc }: EffectOf<'catch-up'>): void {
    this.#run(
      this.#ports.storage.read(doc),
      (content) => ({ kind: 'caughtUp', content }),
      (problem) => ({ kind: 'catchUpFailed', problem }),
    )
  }
}

const messagesOf = ({ first, last }: Answer): readonly ServerMessage[] => [
  ...first.map((update) => ({ kind: 'update' as const, update })),
  { kind: 'sync-step-2', update: last },
]

/** The wire's bytes of an answer's pieces, laid out once for all who get them (R8). */
const laidOut = {
  update: new WeakMap<Update, PerLane<WireBytes>>(),
  'sync-step-2': new WeakMap<Update, PerLane<WireBytes>>(),
}

const piecesFor = ({ first, last }: Answer, session: Session): readonly WireBytes[] => [
  ...first.map((update) => pieceFor('update', update, session)),
  pieceFor('sync-step-2', last, session),
]

const pieceFor = (kind: keyof typeof laidOut, update: Update, session: Session): WireBytes => {
  let piece = laidOut[kind].get(update)
  if (piece === undefined) {
    piece = new PerLane((one) => layOut([{ kind, update }], laneOf(one)).bytes)
    laidOut[kind].set(update, piece)
  }
  return piece.of(session)
}

const laneOf = ({ dialect, socket }: Session) => ({ dialect, wire: socket.wire })

/** What an answer is made of, and may take itself. */
const sizeOf = (phase: Phase, unsaved: readonly Update[]) => {
  if (phase.kind !== 'live') return { snapshotBytes: 0, bytes: 0 }
  const { snapshotBytes, tail } = phase.document
  return { snapshotBytes, bytes: snapshotBytes + tail.bytes + totalBytes(unsaved) }
}

/**
 * R14: folds what is stored now; storage replaces exactly those rows, or nothing. What waits for other
 * structs is appended anew first: a room that opens from the snapshot knows of it by the tail only.
 */
const compact = async (
  { storage, content, commits }: ShellPorts,
  doc: DocId,
): Promise<Result<Folded, StorageProblem | { message: string }>> => {
  const stored = await storage.read(doc)
  if (!stored.ok) return stored
  const { head, snapshot, tail } = stored.value
  const folded = await content.fold({ snapshot, tail })
  if (!folded.ok) return folded
  const { updates, leftOut, bytes, stateVector, deleteSet, index, waiting } = folded.value
  const base = head - tail.length
  const quarantined = leftOut.map(({ index, problem }) => ({ seq: seq(base + 1 + index), problem }))
  let again: Folded['waiting'] = null
  if (waiting !== null) {
    const kept = await new Promise<AppendOutcome>((done) => commits.append(doc, [waiting], done))
    if (!kept.ok) return kept
    again = { appended: kept.value, bytes: waiting.length }
  }
  const snapshotNow = { through: seq(base + updates), bytes, stateVector, deleteSet, index }
  const replaced = await storage.compact(doc, snapshotNow, quarantined)
  if (!replaced.ok) return replaced
  if (!replaced.value) return err({ message: 'a snapshot that covers as much is stored already' })
  return ok({
    updates,
    updateBytes: totalBytes(tail.slice(0, updates)),
    quarantined,
    snapshotBytes: bytes.length,
    waiting: again,
  })
}
