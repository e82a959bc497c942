/*
 * Whether a client reads large answers fast enough to keep its place among those who are sent one; several of
 * them share a socket, which it reads in order. What it has read is seen only when a piece of up to 1 MiB has been taken whole, so the time begins anew with each
 * two of them that can be written:
 *
 *     written   ▕▉▉▉▉▕      ▕▉▉▉▉▕▉▉▉▉▕                  ▕
 *               time for 2 MiB ╴╴╴╴╴▶ anew ╴╴╴╴╴╴╴╴╴╴╴╴╴▶ behind
 */
import { millis, type Millis } from '@quire/shared'

/** What is to be read within the time that an option gives. */
export const READ_BYTES = 2 * 1024 * 1024

/** What the pace of a client is measured by at one moment. */
export interface PaceFacts {
  readonly now: Millis
  /** Time for `READ_BYTES`. */
  readonly readMs: number
}

/** The pace of one socket on which large answers are read. */
export class ReadingPace {
  #readers = 0
  #dueAt: Millis | null = null
  #bytes = 0

  /** One of those on the socket has something to read. */
  start({ now, readMs }: PaceFacts): void {
    this.#readers++
    this.#dueAt ??= millis(now + readMs)
  }

  /** One of them has nothing more to read. */
  stop(): void {
    this.#readers--
    if (this.#readers > 0) return
    this.#dueAt = null
    this.#bytes = 0
  }

  /** More could be written, and with it so much waits; a piece that cannot be cut may take its time. */
  wrote(bytes: number, queuedBytes: number, { now, readMs }: PaceFacts): void {
    this.#bytes += bytes
    if (this.#bytes < READ_BYTES) return
    this.#bytes = 0
    this.#dueAt = millis(now + readMs * Math.max(1, queuedBytes / READ_BYTES))
  }

  /** True if it did not read enough in its time. */
  isBehind(now: Millis): boolean {
    return this.#dueAt !== null && now > this.#dueAt
  }
}
