import fc from 'fast-check'
import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { schemaOf, type RichSchema } from './content-schema.ts'
import { schema } from './default-schema.ts'
import { change } from './edit.ts'
import { blocksFromHtml } from './html-read.ts'
import { htmlOf } from './html-write.ts'
import { deadlineIn, formatLimits, Refusal } from './limits.ts'
import { blocksFromMarkdown } from './markdown-read.ts'
import { markdownOf } from './markdown-write.ts'
import { readAs } from './read-as.ts'
import { documentOf } from './read-tree.ts'

const rich = (await schemaOf('editor')) as RichSchema // null is the choice `plain`
const EMPTY = Y.encodeStateAsUpdate(new Y.Doc()) as Update

const given = (format: 'json' | 'html' | 'markdown', value: unknown): Update | null =>
  change(
    EMPTY,
    [{ kind: 'replace', field: null, content: { format, value: value as string } }],
    rich,
  )

const problemOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return 'none'
}

const doc = (...content: readonly unknown[]) => ({ type: 'doc', content })
const text = (value: string, ...marks: readonly unknown[]) => ({ type: 'text', text: value, marks })
const paragraph = (...content: readonly unknown[]) => ({ type: 'paragraph', content })

describe('JSON that the schema does not have', () => {
  const deep = (levels: number): unknown =>
    levels === 0 ? paragraph() : { type: 'blockquote', content: [deep(levels - 1)] }

  it.each([
    [doc(paragraph(), { type: 'video' }), 'content[1].type: no node "video" in the schema'],
    [doc({ type: 'constructor' }), 'content[0].type: no node "constructor" in the schema'],
    [doc({}), 'content[0].type: no node nothing in the schema'],
    [doc(7), 'content[0]: a node is an object with a type'],
    [
      doc(paragraph(text('a', { type: 'blink' }))),
      'content[0].content[0].marks[0].type: no mark "blink"',
    ],
    [doc({ type: 'heading', attrs: { level: 9 } }), 'content[0].attrs.level: 9 is not 1, 2 or 3'],
    [
      doc({ type: 'heading', attrs: { size: 9 } }),
      'content[0].attrs.size: "heading" has no such attribute',
    ],
    [doc({ type: 'paragraph', content: 'x' }), 'content[0].content: is not a list'],
    [doc(paragraph(text(''))), 'content[0].content[0].text: is not a text of one character'],
    [
      doc({ type: 'bulletList' }),
      'content[0].content: ends too early: "bulletList" holds "listItem+"',
    ],
    [
      doc({ type: 'listItem', content: [paragraph()] }),
      'content[0]: "listItem" cannot stand here: "doc" holds "block+"',
    ],
    [
      doc(paragraph(text('a', { type: 'link', attrs: { href: 'javascript:alert(1)' } }))),
      'content[0].content[0].marks[0].attrs.href: "javascript:alert(1)" is not an http, https or mailto address',
    ],
    [doc({ type: 'image', attrs: { src: 'data:text/html,x' } }), 'content[0].attrs.src'],
    [
      doc({ type: 'image', attrs: { alt: 'x'.repeat(9000) } }),
      'content[0].attrs.alt: is 9002 long, limit 8192',
    ],
    [doc({ type: 'codeBlock', content: [text('a', { type: 'bold' })] }), 'takes no mark "bold"'],
    [doc(deep(300)), 'nests deeper than the limit of 256 levels'],
    [
      { type: 'doc', content: Array.from({ length: 200_001 }, () => paragraph()) },
      'more than 200000 nodes',
    ],
    [doc({ type: 'heading', attrs: { level: 2n } }), 'content[0].attrs.level: nothing is not 1, 2'],
    [null, 'content: expected an object of type "doc"'],
    ['text', 'content: expected an object of type "doc"'],
  ])('is refused with its path: %#', (json, message) => {
    expect(problemOf(() => given('json', json))).toContain(message)
  })
})

