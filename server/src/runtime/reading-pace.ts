/*
 * Whether a client reads a large answer fast enough to keep its place among those who are sent one. What it
 * has read is seen only when a piece of up to 1 MiB has been taken whole, so the time begins anew with each
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

/** The pace of one client that reads a large answer. */
export class ReadingPace {
  #dueAt: Millis | null = null
  #bytes = 0

  /** There is something to read; without effect if there was before. */
  start({ now, readMs }: PaceFacts): void {
    this.#dueAt ??= millis(now + readMs)
  }

  /** There is nothing more to read. */
  stop(): void {
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
