/* Shared types without a schema. */
import fc from 'fast-check'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Change } from '../../ports/content.ts'
import { everything, merged, stateOf } from '../testing/everything.ts'
import { change } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf, rootKind } from './read-tree.ts'

const apply = (update: Update, wish: Change): Update => {
  const edit = change(update, [wish], null)
  return edit === null ? update : merged(update, edit)
}

const read = (update: Update, field: string | null = null) =>
  readAs(documentOf(update), { format: 'json', field }, null)

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
      expect(change(update, [{ kind: 'replace', field, content }], null)).toBeNull()
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
    expect(() => change(update, [wish], null)).toThrow(message)
  })

  it('refuses JSON that nests without end', () => {
    let value: unknown = 1
    for (let i = 0; i < 300; i++) value = { a: value }
    const wish: Change = { kind: 'replace', field: 'map', content: { format: 'json', value } }
    expect(() => change(update, [wish], null)).toThrow('nests deeper than the limit of 256 levels')
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
    const storable = fc
      .jsonValue({ maxDepth: 2 })
      .filter((value) => !JSON.stringify(value).includes('__proto__')) // refused, as below
    const values = fc.dictionary(fc.string({ maxLength: 3 }), storable, { maxKeys: 5 })
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

  it('refuses a key that would be lost', () => {
    const value: unknown = JSON.parse('{ "a": { "__proto__": 1 } }')
    const wish: Change = { kind: 'replace', field: 'map', content: { format: 'json', value } }
    expect(() => change(update, [wish], null)).toThrow('content.a: has a key "__proto__"')
  })

  it.each([[new Map()], [() => 1], [{ b: [new Date(0)] }]])(
    'refuses %s, which is no JSON',
    (value) => {
      const content = { format: 'json', value: { a: value } } as const
      expect(() => change(update, [{ kind: 'replace', field: 'map', content }], null)).toThrow(
        'content.a: is nothing that JSON has',
      )
    },
  )

  it('items keep their shared types when others come and go', () => {
    const doc = new Y.Doc()
    const types = [new Y.Map([['a', 1]]), 7, new Y.Text('t'), new Y.Map([['b', 2]])]
    doc.getArray<unknown>('list').insert(0, types)
    const content = { format: 'json', value: [{ a: 1, c: 3 }, 't!', { b: 2 }, { d: 4 }] } as const
    const after = documentOf(
      apply(stateOf(doc), { kind: 'replace', field: 'list', content }),
    ).getArray('list')
    expect(after.toJSON()).toEqual(content.value)
    expect(after.toArray().map((one) => one instanceof Y.AbstractType)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it('the JSON of formatted XML changes nothing, and with another word only that word', () => {
    const doc = new Y.Doc()
    const element = new Y.XmlElement('p')
    const text = new Y.XmlText()
    text.insert(0, 'bold', { bold: true })
    text.insert(4, ' plain', { bold: null })
    element.insert(0, [text])
    doc.getXmlFragment('xml').insert(0, [element])
    const put = (word: string): Change => {
      const value = [{ type: 'p', attrs: {}, content: [`bold ${word}`] }]
      return { kind: 'replace', field: 'xml', content: { format: 'json', value } }
    }
    expect(change(stateOf(doc), [put('plain')], null)).toBeNull()
    const after = documentOf(apply(stateOf(doc), put('word'))).getXmlFragment('xml')
    expect(after.toJSON()).toBe('<p><bold>bold</bold> word</p>')
  })
})
