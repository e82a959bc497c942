/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a <select> would take the focus from the text */
import { useEffect, useLayoutEffect, useRef } from 'react'
import { createPortal } from 'react-dom'

import { useReadable } from '../use-readable.ts'
import type { DocumentEditor } from './document-editor.ts'
import type { SlashMenu as Menu } from './slash-menu-state.ts'

type OpenMenu = Extract<Menu, { kind: 'open' }>

const listId = 'slash-menu-list'
const edgePx = 8

/** The list of blocks at a typed slash. The text keeps the focus and points to the option. */
export function SlashMenu({ editor, slashMenu }: Pick<DocumentEditor, 'editor' | 'slashMenu'>) {
  const menu = useReadable(slashMenu)
  const selected = menu.kind === 'open' ? menu.items[menu.selected]?.id : undefined
  useEffect(() => {
    const text = editor.view.dom
    if (selected === undefined) return undefined
    text.setAttribute('aria-controls', listId)
    text.setAttribute('aria-activedescendant', optionId(selected))
    return () => {
      text.removeAttribute('aria-controls')
      text.removeAttribute('aria-activedescendant')
    }
  }, [editor, selected])
  return menu.kind === 'open'
    ? createPortal(<OpenSlashMenu menu={menu} onSelect={slashMenu.select} />, document.body)
    : null
}

interface OpenSlashMenuProps {
  readonly menu: OpenMenu
  readonly onSelect: (index: number) => void
}

function OpenSlashMenu({ menu, onSelect }: OpenSlashMenuProps) {
  const box = useRef<HTMLDivElement>(null)
  const { mount, items, selected, choose } = menu
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    return mount(element, { onPosition: ({ x, y }) => place(element, x, y) })
  }, [mount])
  const current = items[selected]?.id
  useEffect(() => {
    if (current !== undefined) {
      document.querySelector(`#${optionId(current)}`)?.scrollIntoView({ block: 'nearest' })
    }
  }, [current])
  return (
    <div ref={box} className="absolute top-0 left-0 z-40" data-testid="slash-menu">
      <div id={listId} role="listbox" aria-label="Blocks" className="popup slash-menu">
        {items.map((block, index) => (
          <div
            key={block.id}
            id={optionId(block.id)}
            role="option"
            tabIndex={-1}
            aria-selected={index === selected}
            className="menu-item"
            onMouseDown={(event) => event.preventDefault()}
            onPointerMove={() => onSelect(index)}
            onClick={() => choose(block)}
            onKeyDown={() => undefined}
          >
            <block.icon size={18} aria-hidden="true" />
            <span className="flex-1">{block.title}</span>
            <span className="font-mono text-xs text-ink-soft">{block.hint}</span>
          </div>
        ))}
        {items.length === 0 && (
          <div role="option" aria-selected="false" aria-disabled="true" className="menu-item">
            No such block
          </div>
        )}
      </div>
      <output className="sr-only">
        {items.length === 1 ? '1 block' : `${items.length} blocks`}
      </output>
    </div>
  )
}

/** Puts the menu at a place in the page, moved in from the right edge if it does not fit. */
function place(element: HTMLElement, x: number, y: number): void {
  const room = document.documentElement.clientWidth - element.offsetWidth - edgePx
  element.style.left = `${Math.max(edgePx, Math.min(x, room))}px`
  element.style.top = `${y}px`
}

function optionId(blockId: string): string {
  return `slash-option-${blockId}`
}