describe('HTML of others', () => {
  it.each([
    ['<script>alert(1)</script><p>a</p>', '<p>a</p>'],
    ['<p onclick="x()" style="color:red" class="fixed">a</p>', '<p>a</p>'],
    ['<p><a href="javascript:alert(1)">a</a></p>', '<p>a</p>'],
    ['<p><a href="java&#9;script:alert(1)">a</a></p>', '<p>a</p>'],
    [
      '<p><a href="https://x.org" onclick="x" target="_top">a</a></p>',
      '<p><a href="https://x.org" rel="noopener noreferrer nofollow">a</a></p>',
    ],
    ['<img src="x" onerror="alert(1)"><img src="data:text/html,x">', '<p></p>'],
    ['<iframe src="https://x.org"></iframe><object></object><embed><p>a</p>', '<p>a</p>'],
    ['<svg><script>alert(1)</script></svg><math><mi>x</mi></math><style>p{}</style>a', '<p>a</p>'],
    ['<template><p>a</p></template><noscript><p>b</p></noscript>', '<p></p>'],
    [
      '<base href="https://x.org"><meta http-equiv="refresh" content="0"><link rel="x">a',
      '<p>a</p>',
    ],
    [
      '<h6>a</h6>text<ul>b<li>c</ul>',
      '<h3>a</h3>\n<p>text</p>\n<ul><li><p>b</p></li><li><p>c</p></li></ul>',
    ],
    ['<div>a<div>b</div>c</div>', '<p>a</p>\n<p>b</p>\n<p>c</p>'],
    [
      '<p>a <img src="https://x.org/i.png"> b</p>',
      '<p>a</p>\n<img src="https://x.org/i.png">\n<p>b</p>',
    ],
    [
      '<pre><code class="language-ts fixed">x\n y</code></pre>',
      '<pre><code class="language-ts">x\n y</code></pre>',
    ],
    [
      '<ul><li><input type="checkbox" checked> done</li></ul>',
      '<ul data-type="taskList"><li data-type="taskItem" data-checked="true"><label><input type="checkbox" checked="checked"></label><div><p>done</p></div></li></ul>',
    ],
    [
      '<table><tr><td>a<script>x</script></td></tr></table>',
      '<table><tbody><tr><td><p>a</p></td></tr></tbody></table>',
    ],
    [
      '<b style="font-weight:normal"><p><span style="font-weight:400">a </span><span style="font-weight:700">b</span><span style="font-style:italic"> c</span> <span style="TEXT-DECORATION: underline line-through">d</span></p></b>',
      '<p>a <strong>b</strong><em> c</em> <s><u>d</u></s></p>',
    ],
    [
      '<a href="https://x.org"><span style="text-decoration:underline">a</span></a>',
      '<p><a href="https://x.org" rel="noopener noreferrer nofollow">a</a></p>',
    ],
    [
      '<ul><li>a</li><ul><li>b</li><ol><li>c</li></ol></ul><li>d</li></ul>',
      '<ul><li><p>a</p><ul><li><p>b</p><ol><li><p>c</p></li></ol></li></ul></li><li><p>d</p></li></ul>',
    ],
    [
      '<pre>a<br>b<div>c</div><div><br></div><div>d</div><script>x</script>e</pre>',
      '<pre><code>a\nb\nc\n\nd\ne</code></pre>',
    ],
    ['', '<p></p>'],
  ])('%s', (html, expected) => {
    const update = given('html', html)
    if (update === null) throw new Error('no update')
    expect(readAs(documentOf(update), { format: 'html', field: null }, rich)).toBe(expected)
  })

  it.each([
    ['nested tags', '<div>'.repeat(100_000), 'HTML: nests deeper than the limit of 1024 elements'],
    [
      'nested quotes',
      '<blockquote>'.repeat(1000),
      'HTML: a document deeper than the limit of 256 levels',
    ],
    ['nested marks', '<b><i>'.repeat(50_000), 'HTML: nests deeper'],
    [
      'marks that are opened again',
      Array.from({ length: 5000 }, (_, i) => `<p><b id=a${i}>`).join(''),
      'HTML: nests deeper',
    ],
    ['nested tables', '<table><tr><td>'.repeat(50_000), 'HTML: nests deeper'],
    [
      'attributes',
      `<p ${Array.from({ length: 30_000 }, (_, i) => `a${i}`).join(' ')}>a</p>`,
      'HTML: <p> has 30000 attributes, limit 256',
    ],
    ['paragraphs', '<p>'.repeat(200_001), 'HTML: more than 200000 nodes'],
    [
      'a long text',
      'a'.repeat(formatLimits.inputLength + 1),
      'content: 8388609 UTF-16 units of html, limit 8388608',
    ],
  ])('is refused: %s', (_, html, message) => {
    expect(problemOf(() => given('html', html))).toContain(message)
  })

  it('takes megabytes of <, and long attributes, as they are', () => {
    expect(problemOf(() => given('html', '<'.repeat(1_000_000)))).toBe('none')
    const long = `<p title="${'x'.repeat(1_000_000)}"><a href="https://x.org/${'y'.repeat(9000)}">a</a></p>`
    expect(htmlOf(schema.node('doc', null, [...blocksFromHtml(long)]))).toBe('<p>a</p>')
  })
})

