/* The marks of the default schema as HTML has them. */
import type { Mark } from 'prosemirror-model'
import { schema } from './default-schema.ts'
import { attributeOf, childrenOf, isElement, parseHtml, type HtmlElement } from './html-tree.ts'
import { safeLinkUrl } from './safe-url.ts'

const MARKS: Readonly<Record<string, Mark>> = {
  b: schema.mark('bold'),
  strong: schema.mark('bold'),
  i: schema.mark('italic'),
  em: schema.mark('italic'),
  s: schema.mark('strike'),
  del: schema.mark('strike'),
  strike: schema.mark('strike'),
  u: schema.mark('underline'),
  ins: schema.mark('underline'),
  code: schema.mark('code'),
}

/** The mark of a single opening tag, as Markdown has them; null where it is none of them. */
export const markOfTag = (tag: string): Mark | null => {
  const body = childrenOf(parseHtml(tag))
    .flatMap(childrenOf)
    .find((one) => one.nodeName === 'body')
  const [element] = body === undefined ? [] : childrenOf(body)
  return element !== undefined && isElement(element) ? markOf(element) : null
}

/** The mark that an element is, null for those that are none. */
const markOf = (element: HtmlElement): Mark | null => {
  const { tagName } = element
  if (tagName !== 'a') return Object.hasOwn(MARKS, tagName) ? (MARKS[tagName] ?? null) : null
  const href = safeLinkUrl(attributeOf(element, 'href'))
  return href === null ? null : schema.mark('link', { href, title: attributeOf(element, 'title') })
}

/** The marks in an element that stands in these. Office suites say them by style, and also their opposite. */
export const marksIn = (element: HtmlElement, outer: readonly Mark[]): readonly Mark[] => {
  const own = markOf(element)
  let marks = own === null ? outer : own.addToSet(outer)
  const style = attributeOf(element, 'style')
  if (style === null) return marks
  const set = (mark: Mark, isSet: boolean): void => {
    marks = isSet ? mark.addToSet(marks) : mark.removeFromSet(marks)
  }
  const weight = valueOf(style, 'font-weight')
  if (weight !== '' && weight !== 'inherit') set(BOLD, isBold(weight))
  const slant = valueOf(style, 'font-style')
  if (slant !== '' && slant !== 'inherit') set(ITALIC, /^(italic|oblique)/.test(slant))
  const line = `${valueOf(style, 'text-decoration')} ${valueOf(style, 'text-decoration-line')}`
  if (line.includes('line-through')) set(STRIKE, true)
  const isLink = marks.some(({ type }) => type.name === 'link') // which is underlined anyway
  if (line.includes('underline') && !isLink) set(UNDERLINE, true)
  return marks
}

const [BOLD, ITALIC] = [schema.mark('bold'), schema.mark('italic')]
const [STRIKE, UNDERLINE] = [schema.mark('strike'), schema.mark('underline')]

const isBold = (weight: string): boolean => weight.startsWith('bold') || Number(weight) >= 600

/** The value of a property, in lower case, empty where the style does not have it. */
const valueOf = (style: string, property: string): string => {
  for (const declaration of style.split(';')) {
    const colon = declaration.indexOf(':')
    if (colon >= 0 && declaration.slice(0, colon).trim().toLowerCase() === property)
      return declaration
        .slice(colon + 1)
        .trim()
        .toLowerCase()
  }
  return ''
}

/** True if the schema has this mark; what Markdown closes with `</…>`. */
export const isMarkTag = (name: string): boolean => name === 'a' || Object.hasOwn(MARKS, name)

/** The mark that a closing tag ends. */
export const markTypeOfTag = (name: string) =>
  name === 'a' ? schema.marks['link'] : MARKS[name]?.type
