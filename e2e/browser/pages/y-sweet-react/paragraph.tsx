import * as Y from 'yjs'
import { useObserve, useYDoc } from '@y-sweet/react'
import { Line } from './line.tsx'

/** The first text of what the editor writes, which it has made. */
export const Paragraph = () => {
  const fragment = useYDoc().getXmlFragment('default')
  useObserve(fragment, 'deep')
  const [text] = fragment.createTreeWalker((node) => node instanceof Y.XmlText)
  if (!(text instanceof Y.XmlText)) return null
  return (
    <>
      <Line label="Paragraph" onEnter={(line) => text.insert(text.length, line)} />
      <blockquote data-testid="paragraph">{text.toJSON()}</blockquote>
    </>
  )
}
