/* Which root type is meant, and what it is. */
import type { Doc } from 'yjs'
import type { Format } from '../../ports/content.ts'
import type { RichSchema } from './content-schema.ts'
import { refuse } from './limits.ts'
import { readRoot, rootKind, type RootKind } from './read-tree.ts'
import type { Tree } from './tree.ts'

/** A root type as it is now. */
export interface Field {
  readonly name: string
  readonly kind: RootKind
  readonly tree: Tree
}

const FORMATS: ReadonlySet<string> = new Set<Format>(['json', 'text', 'markdown', 'html'])

/** Callers without types may ask for anything. */
export const checkFormat = (format: unknown): void => {
  if (typeof format === 'string' && FORMATS.has(format)) return
  const given = (JSON.stringify(format) ?? 'nothing').slice(0, 40)
  refuse(`format: ${given} is none of ${[...FORMATS].join(', ')}`)
}

/** The name of the field that is meant. */
export const fieldName = (field: string | null, rich: RichSchema | null): string => {
  if (typeof field === 'string') return field
  if (field !== null) return refuse('field: is neither a name nor null')
  return rich === null ? refuse('a server without a schema must be told a field') : rich.field
}

/** The field of this name. `otherwise` is what it is if nothing in it tells. */
export const fieldOf = (
  doc: Doc,
  name: string,
  { rich, otherwise }: { readonly rich: RichSchema | null; readonly otherwise: RootKind },
): Field => {
  const kind = rootKind(doc, name) ?? (name === rich?.field ? 'fragment' : otherwise)
  return { name, kind, tree: readRoot(doc, name, kind) }
}
