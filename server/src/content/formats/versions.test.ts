/* Whole documents against other versions of themselves, and who wrote them. */
import fc from 'fast-check'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { everything, merged, stateOf } from '../testing/everything.ts'
import { blameOf } from './blame.ts'
import { compare } from './compare.ts'
import { schemaOf, type RichSchema } from './content-schema.ts'
import { change, restore } from './edit.ts'
import { fieldOf } from './field.ts'
import { readAs } from './read-as.ts'
import { documentOf, readRoot, rootKind } from './read-tree.ts'

const editor = await schemaOf('editor')

const read = (update: Update) => readAs(documentOf(update), { format: 'json', field: null }, null)

/** Who wrote a field, without a schema unless one is given. */
const authors = (update: Update, field: string, rich: RichSchema | null = null) => {
  const doc = documentOf(update)
  return blameOf(doc, fieldOf(doc, field, { rich, otherwise: 'text' }), rich)
}

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

describe('a difference', () => {
  const markdown = (text: string): Y.Doc => {
    const content = { format: 'markdown', value: text } as const
    const edit = change(stateOf(new Y.Doc()), [{ kind: 'replace', field: null, content }], editor)
    return documentOf(edit ?? stateOf(new Y.Doc()))
  }
  const told = (one: Y.Doc, other: Y.Doc) =>
    compare(one, other).flatMap(({ entries }) => entries.map(({ op }) => op))

  it.each([
    ['- [ ] a\n- [ ] b\n', '- [x] a\n- [ ] b\n', ['changed', 'same']],
    ['1. a\n2. b\n', '- a\n- b\n', ['changed', 'changed']],
    ['> a\n', 'a\n', ['changed']],
    ['a **b**\n', 'a b\n', ['changed']],
  ])('from %j to %j is told', (one, other, expected) => {
    expect(told(markdown(one), markdown(other))).toEqual(expected)
  })

  it('names what a block stands in', () => {
    const [diff] = compare(markdown('- [ ] a\n'), markdown('- [x] a\n'))
    expect(diff?.entries).toMatchObject([
      {
        op: 'changed',
        before: {
          type: 'paragraph',
          within: [{ type: 'taskList' }, { attributes: { checked: false } }],
        },
        after: {
          type: 'paragraph',
          within: [{ type: 'taskList' }, { attributes: { checked: true } }],
        },
      },
    ])
  })

  it('in the formats of a text is told, and in a node within a line', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'a\nb')
    const old = documentOf(stateOf(doc))
    doc.getText('text').format(0, 1, { bold: true })
    expect(told(old, documentOf(stateOf(doc)))).toEqual(['changed', 'same'])
    const mention = (id: string): Y.Doc => {
      const paragraph = new Y.XmlElement('paragraph')
      const element = new Y.XmlElement('mention')
      element.setAttribute('id', id)
      const made = new Y.Doc()
      made.getXmlFragment('notes').insert(0, [paragraph])
      paragraph.insert(0, [new Y.XmlText('by '), element])
      return documentOf(stateOf(made))
    }
    const [diff] = compare(mention('a'), mention('b'))
    expect(diff?.entries).toMatchObject([{ op: 'changed', before: { text: 'by \uFFFC' } }])
  })
})

