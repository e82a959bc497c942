/*
 * What a server knows of its documents' content: the editor's schema, none at all, or an embedder's own
 * (content-module.ts).
 */
import type { Node, Schema } from 'prosemirror-model'
import { blocksFromHtml } from './html-read.ts'
import { schema as defaultSchema } from './default-schema.ts'
import { htmlOf } from './html-write.ts'
import { Refusal, refuse } from './limits.ts'
import { blocksFromMarkdown } from './markdown-read.ts'
import { markdownOf } from './markdown-write.ts'
import type { ContentModule, SchemaChoice } from '../content-module.ts'

/** A schema with its formats. */
export interface RichSchema {
  readonly schema: Schema
  /** The root that the schema's editor writes to. */
  readonly field: string
  readonly toMarkdown: (doc: Node) => string
  readonly fromMarkdown: (text: string) => readonly Node[]
  readonly toHtml: (doc: Node) => string
  readonly fromHtml: (html: string) => readonly Node[]
}

/** What Tiptap's Collaboration extension writes to unless told otherwise. */
const DEFAULT_FIELD = 'default'

const EDITOR: RichSchema = {
  schema: defaultSchema,
  field: DEFAULT_FIELD,
  toMarkdown: (doc) => markdownOf(doc),
  fromMarkdown: (text) => blocksFromMarkdown(text),
  toHtml: htmlOf,
  fromHtml: blocksFromHtml,
}

const loaded = new Map<string, Promise<RichSchema>>()

/** The schema of a choice, null for none. A module is loaded once for the life of the thread. */
export const schemaOf = async (choice: SchemaChoice): Promise<RichSchema | null> => {
  if (choice === 'plain') return null
  if (choice === 'editor') return EDITOR
  const { module } = choice
  let loading = loaded.get(module)
  if (loading === undefined) loaded.set(module, (loading = load(module)))
  return loading
}

const load = async (url: string): Promise<RichSchema> => {
  const module = (await import(url)) as Partial<ContentModule> // checked below
  const { schema, toMarkdown, fromMarkdown, toHtml, fromHtml } = module
  // not instanceof: the module may have a copy of prosemirror-model of its own
  if (schema === undefined || typeof schema.nodeFromJSON !== 'function')
    throw new Error(`${url} exports no "schema" made with prosemirror-model`)
  const lacks = (name: string) => (): never =>
    refuse(`the schema's module ${url} exports no "${name}"`)
  const within =
    <In, Out>(name: string, run: (given: In) => Out) =>
    (given: In): Out => {
      try {
        return run(given)
      } catch (error) {
        if (error instanceof Refusal) throw error
        return refuse(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  const children = (name: string, read: (text: string) => Node) =>
    within(name, (text: string) => {
      const nodes = read(text).content.content
      for (const node of nodes) node.check()
      return nodes
    })
  return {
    schema,
    field: module.field ?? DEFAULT_FIELD,
    toMarkdown: toMarkdown ? within('toMarkdown', toMarkdown) : lacks('toMarkdown'),
    fromMarkdown: fromMarkdown ? children('fromMarkdown', fromMarkdown) : lacks('fromMarkdown'),
    toHtml: within('toHtml', toHtml ?? htmlOf),
    fromHtml: fromHtml ? children('fromHtml', fromHtml) : lacks('fromHtml'),
  }
}
