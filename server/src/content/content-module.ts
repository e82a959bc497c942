import type { Node, Schema } from 'prosemirror-model'

/**
 * What a module with a schema of one's own exports. Content threads import it, so it may load no DOM.
 *
 * @example
 * ```ts
 * // my-schema.ts, given as { module: import.meta.resolve('./my-schema.js') }
 * import type { ContentModule } from '@quire/server'
 * import { Schema } from 'prosemirror-model'
 *
 * export const schema = new Schema({
 *   nodes: { doc: { content: 'line+' }, line: { content: 'text*', toDOM: () => ['p', 0] }, text: {} },
 * })
 * export const toMarkdown: ContentModule['toMarkdown'] = (doc) =>
 *   doc.children.map((line) => line.textContent).join('\n\n')
 * ```
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
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth, type SchemaChoice } from '@quire/server'
 *
 * const schema: SchemaChoice = { module: import.meta.resolve('./my-schema.js') }
 *
 * export const quire = createQuire({
 *   storage: memoryStorage(),
 *   authorize: openAuth,
 *   content: { schema },
 * })
 * ```
 */
export type SchemaChoice = 'editor' | 'plain' | { readonly module: string }
