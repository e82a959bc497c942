import fc from 'fast-check'
import { type Node } from 'prosemirror-model'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Change, FormattedContent } from '../../ports/content.ts'
import { randomDocs } from '../testing/random-docs.ts'
import { schemaOf, type RichSchema } from './content-schema.ts'
import { schema } from './default-schema.ts'
import { change as changeIn } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf } from './read-tree.ts'

const rich = (await schemaOf('editor')) as RichSchema // null is the choice `plain`

const EMPTY = Y.encodeStateAsUpdate(new Y.Doc()) as Update

const replace = (content: FormattedContent): Change => ({ kind: 'replace', field: null, content })
const json = (doc: Node): FormattedContent => ({ format: 'json', value: doc.toJSON() })

const apply = (update: Update, wish: Change): Update => {
  const edit = changeIn(update, [wish], rich)
  return edit === null ? update : (Y.mergeUpdates([update, edit]) as Update) // a merge of updates is one
}

const made = (doc: Node): Update => apply(EMPTY, replace(json(doc)))

const read = (update: Update, format: 'json' | 'text' | 'markdown' | 'html' = 'json') =>
  readAs(documentOf(update), { format, field: null }, rich)

/** The ids of the items of the blocks at the top, and of the text in them. */
const idsOf = (update: Update): readonly string[] =>
  documentOf(update)
    .getXmlFragment('default')
    .toArray()
    .map((block) => {
      const ids: string[] = []
      const visit = (type: Y.AbstractType<unknown>): void => {
        for (let item = type._start; item !== null; item = item.right) {
          if (item.deleted) continue
          ids.push(`${item.id.client}:${item.id.clock}+${item.length}`)
          if (item.content instanceof Y.ContentType) visit(item.content.type as typeof type)
        }
      }
      visit(block as unknown as Y.AbstractType<unknown>) // what a block is
      return `${block._item?.id.client}:${block._item?.id.clock} ${ids.join()}`
    })

const paragraph = (text: string): Node =>
  schema.node('paragraph', null, text === '' ? [] : [schema.text(text)])
const docOf = (...texts: readonly string[]): Node => schema.node('doc', null, texts.map(paragraph))

