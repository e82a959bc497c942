import * as Y from 'yjs'
import { openClient } from '../harness/stock-client.ts'

/** `count` positions as carets publish them, spread over the texts of a document as it is now. */
export const caretPositions = async (
  server: { readonly yjsUrl: string },
  name: string,
  count: number,
): Promise<readonly unknown[]> => {
  const client = openClient(server, name)
  await client.synced()
  const texts = textsIn(client.doc.getXmlFragment('default'))
  const positions = Array.from({ length: count }, (_, index) => {
    const text = texts[index % texts.length]
    if (text === undefined) throw new Error(`${name} holds no text`)
    const at = Math.floor((index * text.length) / count)
    return Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, at))
  })
  client.close()
  return positions
}

const textsIn = (node: Y.XmlFragment): Y.XmlText[] =>
  node.toArray().flatMap((child) => {
    if (child instanceof Y.XmlText) return [child]
    return child instanceof Y.XmlElement ? textsIn(child) : []
  })
