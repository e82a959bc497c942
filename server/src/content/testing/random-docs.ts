/* Random documents of the editor's schema, valid and hostile in what their texts say. */
import fc from 'fast-check'
import { type Mark, type Node } from 'prosemirror-model'
import { schema } from '../formats/default-schema.ts'

/** Pieces of which a reader of Markdown or HTML might make something else. */
const AWKWARD = [
  'plain words',
  'a',
  ' ',
  '  ',
  '*',
  '**',
  '_',
  '__init__',
  '~~',
  '`',
  '``',
  '[x](y)',
  '[ ] ',
  '![i](j)',
  '<b>',
  '</u>',
  '<!--',
  '&amp;',
  '&#32;',
  '&',
  '\\',
  '# ',
  '1. ',
  '- ',
  '+ ',
  '> ',
  '|',
  '---',
  '===',
  '\t',
  '\n',
  'https://a.example',
  'www.a.example',
  'a@b.example',
  'é',
  '日本',
  '👩‍🚀',
  '!',
  '(',
  '"',
  ':',
]

const texts = fc
  .array(fc.constantFrom(...AWKWARD), { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''))

const addresses = fc.constantFrom(
  'https://example.org/a',
  'https://example.org/a(b)?x=1&y=[2]',
  'http://example.org/*_*',
  'mailto:ada@example.org',
)

const links = fc
  .record({ href: addresses, title: fc.option(texts) })
  .map(({ href, title }) => schema.mark('link', { href, title }))

const marks: fc.Arbitrary<readonly Mark[]> = fc
  .tuple(
    fc.subarray(['bold', 'italic', 'strike', 'underline']),
    fc.option(links, { freq: 4 }),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([names, link, kind]) => {
    if (kind < 4) return []
    if (kind === 9) return [schema.mark('code')]
    const all = names.map((name) => schema.mark(name))
    return [...all, ...(link === null ? [] : [link])].reduce<readonly Mark[]>(
      (set, mark) => mark.addToSet(set),
      [],
    )
  })

/** Text side by side with the same marks is one node in ProseMirror. */
const inline: fc.Arbitrary<readonly Node[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(texts, marks).map(([text, set]) => schema.text(text, set)) },
      { weight: 1, arbitrary: fc.constant(schema.node('hardBreak')) },
    ),
    { maxLength: 4 },
  )
  .map((nodes) =>
    nodes.filter((node, i) => i === 0 || !node.isText || !nodes[i - 1]?.sameMarkup(node)),
  )

const paragraphs = inline.map((content) => schema.node('paragraph', null, content))

const code = fc
  .tuple(fc.option(fc.constantFrom('typescript', 'c++', 'x')), fc.option(texts))
  .map(([language, text]) =>
    schema.node('codeBlock', { language }, text === null ? [] : [schema.text(text)]),
  )

const images = fc
  .record({
    src: fc.constantFrom('https://example.org/a.png', 'http://example.org/a_(b).png?c&d'),
    alt: fc.option(texts),
    title: fc.option(texts),
    width: fc.option(fc.constant(120)),
  })
  .map((attrs) => schema.node('image', attrs))

const leaves: fc.Arbitrary<Node> = fc.oneof(
  { weight: 5, arbitrary: paragraphs },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3 }), inline)
      .map(([level, content]) => schema.node('heading', { level }, content)),
  },
  { weight: 1, arbitrary: code },
  { weight: 1, arbitrary: images },
  { weight: 1, arbitrary: fc.constant(schema.node('horizontalRule')) },
)

const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 })

const blocks = (depth: number): fc.Arbitrary<Node> => {
  if (depth === 0) return leaves
  const inner = blocks(depth - 1)
  const items = fc
    .tuple(paragraphs, fc.array(inner, { maxLength: 2 }))
    .map(([first, rest]) => [first].concat(rest))
  const cell = fc.record({
    content: fc.oneof({ weight: 4, arbitrary: paragraphs.map((one) => [one]) }, several(inner)),
    align: fc.option(fc.constantFrom('left', 'center', 'right'), { freq: 1 }),
    colspan: fc.constantFrom(1, 1, 1, 2),
  })
  return fc.oneof(
    { weight: 6, arbitrary: leaves },
    { weight: 1, arbitrary: several(inner).map((all) => schema.node('blockquote', null, all)) },
    {
      weight: 2,
      arbitrary: several(items).map((all) =>
        schema.node(
          'bulletList',
          null,
          all.map((one) => schema.node('listItem', null, one)),
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(several(items), fc.nat(12), fc.option(fc.constant('a'), { freq: 1 }))
        .map(([all, start, type]) =>
          schema.node(
            'orderedList',
            { start, type },
            all.map((one) => schema.node('listItem', null, one)),
          ),
        ),
    },
    {
      weight: 1,
      arbitrary: several(fc.tuple(items, fc.boolean())).map((all) =>
        schema.node(
          'taskList',
          null,
          all.map(([one, checked]) => schema.node('taskItem', { checked }, one)),
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.boolean())
        .chain(([columns, hasHead]) =>
          several(fc.array(cell, { minLength: columns, maxLength: columns })).map((rows) =>
            schema.node(
              'table',
              null,
              rows.map((cells, row) =>
                schema.node(
                  'tableRow',
                  null,
                  cells.map(({ content, align, colspan }) =>
                    schema.node(
                      row === 0 && hasHead ? 'tableHeader' : 'tableCell',
                      { align, colspan },
                      content,
                    ),
                  ),
                ),
              ),
            ),
          ),
        ),
    },
  )
}

/** Whole documents, valid by the schema. */
export const randomDocs: fc.Arbitrary<Node> = fc
  .array(blocks(2), { minLength: 1, maxLength: 6 })
  .map((all) => schema.node('doc', null, all))
