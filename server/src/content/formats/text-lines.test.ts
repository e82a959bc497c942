import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { merged, stateOf } from '../testing/everything.ts'
import { schemaOf, type RichSchema } from './content-schema.ts'
import { change } from './edit.ts'
import { readAs } from './read-as.ts'
import { documentOf } from './read-tree.ts'

const rich = (await schemaOf('editor')) as RichSchema // null is the choice `plain`

const put = (update: Update, format: 'text' | 'markdown', value: string): Update => {
  const content = { format, value }
  const edit = change(update, [{ kind: 'replace', field: null, content }], rich)
  return edit === null ? update : merged(update, edit)
}

/** The Markdown of a document of this Markdown, into which this text was put. */
const withText = (markdown: string, text: string): unknown => {
  const before = put(stateOf(new Y.Doc()), 'markdown', markdown)
  const after = put(before, 'text', text)
  const read = (format: 'text' | 'markdown') =>
    readAs(documentOf(after), { format, field: null }, rich)
  expect(read('text')).toBe(text)
  return read('markdown')
}

describe('text put into rich text', () => {
  const image = '![x](https://example.com/i.png)'

  it.each([
    ['a\nb?', `a\n\n${image}\n\nb?\n\n---\n`],
    ['a?\nb', `a?\n\n${image}\n\nb\n\n---\n`],
    ['x\ny\nz', `x\n\n${image}\n\ny\n\n---\n\nz\n`],
  ])('keeps images and rules: %j', (text, expected) => {
    expect(withText(`a\n\n${image}\n\nb\n\n---\n`, text)).toBe(expected)
  })

  it.each([
    ['- one **two**\n- three\n', 'one two\nthree four', '- one **two**\n- three four\n'],
    ['- [x] a\n- [ ] b\n  - c\n', 'a\nb\nd', '- [x] a\n- [ ] b\n  - d\n'],
    [
      '| a | b |\n| --- | --- |\n| c | d |\n',
      'a\nb\nc\ne',
      '| a | b |\n| --- | --- |\n| c | e |\n',
    ],
    ['```js\none\ntwo\n```\n', 'one\nthree', '```js\none\nthree\n```\n'],
    ['> a\\\n> **b** c\n\nd\n', 'a\nb e\nd', '> a\\\n> **b** e\n\nd\n'],
  ])('changes a line of %j where it is', (markdown, text, expected) => {
    expect(withText(markdown, text)).toBe(expected)
  })
})
