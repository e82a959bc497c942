import { CONTENT_DEPTH } from '../json-depth.ts'

/** Bounds of formats; the unit is in each name. What is beyond them is refused, never cut. */
export const formatLimits = {
  /** Content handed in, UTF-16 units: 8 Mi are a long book, and take the parsers a few seconds. */
  inputLength: 8 * 1024 * 1024,
  /** Nodes of content handed in: each becomes a Yjs item of about 200 bytes in every open editor. */
  nodes: 200_000,
  depth: CONTENT_DEPTH,
  /** One attribute of a node or mark, UTF-16 units of its JSON: an address, never an inlined file. */
  attributeLength: 8 * 1024,
  /**
   * Lines of Markdown without an empty one between them, UTF-16 units: some 2,500 words. Made for it, so
   * many take the parser 5 s, and twice as many four times as long; it cannot be stopped within them.
   */
  markdownParagraph: 16 * 1024,
  /** Time for the signs of one Markdown text: 8 Mi units of a book take 2 s, and all others wait for them. */
  markdownMs: 5_000,
  /** Time for reading again what one document was written as: what is left then is written as HTML. */
  markdownCheckMs: 10_000,
  /** Attributes of one HTML element, of which at most five are read. */
  htmlAttributes: 256,
  /** Open HTML elements: a level of a document takes up to four, and marks theirs. */
  htmlDepth: 1024,
  /** HTML elements, texts and comments: what they become is bounded by `nodes`. */
  htmlNodes: 1_000_000,
} as const

/** Content that cannot be taken or given as asked; `message` names what, where and the limit. */
export class Refusal extends Error {}

/** Ends the job with a problem of kind `refused`. */
export const refuse = (message: string): never => {
  throw new Refusal(message)
}

/** Looked at between steps of work that cannot be stopped within one. */
export interface Deadline {
  /** Refuses once the time is over. */
  check(): void
}

/** A deadline so many milliseconds from now. */
export const deadlineIn = (ms: number, what: string, now = () => performance.now()): Deadline => {
  const end = now() + ms
  return {
    check() {
      if (now() > end) refuse(`${what}: is not read within ${ms} ms, which is the limit`)
    },
  }
}
