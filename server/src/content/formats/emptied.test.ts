/* Emptied texts stay where they are, as editors leave them, and are read as nothing. */
import fc from 'fast-check'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Change, Format } from '../../ports/content.ts'
import { merged, stateOf } from '../testing/everything.ts'
import { schemaOf, type RichSchema } from './content-schema.ts'
import { change, restore } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf } from './read-tree.ts'

const rich = (await schemaOf('editor')) as RichSchema // null is the choice `plain`

const put = (update: Update, format: Format, value: unknown): Update | null => {
  const content = { format, value } as Extract<Change, { kind: 'replace' }>['content'] // as the test says
  return change(update, [{ kind: 'replace', field: null, content }], rich)
}

const read = (update: Update, format: Format) =>
  readAs(documentOf(update), { format, field: null }, rich)

/** A document of paragraphs, each with these texts side by side. */
const made = (...paragraphs: readonly (readonly string[])[]): Y.Doc => {
  const doc = new Y.Doc()
  for (const texts of paragraphs) {
    const paragraph = new Y.XmlElement('paragraph')
    doc.getXmlFragment('default').push([paragraph])
    paragraph.insert(
      0,
      texts.map((text) => new Y.XmlText(text)),
    )
  }
  return doc
}

const textAt = (doc: Y.Doc, block: number, index = 0): Y.XmlText =>
  (doc.getXmlFragment('default').get(block) as Y.XmlElement).get(index) as Y.XmlText // as made

describe('an empty text', () => {
  it.each(['json', 'markdown', 'html', 'text'] as const)(
    'is nothing: what was read as %s changes nothing',
    (format) => {
      const update = stateOf(made(['one'], [''], ['', 'two', ''], ['', '']))
      expect(put(update, format, read(update, format))).toBeNull()
    },
  )

  it('stays where a paragraph is emptied, with what is being typed in it', () => {
    const doc = made(['one'], ['two'])
    const edit = put(stateOf(doc), 'html', '<p></p><p>two</p>')
    textAt(doc, 0).insert(3, ' typed')
    expect(read(merged(stateOf(doc), edit as Update), 'text')).toBe(' typed\ntwo')
  })

  it('is written in again, and emptied again by a version from before', () => {
    const doc = made([''], ['two'])
    const edit = put(stateOf(doc), 'text', 'new\ntwo') as Update
    Y.applyUpdate(doc, edit)
    expect(textAt(doc, 0).toJSON()).toBe('new')
    expect(restore(stateOf(doc), stateOf(doc))).toBeNull()
    const back = restore(stateOf(doc), stateOf(made([], ['two']))) as Update
    Y.applyUpdate(doc, back)
    expect(read(stateOf(doc), 'text')).toBe('\ntwo')
    expect(textAt(doc, 0).length).toBe(0)
  })
})

describe('texts side by side', () => {
  it('read as one, and change nothing', () => {
    const update = stateOf(made(['hello ', 'world']))
    for (const format of ['json', 'markdown', 'text'] as const)
      expect(put(update, format, read(update, format))).toBeNull()
  })

  it('are changed each in its own part', () => {
    const doc = made(['hello ', 'world'])
    Y.applyUpdate(doc, put(stateOf(doc), 'text', 'hello there wide world') as Update)
    expect(read(stateOf(doc), 'text')).toBe('hello there wide world')
    expect([textAt(doc, 0).toJSON(), textAt(doc, 0, 1).toJSON()]).toEqual([
      'hello there wide ',
      'world',
    ])
  })
})

it('any texts side by side become any others, and version by version', () => {
  const texts = fc.array(fc.constantFrom('', 'a', 'same', 'same', 'b c'), { maxLength: 3 })
  const blocks = fc.array(texts, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(blocks, blocks, (one, other) => {
      const [update, wanted] = [stateOf(made(...one)), stateOf(made(...other))]
      for (const format of ['json', 'markdown', 'html', 'text'] as const)
        expect(put(update, format, read(update, format))).toBeNull()
      for (const edit of [put(update, 'json', read(wanted, 'json')), restore(update, wanted)]) {
        const after = edit === null ? update : merged(update, edit)
        expect(read(after, 'json')).toEqual(read(wanted, 'json'))
        expect(restore(after, wanted)).toBeNull()
      }
    }),
  )
})
