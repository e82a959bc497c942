import type { Node, Schema } from 'prosemirror-model'

/**
 * What a module with a schema of one's own exports. Content threads import it, so it may load no DOM.
 *
 *     // my-schema.ts, given as { module: new URL('./my-schema.js', import.meta.url).href }
 *     import { Schema } from 'prosemirror-model'
 *     export const schema = new Schema({ nodes: …, marks: … })
 *     export const toMarkdown = (doc: Node): string => serializer.serialize(doc)
 *     export const fromMarkdown = (text: string): Node => parser.parse(text)
 *
 * testing/own-schema.ts is a whole one.
 */
export interface ContentModule {
  readonly schema: Schema
  /** The root Y.XmlFragment that the editor writes to; `default` if left out. */
  readonly field?: string
  /** What is left out is refused, with a sentence that names it. */
  readonly toMarkdown?: (doc: Node) => string
  readonly fromMarkdown?: (text: string) => Node
  /** If left out, HTML is written by the schema's `toDOM`, as long as these return arrays. */
  readonly toHtml?: (doc: Node) => string
  readonly fromHtml?: (html: string) => Node
}

/**
 * What documents hold: the editor's schema, Yjs types of no schema, or a schema of one's own by the
 * URL of its module.
 */
export type SchemaChoice = 'editor' | 'plain' | { readonly module: string }
