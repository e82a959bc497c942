/* Fields in the formats that people and programs ask for. */
import type { Node } from 'prosemirror-model'
import type { Doc } from 'yjs'
import type { Format, Json, Question } from '../../ports/content.ts'
import type { RichSchema } from './content-schema.ts'
import { checkFormat, fieldName, fieldOf, type Field } from './field.ts'
import { jsonOf } from './json-tree.ts'
import { refuse } from './limits.ts'
import { readableRoot, rootKind, rootNames } from './read-tree.ts'
import { docOf } from './rich.ts'
import { plainText } from './tree.ts'

/** A field in a format. */
export const readAs = (doc: Doc, question: Question, rich: RichSchema | null): Json => {
  const { format, field } = { ...question } // callers without types may hand in nothing
  checkFormat(format)
  if (field === null && rich === null && format === 'json') return everything(doc)
  const name = fieldName(field, rich)
  // there is no such field, or nobody can tell what it was
  if (format === 'json' && name !== rich?.field && rootKind(doc, name) === null) return null
  const found = fieldOf(doc, name, { rich, otherwise: 'text' })
  return found.kind === 'fragment' && rich !== null
    ? richAs(docOf(found.tree, rich.schema), format, rich)
    : plainAs(found, format)
}

const everything = (doc: Doc): Json =>
  Object.fromEntries(
    rootNames(doc).map((name) => {
      const kind = rootKind(doc, name)
      const tree = kind === null ? null : readableRoot(doc, name, kind)
      return [name, tree === null ? null : jsonOf(tree)]
    }),
  )

const richAs = (doc: Node, format: Format, rich: RichSchema): Json => {
  switch (format) {
    case 'json':
      return doc.toJSON() as Json // what ProseMirror makes of attributes that are JSON
    case 'text':
      return textOfNode(doc)
    case 'markdown':
      return rich.toMarkdown(doc)
    case 'html':
      return rich.toHtml(doc)
  }
}

/** The text of each text block on lines of its own. */
export const textOfNode = (doc: Node): string => textsOf(doc).join('\n')

/** The texts of the text blocks in a node. */
export const textsOf = (doc: Node): readonly string[] => {
  const lines: string[] = []
  const visit = (node: Node): void => {
    if (node.isTextblock) lines.push(node.textBetween(0, node.content.size, '', leafText))
    else for (const child of node.content.content) visit(child)
  }
  visit(doc)
  return lines
}

const leafText = (node: Node): string => node.type.spec.leafText?.(node) ?? ''

const plainAs = ({ name, kind, tree }: Field, format: Format): Json => {
  if (format === 'json') return jsonOf(tree)
  // a text is its own Markdown and its own HTML's text: formats without a schema mean nothing
  if (kind === 'text' && format !== 'html') return plainText(tree)
  if (kind === 'text')
    return refuse(`"${name}" is a text without a schema: it is read as text or json`)
  if (kind === 'fragment' && format === 'text') return plainText(tree)
  return refuse(`"${name}" is a ${kind} without a schema: it is read as json`)
}
