/* A change of a part acts on that part, also where others beside it are equal. */
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Change, FormattedContent } from '../../ports/content.ts'
import { merged, stateOf } from '../testing/everything.ts'
import { schemaOf, type RichSchema } from './content-schema.ts'
import { change } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf } from './read-tree.ts'

const rich = (await schemaOf('editor')) as RichSchema // null is the choice `plain`

const markdown = (value: string): FormattedContent => ({ format: 'markdown', value })

const made = (value: string): Update => {
  const wish: Change = { kind: 'replace', field: null, content: markdown(value) }
  const edit = change(stateOf(new Y.Doc()), [wish], rich)
  if (edit === null) throw new Error('no edit')
  return edit
}

const read = (update: Update): unknown =>
  readAs(documentOf(update), { format: 'markdown', field: null }, rich)

/** The document after `wish`, while somebody has typed at the end of the text at `path`. */
const meanwhile = (update: Update, path: readonly number[], wish: Change): unknown => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  let type: Y.XmlFragment = doc.getXmlFragment('default')
  for (const index of path) type = type.get(index) as Y.XmlElement // what the paths here lead to
  const text = type.get(0) as Y.XmlText // as above
  text.insert(text.length, ' typed')
  const edit = change(update, [wish], rich)
  return read(edit === null ? stateOf(doc) : merged(stateOf(doc), edit))
}

describe('of equal nodes side by side', () => {
  const same = made('same\n\nsame\n\nsame\n')

  it('the one that was asked for is deleted', () => {
    const wish: Change = { kind: 'node', field: null, path: [0], place: 'delete' }
    expect(meanwhile(same, [2], wish)).toBe('same\n\nsame typed\n')
    expect(meanwhile(same, [1], wish)).toBe('same typed\n\nsame\n')
  })

  it('a new one stands before the one that was asked for', () => {
    const content = markdown('same')
    const wish: Change = { kind: 'node', field: null, path: [0], place: 'before', content }
    expect(meanwhile(same, [0], wish)).toBe('same\n\nsame typed\n\nsame\n\nsame\n')
  })

  it('the item of a list and the row of a table are the ones that were asked for', () => {
    const list = made('- x\n- x\n- x\n')
    const wish: Change = { kind: 'node', field: null, path: [0, 0], place: 'delete' }
    expect(meanwhile(list, [0, 2, 0], wish)).toBe('- x\n- x typed\n')
    const table = made('| h |\n| --- |\n| x |\n| x |\n')
    const row: Change = { kind: 'node', field: null, path: [0, 1], place: 'delete' }
    expect(meanwhile(table, [0, 2, 0, 0], row)).toBe('| h |\n| --- |\n| x typed |\n')
  })
})

describe('a range of a text', () => {
  const field = 'notes'
  const doc = new Y.Doc()
  doc.getText(field).insert(0, 'x\nx\n😀')
  const text = stateOf(doc)
  const range = (from: number, to: number, value: string): Change => {
    return { kind: 'range', field, from, to, content: { format: 'text', value } }
  }

  it('is replaced where it is, not where the text is equal', () => {
    const edit = change(text, [range(0, 2, '')], null)
    if (edit === null) throw new Error('no edit')
    const other = new Y.Doc()
    Y.applyUpdate(other, text)
    other.getText(field).insert(3, ' typed')
    Y.applyUpdate(other, edit)
    expect(other.getText(field).toJSON()).toBe('x typed\n😀')
  })

  it('is nothing where it reads as it did, and refused within a character', () => {
    expect(change(text, [range(0, 2, 'x\n')], null)).toBeNull()
    expect(() => change(text, [range(5, 6, '')], null)).toThrow('range: 5 is within a pair')
  })
})
