import type { Millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from '../ports/socket.ts'
import type { Undo } from '../ports/undo.ts'
import { Rate, type RateLimits } from './rate.ts'

/** Who has not been held back for so long has a clean slate. */
const CALM_MS = 10_000

/**
 * Sessions that a message counts for at most: in a room of any size a client has a hundredth of its
 * rates, so that whoever types there is not held back.
 */
const MOST_HEARERS = 100

/** What a session may say, and how long it may want to say more. */
export interface ThrottleLimits extends RateLimits {
  /**
   * How long a session may be held back again and again before it is sent away, and how long it is not
   * read at a time: a peer that dies meanwhile is not noticed. Of a longer debt the rest stays, and its
   * next message pauses it again.
   */
  readonly heldBackMs: number
}

/** What a throttle needs. */
export interface ThrottlePorts<T> {
  readonly socket: Socket
  readonly clock: Clock
  readonly limits: ThrottleLimits
  /** The rates of the connection that the session shares with others; undefined: it has its own. */
  readonly rate: Rate | undefined
  /** Hears a message; returns how many sessions it was for. */
  readonly hear: (said: T) => number
  /** The session is to be sent away, with this sentence. */
  readonly giveUp: (reason: string) => void
}

/**
 * Holds a session to its rates. A message counts once for each session that it is for, as that is what
 * it costs: who is alone may import a book at full speed, who floods a crowd may not. Above the rates
 * the peer is not read, and what had been read already waits here: for its time, and for the session to be
 * heard again where its login is being checked. It is lost only with a session that is sent away.
 */
export class Throttle<T extends { readonly bytes: number }> {
  readonly #ports: ThrottlePorts<T>
  readonly #rate: Rate
  #state: 'reading' | 'holding' | 'over' = 'reading'
  #kept: T[] = []
  #isStopped = false
  #undoPause: Undo | null = null
  #streak: { readonly since: Millis; lastAt: Millis } | null = null

  constructor(ports: ThrottlePorts<T>) {
    this.#ports = ports
    this.#rate = ports.rate ?? new Rate(ports.limits, ports.clock.now())
  }

  /** Hears a message, now or as soon as the rates allow it, in order. */
  offer(said: T): void {
    if (this.#state === 'holding') this.#kept.push(said)
    else if (this.#state === 'reading') this.#hear(said)
  }

  /** What waits here is not heard before `goOn`; nothing is to be offered meanwhile. */
  stop(): void {
    this.#isStopped = true
  }

  /** What waits here is heard when its time has come. */
  goOn(): void {
    this.#isStopped = false
    if (this.#state === 'holding' && this.#undoPause === null) this.#hearKept()
  }

  /** Hears what waits here without waiting for its time, which counts nevertheless, and nothing more. */
  finish(): void {
    if (this.#state !== 'over' && !this.#isStopped)
      for (const said of this.#kept.splice(0)) {
        if (this.#isOver) break // what it said before ended it
        const hearers = this.#hearersOf(said)
        this.#rate.take(hearers, hearers * said.bytes, this.#ports.clock.now())
      }
    this.close()
  }

  /** Hears nothing more. Safe to call twice. */
  close(): void {
    this.#state = 'over'
    this.#undoPause?.()
    this.#kept = []
  }

  #hear(said: T): void {
    const hearers = this.#hearersOf(said)
    if (this.#state === 'over') return // what it said ended it
    const now = this.#ports.clock.now()
    const waitMs = this.#rate.take(hearers, hearers * said.bytes, now)
    if (waitMs > 0) this.#hold(waitMs, now)
  }

  get #isOver(): boolean {
    return this.#state === 'over'
  }

  #hearersOf(said: T): number {
    return Math.min(MOST_HEARERS, Math.max(1, this.#ports.hear(said)))
  }

  #hold(forMs: number, now: Millis): void {
    const { heldBackMs, messagesPerSecond, bytesPerSecond } = this.#ports.limits
    if (this.#streak === null || now - this.#streak.lastAt > CALM_MS)
      this.#streak = { since: now, lastAt: now }
    this.#streak.lastAt = now
    if (now - this.#streak.since > heldBackMs)
      return this.#ports.giveUp(
        `for ${heldBackMs} ms said more than ${messagesPerSecond} messages or ${bytesPerSecond} bytes a second, each counted for every session that hears it, up to ${MOST_HEARERS}`,
      )
    this.#state = 'holding'
    this.#ports.socket.pause()
    this.#undoPause = this.#ports.clock.after(Math.min(forMs, heldBackMs), () => {
      this.#undoPause = null
      if (this.#isStopped) this.#ports.socket.resume()
      else this.#hearKept()
    })
  }

  #hearKept(): void {
    this.#state = 'reading'
    const kept = this.#kept
    this.#kept = []
    for (const [i, said] of kept.entries()) {
      this.#hear(said)
      if (this.#state === 'reading') continue
      if (this.#state === 'holding') this.#kept = kept.slice(i + 1)
      return
    }
    if (this.#streak !== null) this.#streak.lastAt = this.#ports.clock.now() // held back is not calm
    this.#ports.socket.resume()
  }
}
