/* The server's schema is the editor's: what one writes the other reads. Neither imports the other. */
import { getSchema } from '@tiptap/core'
import { prosemirrorToYXmlFragment, yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap'
import fc from 'fast-check'
import type { AttributeSpec, MarkSpec, NodeSpec } from '@tiptap/pm/model'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Update } from '@quire/shared'
import { schemaOf, type RichSchema } from '../../server/src/content/formats/content-schema.ts'
import { schema } from '../../server/src/content/formats/default-schema.ts'
import { change } from '../../server/src/content/formats/edit.ts'
import { readAs } from '../../server/src/content/formats/read-as.ts'
import { documentOf } from '../../server/src/content/formats/read-tree.ts'
import * as ours from '../../server/src/content/formats/safe-url.ts'
import { randomDocs } from '../../server/src/content/testing/random-docs.ts'
import * as theirs from '../../web/editor/src/editor/safe-url.ts'
import { schemaExtensions } from '../../web/editor/src/editor/schema.ts'

const editor = getSchema(schemaExtensions)
const rich = (await schemaOf('editor')) as RichSchema // null is the choice `plain`

const defaultsOf = (attrs: Readonly<Record<string, AttributeSpec>> = {}) =>
  Object.fromEntries(Object.entries(attrs).map(([name, spec]) => [name, spec.default as unknown]))

/** What of a node decides which documents there are. */
const nodeRules = (spec: NodeSpec) => ({
  content: spec.content ?? '',
  group: spec.group,
  marks: spec.marks,
  inline: spec.inline ?? false,
  code: spec.code ?? false,
  defining: spec.defining ?? false,
  isolating: spec.isolating ?? false,
  linebreakReplacement: spec.linebreakReplacement ?? false,
  tableRole: spec['tableRole'] as unknown,
  attrs: defaultsOf(spec.attrs),
})

const markRules = (spec: MarkSpec) => ({
  excludes: spec.excludes,
  inclusive: spec.inclusive ?? true,
  attrs: defaultsOf(spec.attrs),
})

const rulesOf = ({ nodes, marks, topNodeType }: typeof schema) => ({
  top: topNodeType.name,
  nodes: Object.fromEntries(
    Object.entries(nodes).map(([name, type]) => [name, nodeRules(type.spec)]),
  ),
  marks: Object.fromEntries(
    Object.entries(marks).map(([name, type]) => [name, markRules(type.spec)]),
  ),
})

describe('the schema of the server', () => {
  it('is the editor’s', () => {
    expect(rulesOf(schema)).toEqual(rulesOf(editor as typeof schema))
  })

  it('has nodes and marks in the editor’s order, which decides defaults and how marks nest', () => {
    expect(Object.keys(schema.nodes)).toEqual(Object.keys(editor.nodes))
    expect(Object.keys(schema.marks)).toEqual(Object.keys(editor.marks))
  })

  it('checks addresses by the editor’s rule', () => {
    const schemes = fc.constantFrom(
      'http:',
      'https:',
      'mailto:',
      'javascript:',
      'JAVASCRIPT:',
      'data:',
      'java\tscript:',
      ' https:',
      'blob:',
      '//',
      '/',
    )
    fc.assert(
      fc.property(schemes, fc.webPath(), fc.string({ maxLength: 4 }), (scheme, path, rest) => {
        for (const raw of [`${scheme}//x.org${path}${rest}`, `${scheme}${path}`, rest, null]) {
          expect(ours.safeLinkUrl(raw)).toBe(theirs.safeLinkUrl(raw))
          expect(ours.safeImageUrl(raw)).toBe(theirs.safeImageUrl(raw))
        }
      }),
    )
  })
})

describe('a document', () => {
  it('that the editor’s binding wrote is read by the server', () => {
    fc.assert(
      fc.property(randomDocs, (doc) => {
        const ydoc = new Y.Doc()
        prosemirrorToYXmlFragment(editor.nodeFromJSON(doc.toJSON()), ydoc.getXmlFragment('default'))
        expect(readAs(ydoc, { format: 'json', field: null }, rich)).toEqual(doc.toJSON())
        const update = Y.encodeStateAsUpdate(ydoc) as Update // Yjs made it
        const content = { format: 'json', value: doc.toJSON() as unknown } as const
        // and is what the server would have written
        expect(change(update, [{ kind: 'replace', field: null, content }], rich)).toBeNull()
      }),
    )
  })

  it('that the server wrote is read by the editor’s binding', () => {
    fc.assert(
      fc.property(randomDocs, (doc) => {
        const content = { format: 'json', value: doc.toJSON() as unknown } as const
        const empty = Y.encodeStateAsUpdate(new Y.Doc()) as Update // Yjs made it
        const update = change(empty, [{ kind: 'replace', field: null, content }], rich)
        if (update === null) throw new Error('nothing was written')
        const fragment = documentOf(update).getXmlFragment('default')
        expect(yXmlFragmentToProseMirrorRootNode(fragment, editor).toJSON()).toEqual(doc.toJSON())
      }),
    )
  })
})
