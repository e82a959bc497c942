/*
 * Somebody who types in a client at irregular moments, until told to stop.
 */
import type { StockClient } from './stock-client.ts'
import { between, type Random } from './random.ts'

/** Somebody at work. */
export interface Typist {
  /** How many keystrokes so far. */
  readonly strokes: number
  stop(): void
}

/** How somebody types. */
export interface Typing {
  readonly random: Random
  /** Longest pause between two keystrokes. */
  readonly pauseMs?: number
  /** One keystroke in so many replaces a character; 0 for none. */
  readonly replaceOneIn?: number
}

/** Starts typing. */
export const typeInto = (client: StockClient, options: Typing): Typist => {
  const { random, pauseMs = 4, replaceOneIn = 6 } = options
  let strokes = 0
  let timer: NodeJS.Timeout | null = null
  const stroke = (): void => {
    const { doc, text } = client
    const at = between(random, 0, text.length)
    // never a bare deletion: two people's deletions of one character are the same bytes, and whose
    // echo came could not be told
    const replaces = replaceOneIn > 0 && between(random, 1, replaceOneIn) === 1
    doc.transact(() => {
      if (replaces && at < text.length) text.delete(at, 1)
      text.insert(at, String.fromCharCode(between(random, 97, 122)))
    })
    strokes++
    timer = setTimeout(stroke, random() * pauseMs)
  }
  stroke()
  return {
    get strokes() {
      return strokes
    },
    stop() {
      if (timer !== null) clearTimeout(timer)
    },
  }
}
