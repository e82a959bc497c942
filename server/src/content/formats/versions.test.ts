/* Whole documents against other versions of themselves, and who wrote them. */
import fc from 'fast-check'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { everything, merged, stateOf } from '../testing/everything.ts'
import { blameOf } from './blame.ts'
import { compare } from './compare.ts'
import { restore } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf, readRoot } from './read-tree.ts'

const read = (update: Update) => readAs(documentOf(update), { format: 'json', field: null }, null)

/** Edits of every kind, drawn. */
const edits = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('text' as const),
      at: fc.nat(20),
      text: fc.string({ maxLength: 5 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(20), length: fc.nat(5) }),
    fc.record({ kind: fc.constant('bold' as const), at: fc.nat(20), length: fc.nat(5) }),
    fc.record({
      kind: fc.constant('key' as const),
      key: fc.constantFrom('title', 'count', 'x'),
      value: fc.jsonValue({ maxDepth: 1 }),
    }),
    fc.record({
      kind: fc.constant('item' as const),
      at: fc.nat(5),
      value: fc.jsonValue({ maxDepth: 1 }),
    }),
    fc.record({
      kind: fc.constant('xml' as const),
      at: fc.nat(3),
      name: fc.constantFrom('p', 'q'),
    }),
  ),
  { maxLength: 12 },
)

const edit = (doc: Y.Doc, list: readonly Edit[]): void => {
  for (const one of list) {
    const text = doc.getText('text')
    const at = 'at' in one ? one.at : 0
    switch (one.kind) {
      case 'text':
        text.insert(Math.min(at, text.length), one.text)
        break
      case 'cut':
        text.delete(Math.min(at, text.length), Math.min(one.length, Math.max(0, text.length - at)))
        break
      case 'bold':
        text.format(
          Math.min(at, text.length),
          Math.min(one.length, Math.max(0, text.length - at)),
          { bold: true },
        )
        break
      case 'key':
        doc.getMap('map').set(one.key, one.value)
        break
      case 'item':
        doc.getArray('array').insert(Math.min(at, doc.getArray('array').length), [one.value])
        break
      case 'xml': {
        const fragment = doc.getXmlFragment('xml')
        fragment.insert(Math.min(at, fragment.length), [new Y.XmlElement(one.name)])
        break
      }
    }
  }
}

type Edit = typeof edits extends fc.Arbitrary<(infer E)[]> ? E : never

describe('a version', () => {
  it('is given back exactly, in every kind of root, formats and all; and once', () => {
    fc.assert(
      fc.property(edits, edits, (before, after) => {
        const doc = everything()
        edit(doc, before)
        const version = stateOf(doc)
        edit(doc, after)
        doc.getMap('later').set('a', 1)
        const now = stateOf(doc)
        const made = restore(now, version)
        const back = made === null ? now : merged(now, made)
        expect(read(back)).toEqual({ ...(read(version) as object), later: {} })
        const [got, wanted] = [back, version].map((one) =>
          readRoot(documentOf(one), 'text', 'text'),
        )
        expect(got).toEqual(wanted)
        expect(restore(back, version)).toBeNull()
      }),
    )
  })

  it('is given back beside what others do meanwhile', () => {
    const doc = everything()
    const version = stateOf(doc)
    doc.getText('text').insert(5, ', dear')
    const now = stateOf(doc)
    const made = restore(now, version)
    doc.getText('text').insert(doc.getText('text').length, '!')
    if (made !== null) Y.applyUpdate(doc, made)
    expect(doc.getText('text').toJSON()).toBe('hello world!')
  })

  it('is told apart from another, line by line, key by key', () => {
    const doc = everything()
    const old = stateOf(doc)
    doc.getText('text').insert(5, ' big')
    doc.getText('text').insert(0, 'first\n')
    doc.getMap('map').set('count', 4)
    doc.getMap('map').set('new', true)
    doc.getArray('array').delete(0)
    const diff = compare(documentOf(old), documentOf(stateOf(doc)))
    expect(diff.map(({ field, kind }) => [field, kind])).toEqual([
      ['array', 'array'],
      ['map', 'map'],
      ['text', 'text'],
    ])
    const [array, map, text] = diff.map(({ entries }) => entries.filter(({ op }) => op !== 'same'))
    expect(array).toEqual([{ op: 'removed', type: 'entry', attributes: {}, text: '1' }])
    expect(map?.map((entry) => entry.op)).toEqual(['changed', 'added'])
    expect(text).toEqual([
      { op: 'added', type: 'line', attributes: {}, text: 'first' },
      {
        op: 'changed',
        before: { type: 'line', attributes: {}, text: 'hello world' },
        after: { type: 'line', attributes: {}, text: 'hello big world' },
        parts: [
          { op: 'same', text: 'hello ' },
          { op: 'added', text: 'big ' },
          { op: 'same', text: 'world' },
        ],
      },
    ])
    expect(compare(documentOf(old), documentOf(old))).toEqual([])
  })
})

describe('who wrote what', () => {
  it('is told by the ids of the visible text', () => {
    const one = new Y.Doc()
    one.clientID = 1
    one.getText('text').insert(0, 'hello world')
    const two = new Y.Doc()
    two.clientID = 2
    Y.applyUpdate(two, stateOf(one))
    two.getText('text').insert(5, ' big')
    two.getText('text').delete(0, 1)
    expect(blameOf(documentOf(stateOf(two)), 'text', 'text')).toEqual([
      { text: 'ello', client: 1, clock: 1, path: [] },
      { text: ' big', client: 2, clock: 0, path: [] },
      { text: ' world', client: 1, clock: 5, path: [] },
    ])
  })

  it('has the paths of blocks in rich text', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const item = new Y.XmlElement('listItem')
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText('a'), new Y.XmlElement('hardBreak'), new Y.XmlText('b')])
    item.insert(0, [paragraph])
    const list = new Y.XmlElement('bulletList')
    list.insert(0, [item])
    doc.getXmlFragment('default').insert(0, [new Y.XmlElement('horizontalRule'), list])
    const runs = blameOf(documentOf(stateOf(doc)), 'default', 'fragment')
    expect(runs.map(({ text, path }) => [text, path])).toEqual([
      ['a\n', [1, 0, 0]],
      ['b', [1, 0, 0]],
    ])
    expect(() => blameOf(new Y.Doc(), 'map', 'map')).toThrow('only of a text and of rich text')
  })
})
