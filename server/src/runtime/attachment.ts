/*
 * A socket on its way to a room: it is authorized, then joined, then heard. What it says before it is
 * let in waits, within a budget and a time, and mostly with itself: it is not read until then.
 */
import {
  assertNever,
  type CloseName,
  type DocName,
  type Result,
  type SessionId,
} from '@quire/shared'
import type { Access, Auth } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { SocketListener } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import type { ClientMessage } from '../room/message.ts'
import type { Arrival, NoRoom } from './documents.ts'
import type { HeldBytes, Said } from './held-bytes.ts'
import type { LoginLimits } from './limits.ts'
import type { Places } from './places.ts'
import type { RoomShell } from './room-shell.ts'
import { closeSession, createSession, type Session } from './session.ts'
import { Throttle, type ThrottleLimits } from './throttle.ts'

/** What a kept message takes at least; were it only its bytes, a flood of small ones would be free. */
const KEPT_MESSAGE_BYTES = 128

/** What an attachment needs of its server. */
export interface AttachmentPorts {
  readonly auth: Auth
  readonly observe: Observe
  readonly clock: Clock
  readonly limits: LoginLimits & ThrottleLimits
  /** The clients of the server whose login is being checked. */
  readonly logins: Places
  readonly held: HeldBytes
  readonly shellOf: (document: DocName) => Result<RoomShell, NoRoom>
}

type State =
  | {
      readonly kind: 'authorizing'
      readonly early: Uint8Array[]
      bytes: number
      /** Gives the place among the logins and the deadline back. */
      readonly undo: Undo
    }
  | { readonly kind: 'joined'; readonly shell: RoomShell; readonly throttle: Throttle<Said> }
  | { readonly kind: 'over' }

/** Attaches a client to its document; what it returns is the owner of the client's socket. */
export const attach = (id: SessionId, arrival: Arrival, ports: AttachmentPorts): SocketListener => {
  const attachment = new Attachment(id, arrival, ports)
  attachment.start(arrival.token)
  return attachment
}

class Attachment implements SocketListener {
  readonly #session: Session
  readonly #document: DocName
  readonly #ports: AttachmentPorts
  #state: State = { kind: 'over' }

  constructor(id: SessionId, { document, dialect, socket }: Arrival, ports: AttachmentPorts) {
    this.#session = createSession({ id, dialect, socket }, ports.clock.now())
    this.#document = document
    this.#ports = ports
  }

  start(token: string | null): void {
    const { clock, limits, logins } = this.#ports
    const place = logins.take(null)
    if (!place.ok)
      return this.#turnAway(
        'tryAgainLater',
        `${logins.taken} logins are being checked, limit ${place.error.limit}`,
      )
    const undoDeadline = clock.after(limits.loginMs, () =>
      this.#refuse('tryAgainLater', `the login was not checked within ${limits.loginMs} ms`),
    )
    const undo = (): void => {
      undoDeadline()
      place.value()
    }
    this.#state = { kind: 'authorizing', early: [], bytes: 0, undo }
    this.#session.socket.pause() // whatever it says until then is its own to keep
    void this.#authorize(token)
  }

  message(frame: Uint8Array): void {
    switch (this.#state.kind) {
      case 'authorizing':
        return this.#keep(this.#state, frame)
      case 'joined':
        return this.#read(this.#state.throttle, frame)
      case 'over':
        return
      default:
        return assertNever(this.#state)
    }
  }

  drained(): void {
    if (this.#state.kind === 'joined') this.#state.shell.drained(this.#session)
  }

  closed(): void {
    const state = this.#state
    this.#state = { kind: 'over' }
    if (state.kind === 'authorizing') state.undo()
    if (state.kind !== 'joined') return
    state.throttle.close()
    state.shell.detach(this.#session.id)
    state.shell.push({ kind: 'leave', session: this.#session.id })
  }

  async #authorize(token: string | null): Promise<void> {
    try {
      const grant = await this.#ports.auth.authorize({ document: this.#document, token })
      if (grant.ok) this.#join(grant.value.access)
      else this.#refuse(grant.error.kind, grant.error.message)
    } catch (thrown) {
      // our own bug, or the login's: it costs this session and nothing else
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      this.#ports.observe.event({ kind: 'bug', document: this.#document, error })
      this.#refuse('internalError', 'the login could not be checked')
    }
  }

  #join(access: Access): void {
    const state = this.#state
    if (state.kind !== 'authorizing') return // the socket closed meanwhile
    const shell = this.#ports.shellOf(this.#document)
    if (!shell.ok) return this.#refuse(shell.error.close, shell.error.reason)
    state.undo()
    const throttle = new Throttle<Said>({
      socket: this.#session.socket,
      clock: this.#ports.clock,
      limits: this.#ports.limits,
      hear: (said) => this.#hear(shell.value, said),
      giveUp: (reason) => this.#refuse('tryAgainLater', reason),
    })
    this.#state = { kind: 'joined', shell: shell.value, throttle }
    shell.value.attach(this.#session)
    shell.value.push({ kind: 'join', session: this.#session.id, access })
    this.#session.socket.resume() // before it is heard: the throttle may stop it again
    for (const frame of state.early) this.message(frame)
  }

  #keep(state: State & { kind: 'authorizing' }, frame: Uint8Array): void {
    state.bytes += Math.max(KEPT_MESSAGE_BYTES, frame.length)
    state.early.push(frame)
    const { loginBytes, loginMessages } = this.#ports.limits
    const said =
      state.bytes > loginBytes
        ? `${state.bytes} bytes before the login was checked, limit ${loginBytes}`
        : state.early.length > loginMessages
          ? `${state.early.length} messages before the login was checked, limit ${loginMessages}`
          : null
    if (said !== null) this.#refuse('tryAgainLater', `said ${said}`)
  }

  /** R6: a frame that does not decode ends this session and reaches nothing else. */
  #read(throttle: Throttle<Said>, frame: Uint8Array): void {
    const decoded = this.#session.dialect.decode(frame)
    if (!decoded.ok) return this.#refuse('badFrame', decoded.error.message)
    const session = this.#session.id
    let bytes = Math.max(KEPT_MESSAGE_BYTES, frame.length)
    for (const message of decoded.value) {
      throttle.offer({ session, message, bytes })
      bytes = KEPT_MESSAGE_BYTES // the frame's own bytes count once
    }
  }

  /** Returns how many sessions it was for. */
  #hear(shell: RoomShell, said: Said): number {
    const noSpace = this.#ports.held.problem(shell.room, said)
    if (noSpace === null) shell.push({ kind: 'message', ...said })
    else this.#refuse('tryAgainLater', noSpace)
    return isForAll(said.message) ? shell.sessions.size : 1
  }

  #refuse(close: CloseName, reason: string): void {
    if (this.#state.kind === 'over') return
    this.closed()
    this.#turnAway(close, reason)
  }

  #turnAway(close: CloseName, reason: string): void {
    const document = this.#document
    this.#ports.observe.event({ kind: 'session-closed', document, close, reason })
    closeSession(this.#session, close, reason)
  }
}

const isForAll = ({ kind }: ClientMessage): boolean =>
  kind === 'update' || kind === 'sync-step-2' || kind === 'presence'