describe('a change of everything', () => {
  it('gives exactly what is wanted, in every format, and nothing the second time', () => {
    fc.assert(
      fc.property(randomDocs, randomDocs, (one, other) => {
        const update = made(one)
        const after = apply(update, replace(json(other)))
        expect(read(after)).toEqual(other.toJSON())
        for (const format of ['json', 'html', 'markdown', 'text'] as const) {
          const value = read(after, format)
          const content = { format, value } as FormattedContent // a text but for JSON
          expect({ format, edit: changeIn(after, [replace(content)], rich) }).toEqual({
            format,
            edit: null,
          })
        }
      }),
      { numRuns: 40 },
    )
  })

  it('takes any text, and reads as it then', () => {
    const lines = fc.array(fc.constantFrom('', 'a', 'plain words', '# x', 'é 日本 👩‍🚀'), {
      minLength: 1,
    })
    fc.assert(
      fc.property(randomDocs, lines, fc.nat(5), fc.nat(2), (doc, added, at, removed) => {
        const update = made(doc)
        const text = (read(update, 'text') as string)
          .split('\n')
          .toSpliced(at, removed, ...added)
          .join('\n')
        expect(read(apply(update, replace({ format: 'text', value: text })), 'text')).toBe(text)
      }),
    )
  })

  it('keeps a line end at the end of a text, which Yjs would take for Quill’s own', () => {
    const update = made(docOf('plain words'))
    expect(read(apply(update, replace(json(docOf('\n')))))).toEqual(docOf('\n').toJSON())
  })

  it('leaves the items of the blocks that stay', () => {
    const edits = fc.record({ at: fc.nat(5), with: randomDocs, removed: fc.nat(2) })
    fc.assert(
      fc.property(randomDocs, fc.array(edits, { maxLength: 2 }), (doc, list) => {
        // each block with a text of its own, so that it is known which ones stay
        const blocks = doc.content.content.flatMap((block, i) => [paragraph(`block ${i}`), block])
        const whole = schema.node('doc', null, blocks)
        const update = made(whole)
        const ids = idsOf(update)
        let kept = blocks.map((block, i) => ({ block, id: ids[i] ?? '' }))
        for (const edit of list) {
          const added = edit.with.content.content.map((block) => ({ block, id: '' }))
          kept = kept.toSpliced(edit.at, edit.removed, ...added)
        }
        const wanted = schema.node(
          'doc',
          null,
          kept.length === 0 ? [paragraph('')] : kept.map(({ block }) => block),
        )
        const after = apply(update, replace(json(wanted)))
        expect(read(after)).toEqual(wanted.toJSON())
        const now = new Set(idsOf(after))
        const stay = kept.filter(
          ({ id, block }) => id !== '' && /^block \d/.test(block.textContent),
        )
        expect(stay.filter(({ id }) => !now.has(id))).toEqual([])
      }),
    )
  })

  it('changes one word by its characters, at both ends of a paragraph too', () => {
    const update = made(docOf('first', 'The quick brown fox jumps over the lazy dog', 'last'))
    const wish = replace({
      format: 'text',
      value: 'first\nThat quick brown fox jumps over the lazy dogs\nlast',
    })
    const edit = changeIn(update, [wish], rich)
    if (edit === null) throw new Error('no edit')
    const { structs, ds } = Y.decodeUpdate(edit)
    const added = structs.map((struct) =>
      struct instanceof Y.Item && struct.content instanceof Y.ContentString
        ? struct.content.str
        : '?',
    )
    expect(added).toEqual(['at', 's'])
    const deleted = [...ds.clients.values()].flat().reduce((sum, { len }) => sum + len, 0)
    expect(deleted).toBe(1)
  })

  it('keeps the marks of the words that stay', () => {
    const bold = schema.text('bold', [schema.mark('bold')])
    const doc = schema.node('doc', null, [
      schema.node('heading', { level: 2 }, [schema.text('a '), bold, schema.text(' word')]),
    ])
    const after = apply(made(doc), replace({ format: 'text', value: 'a bold new word' }))
    expect(read(after, 'markdown')).toBe('## a **bold** new word\n')
  })

  it('merges with what others type meanwhile in other blocks and words', () => {
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.nat(4),
        fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
        (mine, theirs, typed) => {
          const texts = ['alpha beta', 'gamma delta', 'epsilon zeta', 'eta theta', 'iota kappa']
          const update = made(docOf(...texts))
          const doc = new Y.Doc()
          Y.applyUpdate(doc, update)
          const text = (doc.getXmlFragment('default').get(theirs) as Y.XmlElement).get(
            0,
          ) as Y.XmlText
          text.insert(text.length, typed)
          const wanted = texts.with(mine, `new ${texts[mine]}`)
          const edit = changeIn(update, [replace(json(docOf(...wanted)))], rich)
          if (edit === null) throw new Error('no edit')
          Y.applyUpdate(doc, edit)
          const expected = wanted.with(theirs, `${wanted[theirs]}${typed}`)
          expect(read(Y.encodeStateAsUpdate(doc) as Update)).toEqual(docOf(...expected).toJSON())
        },
      ),
    )
  })

  it('has a client id of its own each time', () => {
    const update = made(docOf('a'))
    const clients = [1, 2].map(() => {
      const edit = changeIn(update, [replace({ format: 'text', value: 'b' })], rich)
      return edit === null
        ? null
        : [...Y.decodeStateVector(Y.encodeStateVectorFromUpdate(edit)).keys()][0]
    })
    expect(new Set(clients).size).toBe(2)
  })
})

