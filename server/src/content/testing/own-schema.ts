/*
 * A schema of one's own, as an embedder writes it: notes of lines. It has Markdown both ways and leaves
 * HTML to `toDOM`, which is why there is no HTML on the way in.
 */
import { type Node, Schema } from 'prosemirror-model'

export const schema = new Schema({
  nodes: {
    doc: { content: 'line+' },
    line: {
      content: 'text*',
      attrs: { done: { default: false, validate: 'boolean' } },
      toDOM: (node) => ['p', { class: node.attrs['done'] === true ? 'done' : null }, 0],
    },
    text: {},
  },
  marks: { comment: { attrs: { id: {} }, excludes: '', toDOM: () => ['span', 0] } },
})

export const field = 'notes'

export const toMarkdown = (doc: Node): string => {
  if (doc.textContent === 'for ever') for (;;); // a bug, for tests
  return doc.content.content
    .map((line) => `- [${line.attrs['done'] === true ? 'x' : ' '}] ${line.textContent}`)
    .join('\n')
}

export const fromMarkdown = (text: string): Node => {
  if (text === 'unreadable') throw new Error('line 1 is none')
  // another bug, for tests: lines that their schema does not allow
  if (text === 'nested') return schema.topNodeType.create(null, [lineIn(lineIn())])
  return schema.node(
    'doc',
    null,
    text.split('\n').map((line) => {
      const content = line.replace(/^- \[.\] /, '')
      return schema.node(
        'line',
        { done: line.startsWith('- [x]') },
        content === '' ? [] : [schema.text(content)],
      )
    }),
  )
}

const lineIn = (...content: readonly Node[]): Node =>
  schema.nodes['line']?.create(null, content) ?? schema.text('')
