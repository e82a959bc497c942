import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Change } from '../../ports/content.ts'
import {
  after,
  atPath,
  blockOf,
  editOf,
  idsOf,
  lines,
  nodeIn,
  range,
  toldOf,
} from '../testing/blocks.ts'
import { stateOf } from '../testing/everything.ts'
import { change } from './edit.ts'
import { documentOf } from './read-tree.ts'

describe('a range of a block of text', () => {
  it('is deleted and inserted by its own characters, and no others', () => {
    const update = blockOf([[['The quick brown fox']]])
    const edit = editOf(update, range(4, 9, 'quiet'))
    const { structs, ds } = Y.decodeUpdate(edit ?? new Uint8Array())
    expect(
      structs.map((one) => one instanceof Y.Item && one.content.getContent().join('')),
    ).toEqual(['et'])
    expect([...ds.clients.values()].flat().map(({ len }) => len)).toEqual([2])
    expect(editOf(update, range(4, 9, 'quick'))).toBeNull()
  })

  it('of equal text is the one that was asked for', () => {
    const update = blockOf([[['aaaa']]])
    const result = after(update, editOf(update, range(0, 2, '')))
    expect(idsOf(result, [0], lines)).toEqual(idsOf(update, [0], lines).slice(2))
  })

  it('takes the marks of the character before it, at the start of the one behind', () => {
    const bold = { bold: {} }
    const update = blockOf([[['a', bold], ['bc']]])
    const at = (from: number, to: number) =>
      toldOf(after(update, editOf(update, range(from, to, 'x'))))
    expect(at(1, 2)).toEqual([[['ax', bold], ['c']]])
    expect(at(0, 0)).toEqual([[['xa', bold], ['bc']]])
    expect(at(0, 1)).toEqual([[['xbc']]])
    expect(at(0, 3)).toEqual([[['x']]])
  })

  it('takes formats as they stand, also what the schema does not know of them', () => {
    const link = { link: { href: 'x', target: '_blank' } }
    const update = blockOf([[['here', link]]])
    const result = after(update, editOf(update, range(4, 4, ' and there')))
    expect(toldOf(result)).toEqual([[['here and there', link]]])
  })

  it('does not stretch a mark that ends where it ends', () => {
    const comment = { 'comment--AAAAAAAA': { id: 1 } }
    const update = blockOf([[['seen', comment], [' on']]])
    const at = (place: number) => toldOf(after(update, editOf(update, range(place, place, '!'))))
    expect(at(4)).toEqual([[['seen', comment], ['! on']]])
    expect(at(2)).toEqual([[['se!en', comment], [' on']]])
  })

  it('counts a hard break and an image as one, and leaves what nobody sees', () => {
    const update = blockOf([[['ab']], { hardBreak: '' }, { unknown: 'x' }, { image: '' }, [['cd']]])
    const result = after(update, editOf(update, range(1, 5, 'X')))
    expect(toldOf(result)).toEqual([[['aX']], 'unknown', [['d']]])
  })

  it('is written where there is no text yet', () => {
    for (const children of [[], [[]], [{ hardBreak: '' }]] as const) {
      const update = blockOf(children)
      const result = after(update, editOf(update, range(0, 0, 'new')))
      expect(nodeIn(result).firstChild?.textContent).toBe('new')
    }
  })

  it('leaves a text that is emptied: somebody may be typing in it', () => {
    const update = blockOf([[['gone']]])
    const doc = documentOf(update)
    const block = doc.getXmlFragment('default').get(0) as Y.XmlElement
    const text = block.get(0) as Y.XmlText
    text.insert(4, ' typed')
    Y.applyUpdate(doc, editOf(update, range(0, 4, '')) ?? new Uint8Array())
    expect(text.toJSON()).toBe(' typed')
  })

  it('goes by the path into nodes, and sees what steps before it have left', () => {
    const doc = new Y.Doc()
    const [list, line] = [new Y.XmlElement('list'), new Y.XmlElement('line')]
    line.insert(0, [new Y.XmlText('one two')])
    list.insert(0, [new Y.XmlElement('line'), line])
    doc.getXmlFragment('default').insert(0, [list])
    const steps = [range(0, 3, 'three', [0, 1]), range(6, 9, 'four', [0, 1])]
    const result = after(stateOf(doc), change(stateOf(doc), steps, lines))
    expect(atPath(nodeIn(result), [0, 1]).textContent).toBe('three four')
  })

  it.each([
    [range(0, 99, ''), 'range: 0 to 99 is not within the 6 units of the "line" at path [0]'],
    [range(2, 1, ''), 'range: 2 to 1 is not within the 6 units'],
    [range(-1, 1, ''), 'range: -1 to 1 is not within the 6 units'],
    [range(0.5, 1, ''), 'range: 0.5 to 1 is not within the 6 units'],
    [range(2, 3, ''), 'range: 2 is within a pair of surrogates, which is one character'],
    [range(0, 2, ''), 'range: 2 is within a pair of surrogates, which is one character'],
    [range(0, 0, '', [1]), 'path[0]: no node 1 in "doc", which has 1'],
    [range(0, 0, '', [0, 0]), 'path[1]: node 0 in "line" is text, which has no path of its own'],
    [range(0, 0, '', [0, 1]), 'path: the "mention" at [0,1] is no block of text'],
    [range(0, 0, '', []), 'path: is a list of 1 to 256 indices from 0'],
    [{ ...range(0, 0, ''), path: null }, 'path: is a list of 1 to 256 indices from 0'],
    [
      { ...range(0, 0, ''), path: undefined },
      '"default" is rich text: a range in it needs the path',
    ],
    [{ ...range(0, 0, ''), content: { format: 'html', value: '' } }, 'content: a range takes text'],
  ] as const)('%j is refused', (wish, message) => {
    const update = blockOf([[['a😀b']], { mention: '' }])
    expect(() => editOf(update, wish as unknown as Change)).toThrow(message) // untyped callers
  })

  it('is refused in a list, where the block would hold what it may not, and with a path in a text', () => {
    const list = blockOf([{ line: 'x' }], 'list')
    expect(() => editOf(list, range(0, 0, 'x'))).toThrow(
      'path: the "list" at [0] is no block of text',
    )
    const figure = blockOf([{ image: '' }, [['seen']]], 'figure')
    expect(() => editOf(figure, range(0, 1, ''))).toThrow(
      'content of "figure" at path [0][0]: "text" cannot stand here',
    )
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'text')
    expect(() => editOf(stateOf(doc), { ...range(0, 1, ''), field: 'notes' })).toThrow(
      '"notes" is a text: a range of it has no path',
    )
    expect(() => editOf(stateOf(doc), { ...range(0, 1, ''), field: 'nothing' })).toThrow(
      'path[0]: no node 0 in "doc", which has 0',
    )
  })
})
