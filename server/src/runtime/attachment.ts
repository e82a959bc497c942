/*
 * A client on its way to a room: it is authorized, then joined, then heard. What it says before it is let
 * in waits, within a budget and a time, and mostly with itself: where the socket is its own, it is not read
 * until then.
 *
 *   waiting ──login──▶ authorizing ──granted──▶ joined ──login, or it has expired──▶ checking
 *      │                   │                      ▲ │                                 │  │
 *      └───────────────────┴────── over ◀─────────┼─┴─────────────────────────────────┘  │
 *                                                 └───────────────granted────────────────┘
 */
import {
  assertNever,
  type CloseName,
  type DocName,
  type Millis,
  type Result,
  type SessionId,
} from '@quire/shared'
import type { Auth, Grant } from '../ports/auth.ts'
import type { Observe } from '../ports/observe.ts'
import type { SocketListener } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import { setAlarm } from './alarm.ts'
import { Backlog } from './backlog.ts'
import type { Arrival, Login, NoRoom } from './documents.ts'
import type { Guard } from './guard.ts'
import { Guarding } from './guarding.ts'
import type { LoginLimits } from './limits.ts'
import { LoginCheck, takeLoginPlace, type LoginCheckOptions } from './login-check.ts'
import { askAuth, tellDenied } from './login.ts'
import { Membership, type MembershipPorts } from './membership.ts'
import type { NoPlace, Places } from './places.ts'
import type { Refusals } from './refusals.ts'
import type { RoomShell } from './room-shell.ts'
import { closeSession, createSession, type Session } from './session.ts'
import type { ThrottleLimits } from './throttle.ts'

/** What an attachment needs of its server. */
export interface AttachmentPorts extends MembershipPorts {
  readonly auth: Auth
  readonly observe: Observe
  readonly limits: LoginLimits & ThrottleLimits
  /** The newcomers of the server whose login is being checked. */
  readonly logins: Places
  /** The sessions of the server, several of which may share a socket. */
  readonly sessions: Places
  /** What is left of logins. */
  readonly guard: Guard
  /** Who is refused again and again. */
  readonly refusals: Refusals
  readonly shellOf: (document: DocName) => Result<RoomShell, NoRoom>
}

/** The owner of a client's socket, or of its share of one. */
export interface Attached extends SocketListener {
  /** The client says its login, for the first time or anew. */
  login(token: string): void
}

/** Frames that wait for a login, and what to undo when they wait no more. */
interface Early {
  readonly frames: Uint8Array[]
  readonly undo: Undo
}

interface Checked extends Early {
  readonly check: LoginCheck<Grant>
}

interface Joined {
  readonly membership: Membership
  readonly guarding: Guarding
}

type CheckOptions = Pick<LoginCheckOptions<Grant>, 'problem' | 'undoPlace'>

type State =
  | ({ readonly kind: 'waiting' } & Early)
  | ({ readonly kind: 'authorizing' } & Checked)
  | ({ readonly kind: 'joined'; readonly undoExpiry: Undo } & Joined)
  /** Its grant is over or may change: what it says waits for what comes of it. */
  | ({ readonly kind: 'checking' } & Joined & Checked)
  | { readonly kind: 'over' }

/** Attaches a client to its document; what it returns is the owner of the client's socket. */
export const attach = (id: SessionId, arrival: Arrival, ports: AttachmentPorts): Attached => {
  const attachment = new Attachment(id, arrival, ports)
  attachment.start()
  return attachment
}

class Attachment implements Attached {
  readonly #session: Session
  readonly #arrival: Arrival
  readonly #login: Login
  readonly #ports: AttachmentPorts
  readonly #backlog: Backlog
  #state: State = { kind: 'waiting', frames: [], undo: () => undefined }

  constructor(id: SessionId, arrival: Arrival, ports: AttachmentPorts) {
    const { dialect, socket, login, shared } = arrival
    const { pace } = shared ?? {}
    this.#session = createSession({ id, dialect, socket, pace }, ports.clock.now())
    this.#arrival = arrival
    this.#login = login
    this.#ports = ports
    const { loginBytes, loginMessages } = ports.limits
    this.#backlog =
      login.kind === 'said'
        ? login.backlog
        : new Backlog({ bytes: loginBytes, messages: loginMessages })
  }

