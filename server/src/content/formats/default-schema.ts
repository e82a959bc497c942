/*
 * The editor's schema: the same nodes, marks, attributes, content and groups as its Tiptap extensions
 * have; e2e holds the two together. On top of them, attributes that are checked where content comes in.
 */
import {
  Schema,
  type AttributeSpec,
  type DOMOutputSpec,
  type MarkSpec,
  type NodeSpec,
} from 'prosemirror-model'
import { safeImageUrl, safeLinkUrl } from './safe-url.ts'

/** A language of code as it stands in a class: one word, so that it can name no other class. */
export const LANGUAGE = /^[\w+#.-]{1,40}$/

const attribute = (
  value: unknown,
  isValid: (value: unknown) => boolean,
  what: string,
): AttributeSpec => ({
  default: value,
  validate: (given: unknown) => {
    if (given !== value && !isValid(given)) throw new RangeError(`is not ${what}`)
  },
})

const isText = (value: unknown): boolean => typeof value === 'string'
const isCount = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1000
const isSize = (value: unknown): boolean =>
  (typeof value === 'number' && value >= 0) ||
  (typeof value === 'string' && /^\d{1,6}(px|%)?$/.test(value))
const isWidths = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= 1000 && value.every((one) => typeof one === 'number')
const ALIGNMENTS: ReadonlySet<unknown> = new Set(['left', 'center', 'right', 'justify'])

const cellAttributes = {
  colspan: attribute(1, isCount, 'a whole number from 1 to 1000'),
  rowspan: attribute(1, isCount, 'a whole number from 1 to 1000'),
  colwidth: attribute(null, isWidths, 'a list of numbers'),
  align: attribute(null, (value) => ALIGNMENTS.has(value), 'left, center, right or justify'),
}

const cellDOM =
  (tag: string): NonNullable<NodeSpec['toDOM']> =>
  (node) => {
    const { colspan, rowspan, colwidth, align } = node.attrs
    return [
      tag,
      {
        colspan: colspan === 1 ? null : String(colspan),
        rowspan: rowspan === 1 ? null : String(rowspan),
        colwidth: Array.isArray(colwidth) ? colwidth.join() : null,
        align,
      },
      0,
    ]
  }

const nodes: Record<string, NodeSpec> = {
  paragraph: { content: 'inline*', group: 'block', toDOM: () => ['p', 0] },
  blockquote: { content: 'block+', group: 'block', defining: true, toDOM: () => ['blockquote', 0] },
  bulletList: { content: 'listItem+', group: 'block list', toDOM: () => ['ul', 0] },
  doc: { content: 'block+' },
  hardBreak: {
    group: 'inline',
    inline: true,
    selectable: false,
    linebreakReplacement: true,
    toDOM: () => ['br'],
    leafText: () => '\n',
  },
  heading: {
    content: 'inline*',
    group: 'block',
    defining: true,
    attrs: { level: attribute(1, (value) => value === 2 || value === 3, '1, 2 or 3') },
    toDOM: (node) => [`h${node.attrs['level']}`, 0],
  },
  horizontalRule: { group: 'block', toDOM: () => ['hr'] },
  listItem: { content: 'paragraph block*', defining: true, toDOM: () => ['li', 0] },
  orderedList: {
    content: 'listItem+',
    group: 'block list',
    attrs: {
      start: attribute(1, Number.isInteger, 'a whole number'),
      type: attribute(
        null,
        (value) => isText(value) && /^[1aAiI]$/.test(String(value)),
        '1, a, A, i or I',
      ),
    },
    toDOM: ({ attrs: { start, type } }) => [
      'ol',
      { start: start === 1 ? null : String(start), type },
      0,
    ],
  },
  text: { group: 'inline' },
  codeBlock: {
    content: 'text*',
    marks: '',
    group: 'block',
    code: true,
    defining: true,
    attrs: { language: attribute(null, isText, 'a text') },
    toDOM: ({ attrs: { language } }): DOMOutputSpec => [
      'pre',
      ['code', { class: LANGUAGE.test(String(language ?? '')) ? `language-${language}` : null }, 0],
    ],
  },
  image: {
    group: 'block',
    inline: false,
    draggable: true,
    attrs: {
      src: attribute(null, (value) => safeImageUrl(value) !== null, 'an http or https address'),
      alt: attribute(null, isText, 'a text'),
      title: attribute(null, isText, 'a text'),
      width: attribute(null, isSize, 'a size'),
      height: attribute(null, isSize, 'a size'),
    },
    toDOM: ({ attrs }) => [
      'img',
      { ...attrs, width: sizeOf(attrs['width']), height: sizeOf(attrs['height']) },
    ],
  },
  taskList: {
    content: 'taskItem+',
    group: 'block list',
    toDOM: () => ['ul', { 'data-type': 'taskList' }, 0],
  },
  taskItem: {
    content: 'paragraph block*',
    defining: true,
    attrs: { checked: attribute(false, (value) => value === true, 'true or false') },
    toDOM: ({ attrs: { checked } }) => [
      'li',
      { 'data-type': 'taskItem', 'data-checked': checked === true ? 'true' : 'false' },
      ['label', ['input', { type: 'checkbox', checked: checked === true ? 'checked' : null }]],
      ['div', 0],
    ],
  },
  table: {
    tableRole: 'table',
    content: 'tableRow+',
    group: 'block',
    isolating: true,
    toDOM: () => ['table', ['tbody', 0]],
  },
  tableCell: {
    tableRole: 'cell',
    content: 'block+',
    isolating: true,
    attrs: cellAttributes,
    toDOM: cellDOM('td'),
  },
  tableHeader: {
    tableRole: 'header_cell',
    content: 'block+',
    isolating: true,
    attrs: cellAttributes,
    toDOM: cellDOM('th'),
  },
  tableRow: {
    tableRole: 'row',
    content: '(tableCell | tableHeader)*',
    toDOM: () => ['tr', 0],
  },
}

const sizeOf = (size: unknown): string | null =>
  typeof size === 'number' || typeof size === 'string' ? String(size) : null

const marks: Record<string, MarkSpec> = {
  link: {
    inclusive: true,
    attrs: {
      href: attribute(
        null,
        (value) => safeLinkUrl(value) !== null,
        'an http, https or mailto address',
      ),
      title: attribute(null, isText, 'a text'),
    },
    toDOM: ({ attrs: { href, title } }) => [
      'a',
      { href, title, rel: 'noopener noreferrer nofollow' },
      0,
    ],
  },
  bold: { toDOM: () => ['strong', 0] },
  code: { excludes: '_', code: true, toDOM: () => ['code', 0] },
  italic: { toDOM: () => ['em', 0] },
  strike: { toDOM: () => ['s', 0] },
  underline: { toDOM: () => ['u', 0] },
}

/** What a document of the editor may contain. */
export const schema = new Schema({ topNode: 'doc', nodes, marks })
