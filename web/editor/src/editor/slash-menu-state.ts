import type { SuggestionMount } from '@tiptap/suggestion'

import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import { matchBlocks } from './blocks.ts'
import type { Block } from './blocks.ts'

/** The slash menu: closed, or open with the blocks that match what was typed after the slash. */
export type SlashMenu =
  | { kind: 'closed' }
  | {
      kind: 'open'
      items: readonly Block[]
      /** Index into `items`; 0 when there are none. */
      selected: number
      choose: (block: Block) => void
      /** Keeps an element at the slash; returns the undo. */
      mount: SuggestionMount
    }

/** The slash menu of one editor. The editor keeps the focus; this follows its keys. */
export interface SlashMenuState extends Readable<SlashMenu> {
  open: (query: string, choose: (block: Block) => void, mount: SuggestionMount) => void
  update: (query: string, choose: (block: Block) => void) => void
  /** Selects an option by its index, as a pointer does. */
  select: (index: number) => void
  /** Whether the menu took the key. */
  press: (key: string) => boolean
  close: () => void
}

/** Creates a closed menu. */
export function createSlashMenuState(): SlashMenuState {
  const store = createStore<SlashMenu>({ kind: 'closed' })
  return {
    ...store,
    open: (query, choose, mount) =>
      store.set({ kind: 'open', items: matchBlocks(query), selected: 0, choose, mount }),
    update: (query, choose) => {
      const menu = store.getSnapshot()
      if (menu.kind === 'closed') return
      const items = matchBlocks(query)
      const selected = items.length === menu.items.length ? menu.selected : 0
      store.set({ ...menu, items, choose, selected })
    },
    select: (index) => {
      const menu = store.getSnapshot()
      if (menu.kind === 'open' && menu.selected !== index) store.set({ ...menu, selected: index })
    },
    press: (key) => {
      const menu = store.getSnapshot()
      if (menu.kind === 'closed' || menu.items.length === 0) return false
      const count = menu.items.length
      switch (key) {
        case 'ArrowDown':
          store.set({ ...menu, selected: (menu.selected + 1) % count })
          return true
        case 'ArrowUp':
          store.set({ ...menu, selected: (menu.selected + count - 1) % count })
          return true
        case 'Enter':
        case 'Tab': {
          const block = menu.items[menu.selected]
          if (block !== undefined) menu.choose(block)
          return true
        }
        default:
          return false
      }
    },
    close: () => store.set({ kind: 'closed' }),
  }
}
