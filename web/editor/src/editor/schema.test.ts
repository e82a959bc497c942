import { getSchema } from '@tiptap/core'
import type { Attrs } from '@tiptap/pm/model'
import { describe, expect, it } from 'vitest'

import { schemaExtensions } from './schema.ts'

describe('the schema', () => {
  const schema = getSchema(schemaExtensions)

  const renderedNode = (name: string, attrs: Attrs): unknown => {
    const node = schema.node(name, attrs)
    return node.type.spec.toDOM?.(node)
  }

  it('is built without a DOM', () => {
    expect(typeof document).toBe('undefined')
    expect(Object.keys(schema.nodes).toSorted()).toMatchInlineSnapshot(`
      [
        "blockquote",
        "bulletList",
        "codeBlock",
        "doc",
        "hardBreak",
        "heading",
        "horizontalRule",
        "image",
        "listItem",
        "orderedList",
        "paragraph",
        "table",
        "tableCell",
        "tableHeader",
        "tableRow",
        "taskItem",
        "taskList",
        "text",
      ]
    `)
    expect(Object.keys(schema.marks).toSorted()).toMatchInlineSnapshot(`
      [
        "bold",
        "code",
        "italic",
        "link",
        "strike",
        "underline",
      ]
    `)
  })

  it('renders a link without its address when the address is not safe', () => {
    const mark = schema.mark('link', { href: 'javascript:alert(1)', class: 'fixed' })
    expect(mark.type.spec.toDOM?.(mark, true)).toMatchObject([
      'a',
      { href: '', target: '_blank', rel: 'noopener noreferrer nofollow' },
      0,
    ])
    expect(JSON.stringify(mark.attrs)).not.toContain('fixed')
  })

  it('renders an image without its source when the source is not safe', () => {
    const image = renderedNode('image', { src: 'data:text/html,x', alt: { a: 1 } })
    expect(image).toMatchObject(['img', { src: null, alt: '' }])
  })

  it('renders no class from a language that is not known', () => {
    const block = renderedNode('codeBlock', { language: 'x fixed inset-0' })
    expect(block).toEqual(['pre', {}, ['code', {}, 0]])
  })
})
