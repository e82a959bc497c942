/* What is written is read back the same: documents as Yjs types, JSON, HTML and Markdown. */
import fc from 'fast-check'
import { type Node } from 'prosemirror-model'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { randomDocs } from '../testing/random-docs.ts'
import { bring } from './bring.ts'
import { schema } from './default-schema.ts'
import { blocksFromHtml } from './html-read.ts'
import { htmlOf } from './html-write.ts'
import { blocksFromMarkdown } from './markdown-read.ts'
import { markdownOf } from './markdown-write.ts'
import { nodesFromJson } from './read-json.ts'
import { readRoot } from './read-tree.ts'
import { defaultsIn, docOf, treesOf } from './rich.ts'
import { Keys } from './tree.ts'

const docWith = (blocks: readonly Node[]): Node =>
  schema.node('doc', null, blocks.length === 0 ? [schema.node('paragraph')] : [...blocks])

/** Without the empty paragraph at the end, which Markdown does not hold. */
const withoutEnd = (doc: Node): Node => {
  const last = doc.lastChild
  const isEnd = last?.type.name === 'paragraph' && last.childCount === 0 && doc.childCount > 1
  return isEnd ? docWith(doc.content.content.slice(0, -1)) : doc
}

describe('a random document', () => {
  it('is valid', () => {
    fc.assert(fc.property(randomDocs, (doc) => doc.check()))
  })

  it('comes back from Yjs types', () => {
    fc.assert(
      fc.property(randomDocs, (doc) => {
        const ydoc = new Y.Doc()
        const fragment = ydoc.getXmlFragment('default')
        const wanted = { kind: 'fragment', children: treesOf(doc.content.content) } as const
        const defaultsOf = defaultsIn(schema)
        const options = { keys: new Keys(defaultsOf), defaultsOf }
        bring(fragment, readRoot(ydoc, 'default', 'fragment'), wanted, options)
        const read = docOf(readRoot(ydoc, 'default', 'fragment'), schema)
        expect(read.toJSON()).toEqual(doc.toJSON())
      }),
    )
  })

  it('comes back from JSON', () => {
    fc.assert(
      fc.property(randomDocs, (doc) => {
        const read = docWith(nodesFromJson(JSON.parse(JSON.stringify(doc)), schema))
        expect(read.toJSON()).toEqual(doc.toJSON())
      }),
    )
  })

  it('comes back from HTML', () => {
    fc.assert(
      fc.property(randomDocs, (doc) => {
        const html = htmlOf(doc)
        const read = docWith(blocksFromHtml(html))
        expect({ html, doc: read.toJSON() }).toEqual({ html, doc: doc.toJSON() })
      }),
      { numRuns: 300 },
    )
  })

  it('comes back from Markdown, but for an empty paragraph at its end', () => {
    fc.assert(
      fc.property(randomDocs, (doc) => {
        const markdown = markdownOf(doc)
        const read = docWith(blocksFromMarkdown(markdown))
        expect({ markdown, doc: read.toJSON() }).toEqual({
          markdown,
          doc: withoutEnd(doc).toJSON(),
        })
      }),
      { numRuns: 300 },
    )
  })
})