describe('a change of a part', () => {
  const update = made(docOf('one', 'two', ''))
  const markdown = (value: string): FormattedContent => ({ format: 'markdown', value })

  it('appends before an empty line at the end, in which somebody may be about to write', () => {
    const after = apply(update, { kind: 'append', field: null, content: markdown('- three') })
    expect(read(after, 'markdown')).toBe('one\n\ntwo\n\n- three\n')
    expect(idsOf(after).toSpliced(2, 1)).toEqual(idsOf(update))
  })

  it.each([
    ['before', 'one\n\nnew\n\ntwo\n'],
    ['after', 'one\n\ntwo\n\nnew\n'],
    ['replace', 'one\n\nnew\n'],
  ] as const)('puts nodes %s one', (place, expected) => {
    const wish: Change = { kind: 'node', field: null, path: [1], place, content: markdown('new') }
    expect(read(apply(update, wish), 'markdown')).toBe(expected)
  })

  it('deletes a node, and makes an empty paragraph of nothing', () => {
    const wish: Change = { kind: 'node', field: null, path: [0], place: 'delete' }
    expect(read(apply(update, wish), 'markdown')).toBe('two\n')
    expect(read(apply(made(docOf('x')), wish))).toEqual(docOf('').toJSON())
  })

  it('goes by the path into lists', () => {
    const list = apply(EMPTY, replace(markdown('- a\n- b\n')))
    const wish: Change = {
      kind: 'node',
      field: null,
      path: [0, 1, 0],
      place: 'replace',
      content: markdown('**c**'),
    }
    expect(read(apply(list, wish), 'markdown')).toBe('- a\n- **c**\n')
  })

  it.each([
    [
      { kind: 'node', field: null, path: [7], place: 'delete' },
      'path[0]: no node 7 in "doc", which has 3',
    ],
    [
      { kind: 'append', field: null, content: { format: 'docx' as 'text', value: '' } },
      'format: "docx" is none of json, text, markdown, html',
    ],
    [
      { kind: 'node', field: null, path: [], place: 'delete' },
      'path: is a list of 1 to 256 indices',
    ],
    [
      { kind: 'node', field: null, path: [0, 0], place: 'delete' },
      'path[1]: node 0 in "paragraph" is text',
    ],
    [null, 'change: is not an object'],
    [{ kind: 'nope', field: null }, 'change: its kind is none of'],
    [{ kind: 'replace', field: null }, 'content: is not an object with a format'],
    [{ kind: 'node', field: null, path: [0], place: 'over' }, 'change: its place is none of'],
    [
      { kind: 'replace', field: 5, content: { format: 'text', value: 'x' } },
      'field: is neither a name nor null',
    ],
    [
      { kind: 'replace', field: null, content: { format: 'text', value: 5 } },
      'content: text is a text',
    ],
    [
      { kind: 'range', field: null, from: 0, to: 1, content: { format: 'text', value: '' } },
      'is rich text',
    ],
  ] as const)('refuses %j', (wish, message) => {
    expect(() => changeIn(update, [wish as unknown as Change], rich)).toThrow(message) // untyped callers
  })

  it('counts text as ProseMirror’s JSON does', () => {
    const broken = apply(EMPTY, replace(markdown('one\\\ntwo **three**')))
    const wish: Change = { kind: 'node', field: null, path: [0, 1], place: 'delete' }
    expect(read(apply(broken, wish), 'markdown')).toBe('onetwo **three**\n')
    for (const index of [0, 2, 3])
      expect(() => changeIn(broken, [{ ...wish, path: [0, index] }], rich)).toThrow(
        `path[1]: node ${index} in "paragraph" is text`,
      )
    expect(() => changeIn(broken, [{ ...wish, path: [0, 4] }], rich)).toThrow('which has 4')
  })

  it('is not refused for text among the blocks, which no editor shows', () => {
    const doc = new Y.Doc()
    doc.getXmlFragment('default').insert(0, [new Y.XmlText('stray')])
    const wish: Change = { kind: 'append', field: null, content: markdown('a') }
    const after = apply(Y.encodeStateAsUpdate(doc) as Update, wish) // Yjs made it
    expect(documentOf(after).getXmlFragment('default').toJSON()).toBe(
      'stray<paragraph>a</paragraph>',
    )
  })

  it('sees what those before it have left, and all of them are one update', () => {
    fc.assert(
      fc.property(randomDocs, fc.array(randomDocs, { minLength: 1, maxLength: 4 }), (doc, more) => {
        const wishes = more.map((one): Change => ({
          kind: 'append',
          field: null,
          content: json(one),
        }))
        const before = made(doc)
        const oneByOne = wishes.reduce(apply, before)
        const edit = changeIn(before, wishes, rich)
        const after = edit === null ? before : (Y.mergeUpdates([before, edit]) as Update) // as above
        expect(read(after)).toEqual(read(oneByOne))
      }),
    )
  })

  it('of a text is a range of it', () => {
    const field = 'notes'
    const text = apply(EMPTY, {
      kind: 'replace',
      field,
      content: { format: 'text', value: 'hello world' },
    })
    const content = { format: 'text', value: 'there' } as const
    const after = apply(text, { kind: 'range', field, from: 6, to: 11, content })
    expect(readAs(documentOf(after), { format: 'text', field }, rich)).toBe('hello there')
    expect(() =>
      changeIn(text, [{ kind: 'range', field, from: 6, to: 12, content }], rich),
    ).toThrow('range: 6 to 12 is not within the 11 units of "notes"')
  })
})
