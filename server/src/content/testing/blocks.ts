/* Documents of one block, and edits of ranges in it. */
import { Schema, type Node } from 'prosemirror-model'
import type { Update } from '@quire/shared'
import * as Y from 'yjs'
import type { Change } from '../../ports/content.ts'
import { schemaOf, type RichSchema } from '../formats/content-schema.ts'
import { change } from '../formats/edit.ts'
import { documentOf, readRoot } from '../formats/read-tree.ts'
import { docOf } from '../formats/rich.ts'
import { merged, stateOf } from './everything.ts'

/** The editor's. */
export const editor = (await schemaOf('editor')) as RichSchema // null is the choice `plain`

/** One with all that a line may hold: leaves, a node with content, a mark that ends where it ends. */
export const schema = new Schema({
  nodes: {
    doc: { content: '(line | figure | list)+' },
    line: { content: '(text | hardBreak | image | mention)*' },
    figure: { content: 'image text*' },
    list: { content: 'line+' },
    text: { group: 'inline' },
    hardBreak: { inline: true },
    image: { inline: true, attrs: { src: { default: '' } } },
    mention: { inline: true, content: 'text*' },
  },
  marks: {
    bold: {},
    link: { attrs: { href: {} } },
    comment: { attrs: { id: {} }, excludes: '', inclusive: false },
  },
})
/** The same with its formats. */
export const lines: RichSchema = { ...editor, schema }

/** The edit of one change, null where nothing is to be done. */
export const editOf = (update: Update, wish: Change, rich = lines): Update | null =>
  change(update, [wish], rich)

/** A range of a block, and what it is to be. */
export const range = (from: number, to: number, text: string, path: readonly number[] = [0]) =>
  ({
    kind: 'range',
    field: null,
    path,
    from,
    to,
    content: { format: 'text', value: text },
  }) as const

/** The document with an edit. */
export const after = (update: Update, edit: Update | null): Update =>
  edit === null ? update : merged(update, edit)

/** The document as readers of a schema see it. */
export const nodeIn = (update: Update, rich = lines): Node =>
  docOf(readRoot(documentOf(update), rich.field, 'fragment'), rich.schema)

/** What every mention holds that holds anything. */
export const MENTIONED = 'ann'

/** A text's delta, or the name of an element and what is in it. */
export type Child =
  | readonly (readonly [text: string, formats?: object])[]
  | { readonly [name: string]: string }

const childFrom = (child: Child): Y.XmlText | Y.XmlElement => {
  if (Array.isArray(child)) {
    const text = new Y.XmlText()
    text.applyDelta(child.map(([insert, attributes = {}]) => ({ insert, attributes })))
    return text
  }
  const [[name, inside] = ['hardBreak', '']] = Object.entries(child) as [string, string][]
  const element = new Y.XmlElement(name)
  if (inside !== '') element.insert(0, [new Y.XmlText(inside)])
  return element
}

/** A document of one block. */
export const blockOf = (children: readonly Child[], name = 'line'): Update => {
  const doc = new Y.Doc()
  const block = new Y.XmlElement(name)
  block.insert(0, children.map(childFrom))
  doc.getXmlFragment('default').insert(0, [block])
  return stateOf(doc)
}

/** The block at the top, in the same words. */
export const toldOf = (update: Update): unknown => {
  const tree = readRoot(documentOf(update), 'default', 'fragment')
  const block = 'children' in tree ? tree.children[0] : undefined
  if (block?.kind !== 'element') throw new Error('no block')
  return block.children.map((child) => {
    if (child.kind !== 'text') return child.kind === 'element' ? child.name : child.kind
    return child.runs.map(({ insert, attributes }) =>
      Object.keys(attributes).length > 0 ? [insert, attributes] : [insert],
    )
  })
}

/** The ids of what stands there, by character and node, in order. */
export const idsOf = (
  update: Update,
  path: readonly number[],
  rich: RichSchema,
): readonly string[] => {
  let type: Y.XmlFragment = documentOf(update).getXmlFragment('default')
  // every node of these documents is seen, and no text stands among blocks
  for (const index of path) type = type.get(index) as Y.XmlElement
  return type.toArray().flatMap((child, index) => {
    if (child instanceof Y.XmlText)
      return Array.from({ length: child.length }, (_, place) => idAt(child, place))
    const { nodeName, length } = child as Y.XmlElement // what is no text here
    const node = rich.schema.nodes[nodeName]
    if (node === undefined) return []
    const places = node.isLeaf ? 1 : 2 + (length > 0 ? MENTIONED.length : 0)
    return Array.from({ length: places }, (_, place) => `${idAt(type, index)}.${place}`)
  })
}

/** What a caret would hold on to there. */
const idAt = (type: Y.XmlText | Y.XmlFragment, index: number): string => {
  const { item } = Y.createRelativePositionFromTypeIndex(type as Y.XmlText, index) // any type, in truth
  return `${item?.client}:${item?.clock}`
}

/** The node at an index path. */
export const atPath = (node: Node, path: readonly number[]): Node =>
  path.reduce((one, index) => one.child(index), node)
