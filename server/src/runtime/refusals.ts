/*
 * Clients that are refused and come back at once. y-websocket before 3.1, and 4.0.0-3, know no final close
 * code, and wait 100 ms where their socket had opened: 600 handshakes a minute for as long as the page is
 * open. So who is refused the same document again within a minute is told so later and later.
 *
 *     refused    1st  2nd   3rd     4th           5th …
 *     told after  0   2 s   4 s     8 s            15 s
 */
import { closeCodes, type CloseName, type Millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from '../ports/socket.ts'
import { RecentMap } from './recent-map.ts'

/** How long a refusal is remembered after it was told. */
const MEMORY_MS = 60_000

/** The longest wait: clients that hear nothing for 30 s count as if they had not been let in at all. */
const LONGEST_MS = 15_000

/** Refusals that are remembered; the oldest are forgotten first. */
const MOST = 10_000

/** The refusals that the same attempt would meet again. */
const FINAL: ReadonlySet<CloseName> = new Set(['unauthorized', 'forbidden', 'badName', 'deleted'])

interface Remembered {
  readonly times: number
  readonly until: number
}

/** Who was refused what lately. */
export class Refusals {
  readonly #clock: Clock
  readonly #known = new RecentMap<string, Remembered>(MOST)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Closes a socket that asked for `what`, now or later; nothing is read from it any more. */
  close(
    socket: Socket,
    close: CloseName,
    { what, reason }: { what: string; reason: string },
  ): void {
    const { code } = closeCodes[close]
    const pauseMs = FINAL.has(close) ? this.#pauseMs(`${socket.address} ${what}`) : 0
    if (pauseMs === 0) return socket.close(code, reason)
    socket.pause()
    this.#clock.after(pauseMs, () => socket.close(code, reason))
  }

  /** Counts a refusal; returns after how many milliseconds it is to be told. */
  #pauseMs(key: string): number {
    const now: Millis = this.#clock.now()
    const known = this.#known.get(key)
    const times = known !== undefined && known.until > now ? known.times + 1 : 1
    const pauseMs = times === 1 ? 0 : Math.min(LONGEST_MS, 1_000 * 2 ** (times - 1))
    this.#known.set(key, { times, until: now + pauseMs + MEMORY_MS })
    return pauseMs
  }
}
