/* Code in HTML. */
import type { Node } from 'prosemirror-model'
import { LANGUAGE, schema } from './default-schema.ts'
import { BLOCKS, SILENT } from './html-kinds.ts'
import { attributeOf, childrenOf, isElement, type HtmlElement, type HtmlNode } from './html-tree.ts'

/** A block of code; its language is the one in a class. */
export const codeBlock = (element: HtmlElement): Node => {
  const code = childrenOf(element).find((child) => child.nodeName === 'code')
  const named = [element, code].map((one) =>
    one !== undefined && isElement(one)
      ? /(?:^|\s)language-(\S+)/.exec(attributeOf(one, 'class') ?? '')?.[1]
      : undefined,
  )
  const language = named.find((name) => name !== undefined && LANGUAGE.test(name)) ?? null
  const text = codeText(element)
  return schema.node('codeBlock', { language }, text === '' ? [] : [schema.text(text)])
}

/** What begins a line elsewhere does so in code, and what is no text elsewhere is none. */
const codeText = (element: HtmlElement): string => {
  let text = ''
  let isAtEnd = false // of a line, which ends with what comes next
  const newLine = (): void => {
    isAtEnd ||= text !== '' && !text.endsWith('\n')
  }
  const add = (part: string): void => {
    if (part === '') return
    text += isAtEnd && !text.endsWith('\n') ? `\n${part}` : part
    isAtEnd = false
  }
  const visit = (node: HtmlNode): void => {
    if (!isElement(node)) {
      if (node.nodeName === '#text' && 'value' in node) add(node.value)
      return
    }
    const { tagName } = node
    if (SILENT.has(tagName)) return
    if (tagName === 'br') add('\n')
    const isLine = tagName === 'p' || BLOCKS.has(tagName)
    if (isLine) newLine()
    for (const child of childrenOf(node)) visit(child)
    if (isLine) newLine()
  }
  for (const child of childrenOf(element)) visit(child)
  return text
}
