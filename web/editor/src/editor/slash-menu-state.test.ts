import { describe, expect, it, vi } from 'vitest'

import { blocks } from './blocks.ts'
import type { Block } from './blocks.ts'
import { createSlashMenuState } from './slash-menu-state.ts'

function opened(query: string) {
  const menu = createSlashMenuState()
  const choose = vi.fn<(block: Block) => void>()
  menu.open(query, choose, () => () => undefined)
  return { menu, choose }
}

describe('the keys of the slash menu', () => {
  it('go round the options in both directions', () => {
    const { menu } = opened('')
    expect(menu.press('ArrowUp')).toBe(true)
    expect(menu.getSnapshot()).toMatchObject({ selected: blocks.length - 1 })
    menu.press('ArrowDown')
    expect(menu.getSnapshot()).toMatchObject({ selected: 0 })
  })

  it('choose the selected block with Enter and Tab', () => {
    const { menu, choose } = opened('heading')
    menu.press('ArrowDown')
    expect(menu.press('Enter')).toBe(true)
    expect(menu.press('Tab')).toBe(true)
    expect(choose.mock.calls.map(([block]) => block.id)).toEqual(['heading2', 'heading2'])
  })

  it('belong to the text when nothing matches, when closed, and when they are letters', () => {
    expect(opened('zzz').menu.press('Enter')).toBe(false)
    expect(createSlashMenuState().press('Enter')).toBe(false)
    expect(opened('').menu.press('a')).toBe(false)
  })

  it('start at the first option again when the matches change', () => {
    const { menu, choose } = opened('')
    menu.press('ArrowDown')
    menu.update('list', choose)
    expect(menu.getSnapshot()).toMatchObject({ selected: 0 })
  })
})
