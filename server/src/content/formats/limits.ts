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
  /** One paragraph of Markdown, UTF-16 units: made for it, one of this length takes its parser 4 s, and twice that four times as long. */
  markdownParagraph: 64 * 1024,
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
