/* Shared types without a schema, and whole documents against other versions of themselves. */
import fc from 'fast-check'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Change } from '../../ports/content.ts'
import { compare } from './compare.ts'
import { blameOf } from './blame.ts'
import { change, restore } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf, readRoot, rootKind } from './read-tree.ts'

const stateOf = (doc: Y.Doc): Update => Y.encodeStateAsUpdate(doc) as Update // Yjs made it
const merged = (...updates: readonly Update[]): Update => Y.mergeUpdates([...updates]) as Update // a merge of updates is one

const apply = (update: Update, wish: Change): Update => {
  const edit = change(update, wish, null)
  return edit === null ? update : merged(update, edit)
}

const read = (update: Update, field: string | null = null) =>
  readAs(documentOf(update), { format: 'json', field }, null)

/** One of everything, nested. */
const everything = (): Y.Doc => {
  const doc = new Y.Doc()
  const map = doc.getMap('map')
  const title = new Y.Text('a title')
  title.format(0, 1, { bold: true })
  const tags = new Y.Array<unknown>()
  tags.insert(0, ['one', { n: 1 }, new Y.Map([['deep', true]])])
  map.set('title', title)
  map.set('tags', tags)
  map.set('count', 3)
  map.set('bytes', Uint8Array.of(1, 2, 3))
  doc.getArray('array').insert(0, [1, 'two', null])
  doc.getText('text').insert(0, 'hello world')
  const element = new Y.XmlElement('p')
  element.setAttribute('id', 'x')
  element.insert(0, [new Y.XmlText('in xml')])
  doc.getXmlFragment('xml').insert(0, [element])
  return doc
}

const JSON_OF_IT = {
  map: { title: 'a title', tags: ['one', { n: 1 }, { deep: true }], count: 3, bytes: 'AQID' },
  array: [1, 'two', null],
  text: 'hello world',
  xml: [{ type: 'p', attrs: { id: 'x' }, content: ['in xml'] }],
}

describe('without a schema', () => {
  const update = stateOf(everything())

  it('the kinds of all roots are told by what is in them, and read as JSON', () => {
    const doc = documentOf(update)
    expect(['map', 'array', 'text', 'xml', 'none'].map((name) => rootKind(doc, name))).toEqual([
      'map',
      'array',
      'text',
      'fragment',
      null,
    ])
    expect(read(update)).toEqual(JSON_OF_IT)
    expect(read(update, 'map')).toEqual(JSON_OF_IT.map)
    expect(read(update, 'none')).toBeNull()
  })

  it.each(['map', 'array', 'text', 'xml'] as const)(
    'what was read of a %s changes nothing',
    (field) => {
      const content = { format: 'json', value: JSON_OF_IT[field] } as const
      expect(change(update, { kind: 'replace', field, content }, null)).toBeNull()
    },
  )

  it('a value goes into the shared type that stands there, whose formats stay', () => {
    const value = {
      ...JSON_OF_IT.map,
      title: 'a new title',
      tags: ['one', { n: 2 }, { deep: false }],
    }
    const after = apply(update, {
      kind: 'replace',
      field: 'map',
      content: { format: 'json', value },
    })
    expect(read(after, 'map')).toEqual(value)
    const map = documentOf(after).getMap('map')
    expect((map.get('title') as Y.Text).toDelta()).toEqual([
      { insert: 'a', attributes: { bold: true } },
      { insert: ' new title' },
    ])
    const [before, now] = [update, after].map(
      (one) =>
        (documentOf(one).getMap('map').get('tags') as Y.Array<Y.Map<boolean>>).get(2)._item?.id,
    )
    expect(now).toEqual(before)
  })

  it('appends characters, items and keys', () => {
    const json = (value: unknown) => ({ format: 'json', value }) as const
    let after = apply(update, {
      kind: 'append',
      field: 'text',
      content: { format: 'text', value: '!' },
    })
    after = apply(after, { kind: 'append', field: 'array', content: json([4]) })
    after = apply(after, { kind: 'append', field: 'map', content: json({ more: [1] }) })
    expect(read(after)).toEqual({
      ...JSON_OF_IT,
      text: 'hello world!',
      array: [1, 'two', null, 4],
      map: { ...JSON_OF_IT.map, more: [1] },
    })
  })

  it('makes roots of what nobody has written yet', () => {
    const empty = stateOf(new Y.Doc())
    for (const value of [{ a: 1 }, [1, 2], 'text']) {
      const after = apply(empty, {
        kind: 'replace',
        field: 'new',
        content: { format: 'json', value },
      })
      expect(read(after, 'new')).toEqual(value)
    }
  })

  it.each([
    [
      { kind: 'replace', field: 'map', content: { format: 'markdown', value: 'x' } },
      '"map" is a map without a schema: it takes json',
    ],
    [
      { kind: 'replace', field: 'map', content: { format: 'json', value: [1] } },
      'a list cannot be the value of a map',
    ],
    [
      { kind: 'replace', field: 'text', content: { format: 'html', value: 'x' } },
      'it takes text or json',
    ],
    [
      { kind: 'replace', field: null, content: { format: 'text', value: 'x' } },
      'must be told a field',
    ],
    [
      { kind: 'range', field: 'map', from: 0, to: 0, content: { format: 'json', value: {} } },
      'only a text has ranges',
    ],
  ] as const)('refuses %j', (wish, message) => {
    expect(() => change(update, wish, null)).toThrow(message)
  })

  it('refuses JSON that nests without end', () => {
    let value: unknown = 1
    for (let i = 0; i < 300; i++) value = { a: value }
    const wish: Change = { kind: 'replace', field: 'map', content: { format: 'json', value } }
    expect(() => change(update, wish, null)).toThrow('nests deeper than the limit of 256 levels')
  })

  it('refuses to read types nested deeper than that', () => {
    const doc = new Y.Doc()
    let map = doc.getMap('map')
    for (let i = 0; i < 300; i++) {
      const inner = new Y.Map<unknown>()
      map.set('a', inner)
      map = inner
    }
    expect(() => read(stateOf(doc), 'map')).toThrow('content of "map" nests deeper than 256 levels')
  })

  it('any JSON comes back from any other', () => {
    const values = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 5,
    })
    fc.assert(
      fc.property(values, values, (one, other) => {
        const at = (value: unknown): Change => ({
          kind: 'replace',
          field: 'm',
          content: { format: 'json', value },
        })
        const after = apply(apply(update, at(one)), at(other))
        // JSON has no -0
        const expected: unknown = JSON.parse(JSON.stringify(other))
        expect(JSON.parse(JSON.stringify(read(after, 'm') ?? {}))).toEqual(expected)
      }),
    )
  })
})

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
