import { mergeAttributes } from '@tiptap/core'
import type { Extensions } from '@tiptap/core'
import { CodeBlock } from '@tiptap/extension-code-block'
import { Image } from '@tiptap/extension-image'
import { Link } from '@tiptap/extension-link'
import { TaskItem, TaskList } from '@tiptap/extension-list'
import { TableKit } from '@tiptap/extension-table'
import { StarterKit } from '@tiptap/starter-kit'

import { languageOf } from './languages.ts'
import { safeImageUrl, safeLinkUrl } from './safe-url.ts'

/*
 * What a document may contain: nodes, marks and their attributes. Needs no DOM, so that a server
 * or a tool can read and write the same documents. Attributes come from peers unchecked (y-tiptap
 * creates nodes without validating them), so each is checked again where it is rendered.
 */

const SafeLink = Link.extend({
  // Tiptap also takes target, rel and class from the document; a peer could place a link with
  // any class of ours over the page.
  addAttributes() {
    return { href: { default: null }, title: { default: null } }
  },
})

const SafeImage = Image.extend({
  parseHTML() {
    return [
      {
        tag: 'img[src]',
        getAttrs: (element) => (safeImageUrl(element.getAttribute('src')) === null ? false : null),
      },
    ]
  },
  renderHTML({ HTMLAttributes }) {
    const { src, alt, ...rest } = HTMLAttributes
    return [
      'img',
      mergeAttributes(rest, {
        src: safeImageUrl(src),
        alt: typeof alt === 'string' ? alt : '',
        loading: 'lazy',
        referrerpolicy: 'no-referrer',
      }),
    ]
  },
})

const SafeCodeBlock = CodeBlock.extend({
  renderHTML({ node, HTMLAttributes }) {
    const language = languageOf(node.attrs['language'])
    return [
      'pre',
      mergeAttributes(this.options.HTMLAttributes, HTMLAttributes),
      ['code', language === null ? {} : { class: `language-${language.id}` }, 0],
    ]
  },
})

/** The document's schema as Tiptap extensions, in the order that decides priorities. */
export const schemaExtensions: Extensions = [
  StarterKit.configure({
    heading: { levels: [1, 2, 3] },
    codeBlock: false,
    link: false,
    undoRedo: false, // Yjs undoes one's own changes only
    trailingNode: { notAfter: ['heading'] },
    dropcursor: { width: 2, color: 'var(--accent)' },
  }),
  SafeCodeBlock.configure({ enableTabIndentation: true, tabSize: 2 }),
  SafeLink.configure({
    openOnClick: false,
    defaultProtocol: 'https',
    HTMLAttributes: { target: '_blank', rel: 'noopener noreferrer nofollow' },
    isAllowedUri: (url) => safeLinkUrl(url) !== null,
  }),
  SafeImage,
  TaskList,
  TaskItem.configure({ nested: true }),
  TableKit.configure({ table: { resizable: false, renderWrapper: true } }),
]