describe('a version of what few documents hold', () => {
  const restored = (doc: Y.Doc, version: Update): Y.Doc => {
    const edit = restore(stateOf(doc), version)
    if (edit !== null) Y.applyUpdate(doc, edit)
    expect(restore(stateOf(doc), version)).toBeNull()
    return doc
  }

  it('has a shared type in an attribute: it is read, and given back, as its JSON', () => {
    const doc = new Y.Doc()
    const element = new Y.XmlElement('node')
    doc.getXmlFragment('xml').insert(0, [element])
    element.setAttribute('meta', new Y.Map([['a', 1]]) as unknown as string) // any value, in truth
    const version = stateOf(doc)
    element.setAttribute('other', '1')
    expect(restored(doc, version).getXmlFragment('xml').toJSON()).not.toContain('other')
    doc.getXmlFragment('xml').delete(0, 1)
    expect(read(stateOf(restored(doc, version)))).toEqual({
      xml: [{ type: 'node', attrs: { meta: { a: 1 } }, content: [] }],
    })
  })

  it('has subdocuments with all that is known of them', () => {
    const doc = new Y.Doc()
    doc.getMap('map').set('sub', new Y.Doc({ guid: 'x', meta: { a: 1 }, autoLoad: true }))
    const version = stateOf(doc)
    doc.getMap('map').delete('sub')
    const back = restored(doc, version).getMap('map').get('sub')
    expect(back).toMatchObject({ guid: 'x', meta: { a: 1 }, autoLoad: true })
  })

  it('has more in one new type than a call can be given', () => {
    const doc = new Y.Doc()
    doc.getMap('map').set('list', Y.Array.from([0]))
    const list = doc.getMap('map').get('list') as Y.Array<number> // as set
    for (let i = 0; i < 15; i++)
      list.insert(
        0,
        Array.from({ length: 10_000 }, () => 1),
      )
    const version = stateOf(doc)
    doc.getMap('map').delete('list')
    expect((restored(doc, version).getMap('map').get('list') as typeof list).length).toBe(150_001)
  })

  it('is given back although one root cannot be read', () => {
    const doc = new Y.Doc()
    let map = doc.getMap('deep')
    for (let i = 0; i < 300; i++) {
      const inner = new Y.Map<unknown>()
      map.set('a', inner)
      map = inner
    }
    doc.getText('text').insert(0, 'a')
    const deep = stateOf(doc)
    expect(read(deep)).toEqual({ deep: null, text: 'a' })
    doc.getText('text').insert(1, 'b')
    expect(compare(documentOf(deep), documentOf(stateOf(doc)))).toHaveLength(1)
    expect(restored(doc, deep).getText('text').toJSON()).toBe('a')
    const other = new Y.Doc()
    other.getMap('deep').set('a', 1)
    expect(read(stateOf(restored(doc, stateOf(other))))).toEqual({ deep: { a: 1 }, text: null })
  })

  it('is of an array, also while nothing but XML is in it', () => {
    const doc = new Y.Doc()
    const array = doc.getArray<unknown>('array')
    array.insert(0, [new Y.XmlElement('p')])
    const version = stateOf(doc)
    array.delete(0, 1)
    array.insert(0, [1, 2])
    const later = stateOf(doc)
    expect(compare(documentOf(version), documentOf(later))[0]?.kind).toBe('array')
    expect(restored(doc, version).getArray('array').toJSON()).toEqual(['<p></p>'])
    expect(restored(doc, later).getArray('array').toJSON()).toEqual([1, 2])
  })

  it('has roots whose first item tells nothing of them', () => {
    const doc = new Y.Doc()
    const text = doc.getText('text')
    text.insertEmbed(0, new Y.Map())
    text.insert(1, 'a')
    doc.getArray<unknown>('array').insert(0, [new Y.XmlText('x'), 1])
    const map = doc.getMap('map')
    map.set('a', 1)
    text.setAttribute('b', 1)
    const update = documentOf(stateOf(doc))
    expect(['text', 'array', 'map'].map((name) => rootKind(update, name))).toEqual([
      'text',
      'array',
      'map',
    ])
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
    expect(authors(stateOf(two), 'text')).toEqual([
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
    const runs = authors(stateOf(doc), 'default')
    expect(runs.map(({ text, path }) => [text, path])).toEqual([
      ['a\n', [1, 0, 0]],
      ['b', [1, 0, 0]],
    ])
    expect(() => authors(stateOf(everything()), 'map')).toThrow('only of a text and of rich text')
  })

  it('has the paths of ProseMirror’s JSON, and leaves out what nobody sees', async () => {
    const rich = await schemaOf('editor')
    const doc = new Y.Doc()
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText('seen')])
    const unknown = new Y.XmlElement('callout')
    unknown.insert(0, [new Y.XmlText('hidden')])
    doc.getXmlFragment('default').insert(0, [unknown, paragraph])
    expect(authors(stateOf(doc), 'default', rich).map(({ text, path }) => [text, path])).toEqual([
      ['seen', [0]],
    ])
  })
})
