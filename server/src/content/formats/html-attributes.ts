/* Attributes of HTML elements as the default schema takes them; whatever it does not take is left. */
import { attributeOf, childrenOf, isElement, textOf, type HtmlElement } from './html-tree.ts'

/** A width or height. */
export const sizeOf = (text: string | null): string | number | null => {
  if (text === null || !/^\d{1,6}(px|%)?$/.test(text)) return null
  return /^\d+$/.test(text) ? Number(text) : text
}

/** The numbering of an ordered list. */
export const orderOf = (element: HtmlElement): Record<string, unknown> => {
  const start = Number(attributeOf(element, 'start') ?? 1)
  const type = attributeOf(element, 'type')
  return {
    start: Number.isSafeInteger(start) ? start : 1,
    type: type !== null && /^[1aAiI]$/.test(type) ? type : null,
  }
}

/** Whether a task is done, null for an item that is no task. */
export const checkedOf = (item: HtmlElement): boolean | null => {
  if (attributeOf(item, 'data-type') === 'taskItem') {
    const told = attributeOf(item, 'data-checked')
    return told === 'true' || told === ''
  }
  const first = childrenOf(item).find((child) => isElement(child) || textOf(child).trim() !== '')
  const inside = first !== undefined && (first.nodeName === 'label' || first.nodeName === 'p')
  const input = inside ? childrenOf(first)[0] : first
  if (input === undefined || !isElement(input) || input.tagName !== 'input') return null
  return attributeOf(input, 'type') === 'checkbox' ? attributeOf(input, 'checked') !== null : null
}

/** What a table cell spans, and how it is aligned. */
export const cellAttributes = (element: HtmlElement): Record<string, unknown> => {
  const count = (name: string): number => {
    const number = Number(attributeOf(element, name) ?? 1)
    return Number.isInteger(number) && number >= 1 && number <= 1000 ? number : 1
  }
  const style = /text-align:\s*(\w+)/i.exec(attributeOf(element, 'style') ?? '')?.[1]
  const align = (attributeOf(element, 'align') ?? style)?.toLowerCase() ?? ''
  const widths = attributeOf(element, 'colwidth')
  return {
    colspan: count('colspan'),
    rowspan: count('rowspan'),
    colwidth: widths !== null && /^\d+(,\d+)*$/.test(widths) ? widths.split(',').map(Number) : null,
    align: /^(left|center|right|justify)$/.test(align) ? align : null,
  }
}
