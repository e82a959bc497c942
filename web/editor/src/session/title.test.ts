import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { maxTitleChars, titleOf } from './title.ts'

function block(name: string, ...children: (string | Y.XmlElement)[]): Y.XmlElement {
  const element = new Y.XmlElement(name)
  element.insert(
    0,
    children.map((child) => (typeof child === 'string' ? new Y.XmlText(child) : child)),
  )
  return element
}

function documentOf(...blocks: Y.XmlElement[]): Y.XmlFragment {
  const fragment = new Y.Doc().getXmlFragment('default')
  fragment.insert(0, blocks)
  return fragment
}

describe('the title of a document', () => {
  it('is empty for an empty document', () => {
    expect(titleOf(documentOf())).toBe('')
    expect(titleOf(documentOf(block('paragraph')))).toBe('')
  })

  it('is the first line that has text', () => {
    expect(
      titleOf(
        documentOf(block('paragraph', '  '), block('heading', 'Plan'), block('paragraph', 'x')),
      ),
    ).toBe('Plan')
  })

  it('is found inside lists and quotes', () => {
    const list = block('bulletList', block('listItem', block('paragraph', 'milk')))
    expect(titleOf(documentOf(list))).toBe('milk')
  })

  it('is one line, even with hard breaks', () => {
    expect(titleOf(documentOf(block('paragraph', 'a', block('hardBreak'), 'b')))).toBe('a b')
  })

  it('is cut to a length that fits a tab', () => {
    expect(titleOf(documentOf(block('paragraph', 'x'.repeat(9999))))).toHaveLength(maxTitleChars)
  })
})