  start(): void {
    switch (this.#login.kind) {
      case 'checked': // it may have been a while
        return this.#admit(this.#login.grant, [])
      case 'given':
        this.#session.socket.pause() // whatever it says until then is its own to keep
        return this.#authorize(this.#login.token, [])
      case 'said':
        this.#state = { kind: 'waiting', frames: [], undo: this.#deadline() }
        return
      default:
        return assertNever(this.#login)
    }
  }

  login(token: string): void {
    const state = this.#state
    if (this.#login.kind !== 'said' || state.kind === 'over') return
    // as it comes; some clients say an empty one where they have none, and gave one on their way in
    const said = token === '' ? this.#login.token : token
    switch (state.kind) {
      case 'waiting':
        state.undo()
        return this.#authorize(said, state.frames)
      case 'joined':
        return this.#ask(this.#recheck(state, {}), said)
      case 'authorizing':
      case 'checking':
        return this.#ask(state.check, said)
      default:
        return assertNever(state)
    }
  }

  message(frame: Uint8Array): void {
    const state = this.#state
    switch (state.kind) {
      case 'waiting':
        if (!this.#keep(state, frame)) return
        if (this.#login.kind !== 'said') return
        // nobody has to say more where no token is needed, or one was given on the way in
        if (this.#login.token === null && this.#ports.auth.needsToken) return
        state.undo()
        return this.#authorize(this.#login.token, state.frames)
      case 'authorizing':
      case 'checking':
        this.#keep(state, frame)
        return
      case 'joined':
        return state.membership.read(frame)
      case 'over':
        return
      default:
        return assertNever(state)
    }
  }

  drained(): void {
    const state = this.#state
    if (state.kind === 'joined' || state.kind === 'checking') state.membership.drained()
  }

  /** What it had said before is heard. */
  closed(): void {
    if (this.#state.kind === 'joined') this.#state.membership.finish()
    this.#end()
  }

  #end(): void {
    const state = this.#state
    this.#state = { kind: 'over' }
    if (state.kind === 'over') return
    if (state.kind === 'joined') state.undoExpiry()
    else {
      state.undo()
      this.#backlog.forget(state.frames)
    }
    if (state.kind !== 'joined' && state.kind !== 'checking') return
    state.guarding.end()
    state.membership.leave()
  }

  /** Checks the login of a client that is not let in yet, if it finds a place among those. */
  #authorize(token: string | null, frames: Uint8Array[]): void {
    const place = takeLoginPlace(this.#ports.logins)
    if (!place.ok) return this.#refuse(place.error.close, place.error.reason)
    const check = this.#startCheck({ undoPlace: place.value })
    this.#state = { kind: 'authorizing', frames, check, undo: () => check.end() }
    this.#ask(check, token)
  }

  /**
   * What it says from here on waits for its next login, which needs no place among those of newcomers: it
   * has one among the sessions, and no flood of them is to cost it that.
   */
  #recheck(
    { membership, guarding, undoExpiry }: State & { kind: 'joined' },
    options: CheckOptions,
  ) {
    undoExpiry()
    membership.stop()
    const check = this.#startCheck(options)
    const undo = (): void => check.end()
    this.#state = { kind: 'checking', membership, guarding, frames: [], check, undo }
    return check
  }

  #startCheck(options: CheckOptions): LoginCheck<Grant> {
    const { clock, limits } = this.#ports
    return new LoginCheck<Grant>({
      clock,
      ...options,
      withinMs: limits.loginMs,
      isUnread: () => this.#session.socket.isPaused,
      told: (outcome) => this.#decide(outcome),
    }).start()
  }

  #ask(check: LoginCheck<Grant>, token: string | null): void {
    const { document } = this.#arrival
    const request = this.#login.kind === 'checked' ? undefined : this.#login.request
    check.ask(() => askAuth(this.#ports, { document, token, request }))
  }

  #decide(outcome: Result<Grant, NoRoom>): void {
    if (!outcome.ok) return this.#deny(outcome.error)
    const state = this.#state
    if (state.kind === 'authorizing') this.#admit(outcome.value, state.frames)
    if (state.kind === 'checking') this.#readmit(state, outcome.value)
  }

  /** R16: not before this does anybody hold a login to what was revoked, so that nothing is missed meanwhile. */
  #admit(login: Grant, frames: Uint8Array[]): void {
    const left = this.#ports.guard.cap(this.#arrival.document, login)
    if (left.ok) this.#join({ login, grant: left.value }, frames)
    else this.#deny(left.error)
  }

  #join({ login, grant }: { login: Grant; grant: Grant }, frames: Uint8Array[]): void {
    const session = this.#session
    const { shellOf, sessions, clock, guard } = this.#ports
    const place = sessions.take(session.socket.addressGroup)
    if (!place.ok) return this.#refuse('tryAgainLater', fullSentence(place.error))
    const shell = shellOf(this.#arrival.document)
    if (!shell.ok) {
      place.value()
      return this.#refuse(shell.error.close, shell.error.reason)
    }
    const saysLogin = this.#login.kind === 'said'
    const options = {
      session,
      grant,
      shell: shell.value,
      rate: this.#arrival.shared?.rate,
      saysLogin,
      undoPlace: place.value,
      refuse: (close: CloseName, reason: string) => this.#refuse(close, reason),
    }
    const membership = new Membership(options, this.#ports)
    const { document } = this.#arrival
    const guarding = new Guarding({
      document,
      session,
      membership,
      login,
      since: clock.wall(),
      guard,
      dismiss: (reason) => this.#dismiss(reason),
    })
    const undoExpiry = this.#watch(grant.expiresAt)
    this.#state = { kind: 'joined', membership, guarding, undoExpiry }
    membership.join()
    if (!saysLogin) session.socket.resume() // first: the throttle may stop it again
    this.#hearEarly(frames)
  }

  /** R16: what waited is heard under the new grant. */
  #readmit({ membership, guarding, frames }: State & { kind: 'checking' }, login: Grant): void {
    const left = this.#ports.guard.cap(this.#arrival.document, login)
    if (!left.ok) return this.#deny(left.error)
    guarding.renew(login)
    const undoExpiry = this.#watch(login.expiresAt)
    this.#state = { kind: 'joined', membership, guarding, undoExpiry }
    membership.regrant(left.value)
    this.#hearEarly(frames)
  }

  /** At once: who has been here has not come too often. */
  #dismiss(reason: string): void {
    if (this.#state.kind === 'over') return
    this.#end()
    const { document } = this.#arrival
    const close = 'forbidden'
    this.#ports.observe.event({ kind: 'session-closed', document, close, reason })
    closeSession(this.#session, close, reason)
  }

  #hearEarly(frames: readonly Uint8Array[]): void {
    this.#backlog.forget(frames)
    for (const frame of frames) this.message(frame)
  }

  /** Ends what a grant allows when it ends. */
  #watch(expiresAt: Millis | null): Undo {
    if (expiresAt === null) return () => undefined
    return setAlarm(this.#ports.clock, expiresAt, () => this.#expire())
  }

  /** R16: who can say another login is asked for it; the others come back with one. */
  #expire(): void {
    const state = this.#state
    if (state.kind !== 'joined') return
    if (this.#login.kind !== 'said')
      return this.#refuse('tryAgainLater', 'the login has expired; come back with another one')
    // who does not know the question (Hocuspocus 2) has a new login to say when it comes back
    this.#recheck(state, { problem: 'the login has expired, and no other one was checked' })
    state.membership.askForLogin()
  }

  /** Of a login that was not said, or not read for what others say on the same socket: then it begins anew. */
  #deadline(): Undo {
    const { clock, limits } = this.#ports
    const { loginMs } = limits
    let undo: Undo = () => undefined
    const wait = (): void => {
      undo = clock.after(loginMs, () => {
        if (this.#session.socket.isPaused) wait()
        else this.#deny({ close: 'unauthorized', reason: `no login within ${loginMs} ms` })
      })
    }
    wait()
    return () => undo()
  }

  /** Keeps a frame for later; false if that was too much. */
  #keep(state: Early, frame: Uint8Array): boolean {
    state.frames.push(frame)
    const problem = this.#backlog.add(frame)
    if (problem !== null) this.#refuse('tryAgainLater', `said ${problem}`)
    return problem === null
  }

  /** Its login is not, or not any more, one with which it may be here. */
  #deny(problem: NoRoom): void {
    if (this.#state.kind === 'over') return
    const { document, dialect } = this.#arrival
    tellDenied(this.#ports.observe, { document, family: dialect.family }, problem)
    this.#refuse(problem.close, problem.reason)
  }

  #refuse(close: CloseName, reason: string): void {
    if (this.#state.kind === 'over') return
    this.#end()
    this.#turnAway(close, reason)
  }

  #turnAway(close: CloseName, reason: string): void {
    const { document, socket } = this.#arrival
    const { observe, refusals } = this.#ports
    observe.event({ kind: 'session-closed', document, close, reason })
    // who says its login on an open socket has no reason to come back at once
    if (this.#login.kind !== 'given') return closeSession(this.#session, close, reason)
    refusals.close(socket, close, { what: document, reason })
  }
}

const fullSentence = ({ kind, limit }: NoPlace): string =>
  `${kind === 'group' ? 'your address' : 'the server'} has ${limit} sessions, which is the limit`
