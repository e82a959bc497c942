import type { ChainedCommands, Editor } from '@tiptap/core'
import {
  Heading1,
  Heading2,
  Heading3,
  Image,
  List,
  ListChecks,
  ListOrdered,
  Minus,
  Pilcrow,
  Quote,
  SquareCode,
  Table,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'

import type { EditorDialogs } from './dialogs.ts'

/** Something that can be inserted, or that the current block can become. */
export interface Block {
  readonly id: string
  readonly title: string
  /** What to type to get it without a menu; may be empty. */
  readonly hint: string
  readonly keywords: string
  readonly icon: LucideIcon
  readonly isActive: (editor: Editor) => boolean
  readonly action: BlockAction
}

/** Either a command, or a dialog that ends in one. */
export type BlockAction =
  | { kind: 'command'; run: (chain: ChainedCommands) => ChainedCommands }
  | { kind: 'imageDialog' }

/** Plain text and headings: what the style menu of the toolbar offers. */
export const textStyles: readonly Block[] = [
  {
    id: 'text',
    title: 'Text',
    hint: '',
    keywords: 'paragraph body normal',
    icon: Pilcrow,
    isActive: (editor) => editor.isActive('paragraph'),
    action: command((chain) => chain.setParagraph()),
  },
  heading(1, Heading1, 'title'),
  heading(2, Heading2, 'section'),
  heading(3, Heading3, 'subsection'),
]

/** Lists, quotes and code: toggled by the toolbar. */
export const textBlocks: readonly Block[] = [
  {
    id: 'bulletList',
    title: 'Bullet list',
    hint: '-',
    keywords: 'unordered points ul',
    icon: List,
    isActive: (editor) => editor.isActive('bulletList'),
    action: command((chain) => chain.toggleBulletList()),
  },
  {
    id: 'orderedList',
    title: 'Numbered list',
    hint: '1.',
    keywords: 'ordered steps ol',
    icon: ListOrdered,
    isActive: (editor) => editor.isActive('orderedList'),
    action: command((chain) => chain.toggleOrderedList()),
  },
  {
    id: 'taskList',
    title: 'Task list',
    hint: '[ ]',
    keywords: 'todo checkbox check',
    icon: ListChecks,
    isActive: (editor) => editor.isActive('taskList'),
    action: command((chain) => chain.toggleTaskList()),
  },
  {
    id: 'quote',
    title: 'Quote',
    hint: '>',
    keywords: 'blockquote citation',
    icon: Quote,
    isActive: (editor) => editor.isActive('blockquote'),
    action: command((chain) => chain.toggleBlockquote()),
  },
  {
    id: 'codeBlock',
    title: 'Code block',
    hint: '```',
    keywords: 'pre snippet program',
    icon: SquareCode,
    isActive: (editor) => editor.isActive('codeBlock'),
    action: command((chain) => chain.toggleCodeBlock()),
  },
]

/** Table, image and rule: inserted at the cursor. */
export const insertions: readonly Block[] = [
  {
    id: 'table',
    title: 'Table',
    hint: '3 × 3',
    keywords: 'grid rows columns',
    icon: Table,
    isActive: (editor) => editor.isActive('table'),
    action: command((chain) => chain.insertTable({ rows: 3, cols: 3, withHeaderRow: true })),
  },
  {
    id: 'image',
    title: 'Image',
    hint: 'URL',
    keywords: 'picture photo',
    icon: Image,
    isActive: (editor) => editor.isActive('image'),
    action: { kind: 'imageDialog' },
  },
  {
    id: 'rule',
    title: 'Divider',
    hint: '---',
    keywords: 'horizontal rule line hr separator',
    icon: Minus,
    isActive: () => false,
    action: command((chain) => chain.setHorizontalRule()),
  },
]

/** Every block, in the order of the slash menu. */
export const blocks: readonly Block[] = [...textStyles, ...textBlocks, ...insertions]

/** Blocks whose title, or else keywords, hold a word that starts with `query`. */
export function matchBlocks(query: string): readonly Block[] {
  const wanted = query.trim().toLowerCase()
  if (wanted === '') return blocks
  const inTitle = blocks.filter(({ title }) => startsWord(title, wanted))
  const inKeywords = blocks.filter(
    (block) => !inTitle.includes(block) && startsWord(block.keywords, wanted),
  )
  return [...inTitle, ...inKeywords]
}

/** Applies a block at the cursor, or opens its dialog. */
export function applyBlock(block: Block, editor: Editor, dialogs: EditorDialogs): void {
  if (block.action.kind === 'imageDialog') dialogs.openImage(editor)
  else block.action.run(editor.chain().focus()).run()
}

function heading(level: 1 | 2 | 3, icon: LucideIcon, keywords: string): Block {
  return {
    id: `heading${level}`,
    title: `Heading ${level}`,
    hint: '#'.repeat(level),
    keywords: `h${level} ${keywords}`,
    icon,
    isActive: (editor) => editor.isActive('heading', { level }),
    action: command((chain) => chain.setHeading({ level })),
  }
}

function command(run: (chain: ChainedCommands) => ChainedCommands): BlockAction {
  return { kind: 'command', run }
}

function startsWord(text: string, wanted: string): boolean {
  const lower = text.toLowerCase()
  return lower.startsWith(wanted) || lower.includes(` ${wanted}`)
}
