/*
 * A session in its room, from the join to the leave: what it says is decoded, held to its rates and to what
 * all rooms may hold, and heard.
 */
import type { CloseName } from '@quire/shared'
import type { Grant } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'
import type { Identity } from '../room/identity.ts'
import type { ClientMessage } from '../room/message.ts'
import { KEPT_MESSAGE_BYTES } from './backlog.ts'
import type { HeldBytes, Said } from './held-bytes.ts'
import type { Rate } from './rate.ts'
import type { RoomShell } from './room-shell.ts'
import type { Session } from './session.ts'
import { Throttle, type ThrottleLimits } from './throttle.ts'

/** What memberships need of their server. */
export interface MembershipPorts {
  readonly clock: Clock
  readonly limits: ThrottleLimits
  readonly held: HeldBytes
}

/** Who is to be a member of what. */
export interface MembershipOptions {
  readonly session: Session
  /** What it may do at first. */
  readonly grant: Grant
  readonly shell: RoomShell
  /** The rates of the connection, where it is shared; undefined: the session has its own. */
  readonly rate: Rate | undefined
  /** Those who say their login hear what came of it. */
  readonly saysLogin: boolean
  /** Gives its place among the sessions back. */
  readonly undoPlace: Undo
  /** Sends the session away; the membership is then to be left. */
  readonly refuse: (close: CloseName, reason: string) => void
}

/** One session's membership of its room. */
export class Membership {
  readonly #options: MembershipOptions
  readonly #held: HeldBytes
  readonly #throttle: Throttle<Said>
  #grant: Grant

  constructor(options: MembershipOptions, { clock, limits, held }: MembershipPorts) {
    this.#grant = options.grant
    const { session, rate, refuse } = options
    this.#options = options
    this.#held = held
    this.#throttle = new Throttle<Said>({
      socket: session.socket,
      clock,
      limits,
      rate,
      hear: (said) => this.#hear(said),
      giveUp: (reason) => refuse('tryAgainLater', reason),
    })
  }

  /** Makes the session reachable and joins it. */
  join(): void {
    const { session, shell, grant } = this.#options
    shell.attach(session)
    this.#take(grant)
    const { asking } = session.dialect
    const { access, user } = grant
    const identity = identityOf(grant)
    shell.push({ kind: 'join', session: session.id, access, user, identity, asking })
  }

  /** What it may do. */
  get grant(): Grant {
    return this.#grant
  }

  /** R16: its grant is over or may change; what is held back of what it said waits for that. */
  stop(): void {
    this.#throttle.stop()
  }

  /** R16: what it may do from here on. */
  regrant(grant: Grant): void {
    this.lower(grant)
    this.#throttle.goOn()
  }

  /** R16: the same, where nobody has stopped it. */
  lower(grant: Grant): void {
    const { session, shell } = this.#options
    this.#take(grant)
    const { access, user } = grant
    const identity = identityOf(grant)
    shell.push({ kind: 'regrant', session: session.id, access, user, identity })
  }

  /** It has gone: what is held back of what it said is heard; `leave` is to follow. */
  finish(): void {
    this.#throttle.finish()
  }

  #take(grant: Grant): void {
    const { session, shell, saysLogin } = this.#options
    const { user, access } = grant
    this.#grant = grant
    session.user = user
    if (saysLogin) shell.say(session, { kind: 'granted', access })
  }

  /** Asks the client for another login. */
  askForLogin(): void {
    const { session, shell } = this.#options
    shell.say(session, { kind: 'query-token' })
  }

  /** R6: a frame that does not decode ends this session and reaches nothing else. */
  read(frame: Uint8Array): void {
    const { session, refuse } = this.#options
    const decoded = session.dialect.decode(frame)
    if (!decoded.ok) return refuse('badFrame', decoded.error.message)
    let bytes = Math.max(KEPT_MESSAGE_BYTES, frame.length)
    for (const message of decoded.value) {
      this.#throttle.offer({ session: session.id, message, bytes })
      bytes = KEPT_MESSAGE_BYTES // the frame's own bytes count once
    }
  }

  /** What waited for the session to read has been taken. */
  drained(): void {
    const { session, shell } = this.#options
    shell.drained(session)
  }

  /** Gives its place back; its room hears nothing more of it, and that it has left. */
  leave(): void {
    const { session, shell, undoPlace } = this.#options
    this.#throttle.close()
    undoPlace()
    shell.detach(session.id)
    shell.push({ kind: 'leave', session: session.id })
  }

  /** Returns how many sessions it was for. */
  #hear(said: Said): number {
    const { shell, refuse } = this.#options
    const noSpace = this.#held.problem(shell.room, said)
    if (noSpace === null) shell.push({ kind: 'message', ...said })
    else refuse('tryAgainLater', noSpace)
    return isForAll(said.message) ? shell.sessions.size : 1
  }
}

/** An application speaks for others, and on an open server there is nobody to be taken for. */
const identityOf = ({ user, name, isApplication }: Grant): Identity | undefined =>
  user === null && isApplication ? undefined : { user, name }

const isForAll = ({ kind }: ClientMessage): boolean =>
  kind === 'update' ||
  kind === 'sync-step-2' ||
  kind === 'write' ||
  kind === 'presence' ||
  kind === 'signal'
