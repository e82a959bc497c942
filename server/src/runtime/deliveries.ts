/*
 * The answers to the sessions of one room: those of one session are made one after the other, a small one is
 * said like anything else, a large one is written as it is read.
 *
 *   make ──▶ (the room decides) ──▶ deliver ──small──▶ outbox
 *                                      └─────large──▶ delivery ◀──feed── the socket is drained
 */
import type { SessionId } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Answer } from '../ports/content.ts'
import { DRAIN_BYTES } from '../ports/socket.ts'
import { mustNotOvertake } from '../room/acknowledging.ts'
import type { ServerMessage } from '../room/message.ts'
import { bytesOf, messagesOf, piecesFor } from './answer-layout.ts'
import type { Answered } from './answer-pool.ts'
import { answerFor, type AnswerPorts, type Question } from './answers.ts'
import { laneOf, layOut } from './lane.ts'
import type { Outbox } from './outbox.ts'
import type { Session } from './session.ts'

/** Answers under way for one session: a client asks once as it connects, and again where it lacks something. */
const ANSWERS_PER_SESSION = 8

/** What deliveries need. */
export interface DeliveriesOptions {
  readonly clock: Clock
  readonly sessions: ReadonlyMap<SessionId, Session>
  readonly outbox: Outbox
  readonly answering: AnswerPorts
  /** Time for a client to read so much of a large answer (`READ_BYTES`), milliseconds. */
  readonly readMs: number
  /** Who is held, or has missed presence, has read all that waited. */
  readonly onDrained: (session: SessionId, hasMissedPresence: boolean) => void
  /** R18: a session was not told its position, as something is on its way to it. */
  readonly onUntold: (session: SessionId) => void
}

/** The deliveries of one room. */
export class Deliveries {
  readonly #options: DeliveriesOptions

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** Why a session gets no further answer, or null. */
  problem({ answers }: Session): string | null {
    if (answers < ANSWERS_PER_SESSION) return null
    return `asked again before ${answers} answers, limit ${ANSWERS_PER_SESSION}`
  }

  /** Makes an answer for a session, unless it is gone by its turn. */
  make(session: Session, question: Omit<Question, 'isWanted'>): Promise<Answered> {
    const { answering, sessions } = this.#options
    const isWanted = (): boolean => sessions.has(session.id)
    const make = (): Promise<Answered> => answerFor(answering, { ...question, isWanted })
    session.answers++
    // one after the other: of who asks too often, and is sent away for it, one is made and not eight
    const answered = session.answering === null ? make() : session.answering.then(make, make)
    session.answering = answered
    return answered.finally(() => {
      session.answers--
      if (session.answering === answered) session.answering = null
    })
  }

  /** Tells a session an answer, behind everything that was said to it before. */
  deliver(session: Session, answer: Answer): void {
    const { clock, outbox, answering } = this.#options
    if (bytesOf(answer) <= DRAIN_BYTES && !session.delivery.isUnderWay) {
      for (const message of messagesOf(answer)) outbox.say(session, message)
      return this.feed(session)
    }
    outbox.flush()
    session.lastSentAt = clock.now()
    const undoUse = answering.pool.use(answer)
    session.answers++ // until it is written: who asks and does not read would pile them up
    session.delivery.add(piecesFor(answer, session), () => {
      undoUse()
      session.answers--
    })
    this.feed(session)
  }

  /**
   * R17: what waits for an answer is said behind a large one that is still to be read. R18: a position is not:
   * updates would overtake it, and whoever hears it behind them takes them for part of the log.
   */
  say(session: Session, message: ServerMessage): void {
    const { delivery, dialect } = session
    const { outbox, sessions, onUntold } = this.#options
    if (message.kind === 'at' && (delivery.isUnderWay || outbox.isServing(session)))
      return onUntold(session.id)
    const waits = message.kind === 'ack' && mustNotOvertake(dialect.asking, message.receipts)
    if (!waits || !delivery.isUnderWay) return outbox.say(session, message)
    const { acceptedAt } = message
    const write = () => layOut([message], laneOf(session)).bytes
    delivery.add([write], () => {
      if (acceptedAt !== undefined && sessions.has(session.id)) outbox.acknowledged(acceptedAt)
    })
  }

  /** What waited for a session to read has been taken: writes on, or tells that it has read all of it. */
  feed(session: Session): void {
    const { clock, sessions, readMs, onDrained } = this.#options
    if (sessions.get(session.id) !== session) return
    switch (session.delivery.feed({ now: clock.now(), readMs })) {
      case 'more':
        return clock.endOfTurn(() => this.feed(session))
      case 'waits':
        return
      case 'done': {
        const { line, id, answers } = session
        if (!line.isHeld && !line.hasMissedPresence) return
        // one answer after the other: else who reads in bursts would soon have asked for too many
        if (line.isHeld && answers > 0) return // `deliver` comes back to it
        const { hasMissedPresence } = line
        line.hasMissedPresence = false
        onDrained(id, hasMissedPresence)
      }
    }
  }
}
