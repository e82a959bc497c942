/* HTML as a tree, parsed as browsers do (parse5), within bounds. */
import { defaultTreeAdapter, parse, type DefaultTreeAdapterMap } from 'parse5'
import { formatLimits, refuse } from './limits.ts'

type ParentNode = DefaultTreeAdapterMap['parentNode']
type ChildNode = DefaultTreeAdapterMap['childNode']

/** An element of HTML. */
export type HtmlElement = DefaultTreeAdapterMap['element']

/** What stands in an element. */
export type HtmlNode = ChildNode

/** The document element's tree. Refuses what nests too deep or has too many nodes or attributes. */
export const parseHtml = (html: string): DefaultTreeAdapterMap['document'] => {
  const depths = new WeakMap<ParentNode | ChildNode, number>()
  let nodes = 0
  const place = (parent: ParentNode, node: ParentNode | ChildNode): void => {
    const depth = (depths.get(parent) ?? 0) + 1
    if (depth > formatLimits.htmlDepth)
      refuse(`HTML: nests deeper than the limit of ${formatLimits.htmlDepth} elements`)
    if (++nodes > formatLimits.htmlNodes)
      refuse(`HTML: more than ${formatLimits.htmlNodes} nodes, which is the limit`)
    depths.set(node, depth)
  }
  const treeAdapter: typeof defaultTreeAdapter = {
    ...defaultTreeAdapter,
    createElement(name, namespace, attributes) {
      if (attributes.length > formatLimits.htmlAttributes)
        refuse(
          `HTML: <${name.slice(0, 40)}> has ${attributes.length} attributes, limit ${formatLimits.htmlAttributes}`,
        )
      return defaultTreeAdapter.createElement(name, namespace, attributes)
    },
    appendChild(parent, node) {
      place(parent, node)
      defaultTreeAdapter.appendChild(parent, node)
    },
    insertBefore(parent, node, reference) {
      place(parent, node)
      defaultTreeAdapter.insertBefore(parent, node, reference)
    },
  }
  return parse(html, { treeAdapter })
}

/** An attribute, null where it is absent or longer than any may be. */
export const attributeOf = (element: HtmlElement, name: string): string | null => {
  const value = element.attrs.find((one) => one.name === name)?.value ?? null
  return value !== null && value.length > formatLimits.attributeLength ? null : value
}

/** The children of a node, none for those that have none. */
export const childrenOf = (node: HtmlNode | ParentNode): readonly HtmlNode[] =>
  'childNodes' in node ? node.childNodes : []

/** All text inside. */
export const textOf = (node: HtmlNode): string => {
  if (node.nodeName === '#text' && 'value' in node) return node.value
  return childrenOf(node).map(textOf).join('')
}

/** True for elements. */
export const isElement = (node: HtmlNode): node is HtmlElement => 'tagName' in node