describe('Markdown of others', () => {
  it.each([
    ['<script>alert(1)</script>\n\na', 'a\n'],
    ['[a](javascript:alert(1)) ![b](data:x)', 'a b\n'],
    ['<a href="javascript:x" onclick="y">a</a>', 'a\n'],
    ['a <b>c <i>d</i></b> e', 'a **c *d*** e\n'],
    ['#### deep', '### deep\n'],
    ['- [ ] a\n- b', '- [ ] a\n\n* b\n'],
    ['| a |\n|---|\n| b \\| c |', '| a |\n| --- |\n| b \\| c |\n'],
    ['see https://x.org now', 'see <https://x.org> now\n'],
    ['a\nb', 'a b\n'],
    ['text \n\nmore', 'text\n\nmore\n'],
    ['text&#32;\n\nmore', 'text&#32;\n\nmore\n'],
    [
      'a <img src="https://example.com/i.png" alt="x"> b',
      'a&#32;\n\n![x](https://example.com/i.png)\n\n&#32;b\n',
    ],
    ['a <a href="#">b\n\nhttps://example.com', 'a b\n\n<https://example.com>\n'],
    ['&lt;b&gt; &amp;copy;', '\\<b\\> \\&copy;\n'],
  ])('%j', (markdown, expected) => {
    expect(markdownOf(schema.node('doc', null, [...blocksFromMarkdown(markdown)]))).toBe(expected)
  })

  it.each([
    ['quotes', '>'.repeat(20_000)],
    ['lists', Array.from({ length: 135 }, (_, i) => `${'  '.repeat(i)}- a`).join('\n')],
  ])('nested too deep is refused: %s', (_, markdown) => {
    expect(problemOf(() => given('markdown', markdown))).toMatch(/nests (too deep|deeper)/)
  })

  it('in one paragraph of 8 Mi is refused, but one of that kind in a document is read', () => {
    const long = 'a_'.repeat(40_000)
    expect(problemOf(() => given('markdown', long))).toContain(
      'has 80000 UTF-16 units, limit 16384',
    )
    const update = given('json', doc(paragraph(text(long))))
    if (update === null) throw new Error('no update')
    expect(readAs(documentOf(update), { format: 'markdown', field: null }, rich)).toBe(
      `<p>${long}</p>\n`,
    )
  })

  it.each([
    ['lines of an item', `- ${'a\n  '.repeat(64_000)}`, 'has 127999 UTF-16 units, limit 16384'],
    ['lines of a quote', `> ${'a\n> '.repeat(20_000)}`, 'has 39999 UTF-16 units, limit 16384'],
    ['space', `a${' '.repeat(60_000)}b`, 'has 60002 UTF-16 units, limit 16384'],
    ['tags', '<b>x'.repeat(15_000), 'has 60000 UTF-16 units, limit 16384'],
  ])('is refused before it is read where that would take long: %s', (_, markdown, message) => {
    expect(problemOf(() => given('markdown', markdown))).toContain(message)
  })

  it('has lists, and code in them, as long as one likes', () => {
    const code = `- a\n\n  \`\`\`\n${'  some code\n'.repeat(5000)}  \`\`\`\n`
    for (const markdown of [`- a\n${'  - b\n'.repeat(10_000)}`, code])
      expect(problemOf(() => given('markdown', markdown))).toBe('none')
  })

  it('is refused when its time is over, and what is written is HTML then', () => {
    let time = 0
    const deadline = deadlineIn(100, 'Markdown', () => (time += 30))
    expect(problemOf(() => blocksFromMarkdown('a\n\nb\n\nc\n\nd', deadline))).toBe(
      'Markdown: is not read within 100 ms, which is the limit',
    )
    const node = schema.node('doc', null, [schema.node('paragraph', null, [schema.text('a')])])
    expect(markdownOf(node, deadline)).toBe('<p>a</p>\n')
  })

  it('never throws anything else, and never gives an invalid document', () => {
    const bits = [
      '*',
      '_',
      '`',
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '!',
      '#',
      '-',
      '|',
      '\n',
      ' ',
      'a',
      '&',
      '~',
      '1.',
      '<b>',
      '</b>',
      '<p>',
      '\\',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 40 }), (all) => {
        const source = all.join('')
        for (const read of [blocksFromMarkdown, blocksFromHtml]) {
          const blocks = read(source)
          if (blocks.length > 0) schema.node('doc', null, [...blocks]).check()
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a schema of one’s own', () => {
  it.each([
    ['unreadable', 'fromMarkdown: line 1 is none'],
    ['nested', 'fromMarkdown: Invalid content for node line'],
  ])('refuses what its parser throws, or should not have made: %s', async (value, message) => {
    const own = await schemaOf({
      module: new URL('../testing/own-schema.ts', import.meta.url).href,
    })
    const content = { format: 'markdown', value } as const
    const wish = { kind: 'replace', field: null, content } as const
    expect(problemOf(() => change(EMPTY, [wish], own))).toContain(message)
  })
})

describe('content that a peer has set without asking the schema', () => {
  it('is read without what the schema lacks, escaped, and with no address that runs', () => {
    const ydoc = new Y.Doc()
    const video = new Y.XmlElement('video')
    const heading = new Y.XmlElement('heading')
    heading.setAttribute('level', '"><script>alert(1)</script>')
    const block = new Y.XmlElement('paragraph')
    const inside = new Y.XmlText()
    inside.insert(0, '<img src=x onerror=alert(1)>', {
      link: { href: 'javascript:alert(1)', onclick: 'x' },
      blink: {},
      bold: true,
    })
    block.insert(0, [inside])
    const image = new Y.XmlElement('image')
    image.setAttribute('src', 'javascript:alert(1)')
    ydoc.getXmlFragment('default').insert(0, [video, heading, block, image])
    const asHtml = readAs(ydoc, { format: 'html', field: null }, rich)
    expect(asHtml).toBe(
      '<h1></h1>\n<p><strong>&lt;img src=x onerror=alert(1)&gt;</strong></p>\n<img>',
    )
    const asMarkdown = readAs(ydoc, { format: 'markdown', field: null }, rich)
    expect(asMarkdown).not.toContain('javascript')
  })
})
