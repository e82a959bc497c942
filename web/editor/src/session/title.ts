import * as Y from 'yjs'

/** Longest title in characters; the rest of a long first line is not needed in a tab. */
export const maxTitleChars = 120

/** The text of the first block that has any, on one line; empty for an empty document. */
export function titleOf(fragment: Y.XmlFragment): string {
  for (const child of fragment.toArray()) {
    const title = firstLine(child)
    if (title !== '') return title
  }
  return ''
}

function firstLine(node: Y.XmlElement | Y.XmlText | Y.XmlHook): string {
  if (node instanceof Y.XmlText) return tidy(plainText(node))
  if (!(node instanceof Y.XmlElement)) return ''
  const children = node.toArray()
  if (children.every((child) => child instanceof Y.XmlText || isInline(child))) {
    return tidy(
      children.map((child) => (child instanceof Y.XmlText ? plainText(child) : ' ')).join(''),
    )
  }
  return titleOf(node)
}

function plainText(text: Y.XmlText): string {
  const runs: { insert?: unknown }[] = text.toDelta()
  return runs.map(({ insert }) => (typeof insert === 'string' ? insert : ' ')).join('')
}

function isInline(node: unknown): boolean {
  return node instanceof Y.XmlElement && node.nodeName === 'hardBreak'
}

function tidy(text: string): string {
  const line = text
    .slice(0, 8 * maxTitleChars)
    .replace(/\s+/gu, ' ')
    .trim()
  return Array.from(line).slice(0, maxTitleChars).join('')
}
