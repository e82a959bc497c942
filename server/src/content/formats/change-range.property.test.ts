/* Ranges of blocks of text, held to what ProseMirror makes of them. */
import fc from 'fast-check'
import type { Node } from 'prosemirror-model'
import { EditorState } from 'prosemirror-state'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import {
  after,
  atPath,
  blockOf,
  editOf,
  editor,
  idsOf,
  lines,
  MENTIONED,
  nodeIn,
  range,
  type Child,
} from '../testing/blocks.ts'
import { stateOf } from '../testing/everything.ts'
import { randomDocs } from '../testing/random-docs.ts'
import type { RichSchema } from './content-schema.ts'
import { change } from './edit.ts'
import { Refusal } from './limits.ts'

const isSplit = (node: Node, place: number): boolean => {
  const text = node.textBetween(0, node.content.size, '', '\uFFFC')
  // of these documents no text is inside a node but that of a mention
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(Math.max(0, place - 1), place + 1))
}

/** The document as ProseMirror has it: the range deleted, and then typed there. */
const typed = (
  doc: Node,
  path: readonly number[],
  [from, to, text]: readonly [number, number, string],
): Node => {
  let [start, node] = [0, doc]
  for (const index of path) {
    for (let i = 0; i < index; i++) start += node.child(i).nodeSize
    start += 1
    node = node.child(index)
  }
  const { tr } = EditorState.create({ doc })
  if (to > from) tr.delete(start + from, start + to)
  return (text === '' ? tr : tr.insertText(text, start + from)).doc
}

/** The paths of all blocks of text. */
const blocksIn = (node: Node, path: readonly number[] = []): readonly (readonly number[])[] =>
  node.isTextblock
    ? [path]
    : node.content.content.flatMap((child, i) => blocksIn(child, [...path, i]))

const words = fc.constantFrom('', 'a', 'plain words', 'words', '👩‍🚀', '\n', 'é', '日本')

/** Why something is refused, '' where it is not. */
const refusalOf = (act: () => unknown): string => {
  try {
    act()
    return ''
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

/** Holds one change to ProseMirror's, and all that is outside of the range to what it was. */
const holds = (
  update: Update,
  rich: RichSchema,
  {
    path,
    from,
    to,
    text,
  }: {
    readonly path: readonly number[]
    readonly from: number
    readonly to: number
    readonly text: string
  },
): void => {
  const doc = nodeIn(update, rich)
  const result = after(update, editOf(update, range(from, to, text, path), rich))
  expect(nodeIn(result, rich).toJSON()).toEqual(typed(doc, path, [from, to, text]).toJSON())
  const [old, now] = [idsOf(update, path, rich), idsOf(result, path, rich)]
  expect(now).toHaveLength(old.length - (to - from) + text.length)
  expect(now.slice(0, from)).toEqual(old.slice(0, from))
  expect(now.slice(from + text.length)).toEqual(old.slice(to))
}

describe('a range of a block of text, at random', () => {
  it('is what ProseMirror makes of it, in documents of the editor, and all else keeps its items', () => {
    fc.assert(
      fc.property(
        randomDocs,
        fc.nat(),
        fc.nat(),
        fc.nat(),
        words,
        (doc, block, one, other, text) => {
          const made = change(
            stateOf(new Y.Doc()),
            [{ kind: 'replace', field: null, content: { format: 'json', value: doc.toJSON() } }],
            editor,
          )
          const paths = blocksIn(doc)
          const path = paths[block % Math.max(1, paths.length)]
          if (made === null || path === undefined) return
          const node = atPath(doc, path)
          const size = node.content.size + 1
          const [from = 0, to = 0] = [one % size, other % size].toSorted((a, b) => a - b)
          const isRefused = isSplit(node, from) || isSplit(node, to)
          const act = () => editOf(made, range(from, to, text, path), editor)
          expect(refusalOf(act)).toMatch(isRefused ? /is within a pair of surrogates/ : /^$/)
          if (!isRefused) holds(made, editor, { path, from, to, text })
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is what ProseMirror makes of it, however its texts stand side by side, empty ones and all', () => {
    const formats = fc.constantFrom(
      {},
      { bold: {} },
      { link: { href: 'x' } },
      { 'comment--AAAAAAAA': { id: 1 } },
    )
    const run = fc.tuple(fc.constantFrom('a', 'bc', 'words here', '日本'), formats)
    const child: fc.Arbitrary<Child> = fc.oneof(
      { weight: 4, arbitrary: fc.array(run, { maxLength: 3 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom({ hardBreak: '' }, { image: '' }, { unknown: 'unseen' }),
      },
      { weight: 1, arbitrary: fc.constantFrom({ mention: '' }, { mention: MENTIONED }) },
    )
    fc.assert(
      fc.property(
        fc.array(child, { maxLength: 5 }),
        fc.nat(),
        fc.nat(),
        words,
        (children, one, other, text) => {
          const update = blockOf(children)
          const node = atPath(nodeIn(update), [0])
          const size = node.content.size + 1
          const [from = 0, to = 0] = [one % size, other % size].toSorted((a, b) => a - b)
          const isRefused = [from, to].some((place) => node.resolve(place).depth > 0)
          const act = () => editOf(update, range(from, to, text))
          expect(refusalOf(act)).toMatch(isRefused ? /is within the node "mention"/ : /^$/)
          if (!isRefused) holds(update, lines, { path: [0], from, to, text })
        },
      ),
      { numRuns: 500 },
    )
  })
})
