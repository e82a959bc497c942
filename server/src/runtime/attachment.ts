/*
 * A socket on its way to a room: it is authorized, then joined, then heard. What it says before it is
 * let in waits, within a budget and a time.
 */
import { assertNever, type CloseName, type DocName, type SessionId } from '@quire/shared'
import type { Access, Auth } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { SocketListener } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import type { RoomLimits } from '../room/limits.ts'
import type { Arrival } from './documents.ts'
import type { RoomShell } from './room-shell.ts'
import { closeSession, createSession, type Session } from './session.ts'

/** What a kept message takes at least; were it only its bytes, a flood of small ones would be free. */
const KEPT_MESSAGE_BYTES = 128

/** What an attachment needs of its server. */
export interface AttachmentPorts {
  readonly auth: Auth
  readonly observe: Observe
  readonly clock: Clock
  readonly limits: RoomLimits
  /** The room of a name; null if the server takes no one in any more. */
  readonly shellOf: (document: DocName) => RoomShell | null
}

type State =
  | {
      readonly kind: 'authorizing'
      readonly early: Uint8Array[]
      bytes: number
      readonly undoDeadline: Undo
    }
  | { readonly kind: 'joined'; readonly shell: RoomShell }
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
    const { loadMs } = this.#ports.limits
    const undoDeadline = this.#ports.clock.after(loadMs, () =>
      this.#refuse('tryAgainLater', `the login was not checked within ${loadMs} ms`),
    )
    this.#state = { kind: 'authorizing', early: [], bytes: 0, undoDeadline }
    void this.#authorize(token)
  }

  message(frame: Uint8Array): void {
    switch (this.#state.kind) {
      case 'authorizing':
        return this.#keep(this.#state, frame)
      case 'joined':
        return this.#hear(this.#state.shell, frame)
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
    if (state.kind === 'authorizing') state.undoDeadline()
    if (state.kind !== 'joined') return
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
    if (shell === null) return this.#refuse('serviceRestart', 'the server restarts')
    state.undoDeadline()
    this.#state = { kind: 'joined', shell }
    shell.attach(this.#session)
    shell.push({ kind: 'join', session: this.#session.id, access })
    for (const frame of state.early) this.message(frame)
  }

  #keep(state: State & { kind: 'authorizing' }, frame: Uint8Array): void {
    state.bytes += Math.max(KEPT_MESSAGE_BYTES, frame.length)
    const limit = this.#ports.limits.loadQueueBytes
    if (state.bytes > limit)
      return this.#refuse(
        'tryAgainLater',
        `said ${state.bytes} bytes before the login was checked, limit ${limit}`,
      )
    state.early.push(frame)
  }

  /** R6: a frame that does not decode ends this session and reaches nothing else. */
  #hear(shell: RoomShell, frame: Uint8Array): void {
    const decoded = this.#session.dialect.decode(frame)
    if (!decoded.ok) return this.#refuse('badFrame', decoded.error.message)
    let bytes = Math.max(KEPT_MESSAGE_BYTES, frame.length)
    for (const message of decoded.value) {
      shell.push({ kind: 'message', session: this.#session.id, message, bytes })
      bytes = KEPT_MESSAGE_BYTES // the frame's own bytes count once
    }
  }

  #refuse(close: CloseName, reason: string): void {
    if (this.#state.kind === 'over') return
    this.closed()
    const document = this.#document
    this.#ports.observe.event({ kind: 'session-closed', document, close, reason })
    closeSession(this.#session, close, reason)
  }
}
