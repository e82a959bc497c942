/*
 * Markdown as marked's tokens, within bounds. Its expressions are not linear in lines that are made for
 * them, nor can they be stopped: so what they are given is short, and the time is looked at between.
 */
import { Lexer, Marked, Tokenizer, type Token, type Tokens, type TokensList } from 'marked'
import { formatLimits, refuse, type Deadline } from './limits.ts'

const { defaults } = new Marked({ gfm: true })

/** As `marked.lexer` does it. Refuses what has too much in one paragraph, or takes too long. */
export const markdownTokens = (text: string, deadline: Deadline): readonly Token[] => {
  try {
    const lexer = new BoundedLexer(deadline)
    lexer.blockTokens(text.replace(/\r\n|\r/g, '\n'), lexer.tokens)
    for (const { src } of lexer.inlineQueue) checkLength(src)
    for (const { src, tokens } of lexer.inlineQueue) {
      deadline.check()
      // a tag that is not closed ends with its block
      Object.assign(lexer.state, { inLink: false, inRawBlock: false })
      lexer.inlineTokens(withoutEnd(src), tokens)
    }
    return lexer.tokens
  } catch (error) {
    if (error instanceof RangeError) return refuse('Markdown: nests too deep to be read')
    throw error
  }
}

/** Its first question at each block is whether there is space. */
class BoundedTokenizer extends Tokenizer {
  readonly #deadline: Deadline

  constructor(deadline: Deadline) {
    super()
    this.#deadline = deadline
  }

  override space(src: string): Tokens.Space | undefined {
    this.#deadline.check()
    return super.space(src)
  }
}

class BoundedLexer extends Lexer {
  constructor(deadline: Deadline) {
    super({ ...defaults, tokenizer: new BoundedTokenizer(deadline) })
  }

  override blockTokens(src: string, tokens?: Token[], isClipped?: boolean): Token[]
  override blockTokens(src: string, tokens?: TokensList, isClipped?: boolean): TokensList
  override blockTokens(src: string, tokens?: Token[], isClipped?: boolean): Token[] {
    // within items, each line is looked at for a heading that ends below it
    if (!this.state.top) checkStretches(src)
    return super.blockTokens(src, tokens, isClipped)
  }
}

const checkLength = (text: string): void => {
  if (text.length > formatLimits.markdownParagraph)
    refuse(
      `Markdown: the paragraph that begins with ${JSON.stringify(text.slice(0, 40))} has ${text.length} UTF-16 units, limit ${formatLimits.markdownParagraph}`,
    )
}

/** Lines that may be one paragraph; code in fences is none. */
const checkStretches = (src: string): void => {
  if (src.length <= formatLimits.markdownParagraph) return
  let fence: string | null = null
  let from = 0
  for (let start = 0; start < src.length;) {
    const found = src.indexOf('\n', start)
    const end = found < 0 ? src.length : found
    const head = src.slice(start, Math.min(end, start + LONGEST_HEAD)).trimStart()
    const sign = /^(?:```|~~~)/.exec(head)?.[0] ?? null
    if (fence !== null || sign !== null || head === '' || NEW_BLOCK.test(head)) {
      checkLength(src.slice(from, start))
      from = fence !== null || sign !== null ? end : start
    }
    if (sign !== null && (fence === null || fence === sign)) fence = fence === null ? sign : null
    start = end + 1
  }
  checkLength(src.slice(from))
}

/** As much of a line as tells whether a block begins with it. */
const LONGEST_HEAD = 300

const NEW_BLOCK = /^(?:[*+-]|\d{1,9}[.)]|#{1,6}|>)(?:\s|$)/

/** Space at the end of a block means nothing. */
const withoutEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  return text.slice(0, end)
}
