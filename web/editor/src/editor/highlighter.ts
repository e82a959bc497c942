import { common, createLowlight } from 'lowlight'

import type { Language } from './languages.ts'

/** A stretch of code with the classes of its colour; offsets are UTF-16 units into the block. */
export interface Token {
  readonly from: number
  readonly to: number
  readonly className: string
}

/** Splits code into coloured tokens. */
export type Highlighter = (language: Language, code: string) => readonly Token[]

/** A highlighter over highlight.js. Heavy to load: import this module when code appears. */
export function createHighlighter(): Highlighter {
  const lowlight = createLowlight(common)
  return ({ id }, code) => {
    const tokens: Token[] = []
    collect(lowlight.highlight(id, code).children, [], 0, tokens)
    return tokens
  }
}

type Children = ReturnType<ReturnType<typeof createLowlight>['highlight']>['children']

function collect(
  nodes: Children,
  classes: readonly string[],
  start: number,
  tokens: Token[],
): number {
  let at = start
  for (const node of nodes) {
    if (node.type === 'text') {
      const to = at + node.value.length
      if (classes.length > 0) tokens.push({ from: at, to, className: classes.join(' ') })
      at = to
    } else if (node.type === 'element') {
      const own = node.properties['className']
      const names = Array.isArray(own) ? own.map(String) : []
      at = collect(node.children, [...classes, ...names], at, tokens)
    }
  }
  return at
}
