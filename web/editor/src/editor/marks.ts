import type { ChainedCommands } from '@tiptap/core'
import { Bold, Code, Italic, Strikethrough, Underline } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'

/** A mark that is switched on and off. Links are not among them: they need an address. */
export interface ToggleMark {
  readonly id: 'bold' | 'italic' | 'underline' | 'strike' | 'code'
  readonly label: string
  /** The shortcut without Ctrl or ⌘. */
  readonly key: string
  readonly icon: LucideIcon
  readonly toggle: (chain: ChainedCommands) => ChainedCommands
}

/** The marks in the order of the toolbar. */
export const toggleMarks: readonly ToggleMark[] = [
  { id: 'bold', label: 'Bold', key: 'B', icon: Bold, toggle: (c) => c.toggleBold() },
  { id: 'italic', label: 'Italic', key: 'I', icon: Italic, toggle: (c) => c.toggleItalic() },
  {
    id: 'underline',
    label: 'Underline',
    key: 'U',
    icon: Underline,
    toggle: (c) => c.toggleUnderline(),
  },
  {
    id: 'strike',
    label: 'Strikethrough',
    key: '⇧S',
    icon: Strikethrough,
    toggle: (c) => c.toggleStrike(),
  },
  { id: 'code', label: 'Inline code', key: 'E', icon: Code, toggle: (c) => c.toggleCode() },
]

/** A shortcut as this system prints it: `⌘B` or `Ctrl+B`. */
export function shortcut(key: string): string {
  const apple = /mac|iphone|ipad/i.test(navigator.userAgent)
  return apple ? `⌘${key}` : `Ctrl+${key.replace('⇧', 'Shift+')}`
}
