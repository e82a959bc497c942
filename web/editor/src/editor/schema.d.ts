import type { Extensions } from '@tiptap/core'
/** The document's schema as Tiptap extensions, in the order that decides priorities. */
export declare const schemaExtensions: Extensions
//# sourceMappingURL=schema.d.ts.map
