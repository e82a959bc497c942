import type { Update } from '@quire/shared'
import * as Y from 'yjs'

/** All that a document holds, as one update. */
export const stateOf = (doc: Y.Doc): Update => Y.encodeStateAsUpdate(doc) as Update // Yjs made it

/** All of these as one. */
export const merged = (...updates: readonly Update[]): Update =>
  Y.mergeUpdates([...updates]) as Update // a merge of updates is one

/** One of everything, nested. */
export const everything = (): Y.Doc => {
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
