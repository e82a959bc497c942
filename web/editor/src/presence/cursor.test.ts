import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { parseCursor } from './cursor.ts'

function docWithText(): { doc: Y.Doc; text: Y.XmlText } {
  const doc = new Y.Doc()
  const paragraph = new Y.XmlElement('paragraph')
  const text = new Y.XmlText('hello')
  paragraph.insert(0, [text])
  doc.getXmlFragment('default').insert(0, [paragraph])
  return { doc, text }
}

const id = fc.oneof(fc.jsonValue(), fc.record({ client: fc.nat(), clock: fc.nat() }))
const position = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      type: id,
      item: id,
      tname: fc.constantFrom('default', 'other', '__proto__', 7),
      assoc: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
)

describe('a cursor read from a peer', () => {
  it('is what y-tiptap publishes', () => {
    const { text } = docWithText()
    const at = JSON.parse(JSON.stringify(Y.createRelativePositionFromTypeIndex(text, 2)))
    const cursor = parseCursor({ anchor: at, head: at }, 'default')
    expect(cursor?.head.item).toEqual(at.item)
  })

  it('can be resolved without throwing or adding types, whatever JSON the peer sent', () => {
    fc.assert(
      fc.property(position, position, (anchor, head) => {
        const { doc } = docWithText()
        const cursor = parseCursor({ anchor, head }, 'default')
        for (const side of cursor === null ? [] : [cursor.anchor, cursor.head]) {
          Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(side), doc)
        }
        expect([...doc.share.keys()]).toEqual(['default'])
      }),
    )
  })

  it.each([
    null,
    7,
    [],
    {},
    { anchor: 1, head: 2 },
    { anchor: { tname: 'evil' }, head: { tname: 'evil' } },
    { anchor: { item: { client: 'x', clock: 0 } }, head: { tname: 'default' } },
  ])('is none when it is %j', (raw) => {
    expect(parseCursor(raw, 'default')).toBeNull()
  })
})
