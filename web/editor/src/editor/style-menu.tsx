import { Menu } from '@base-ui/react/menu'
import { Toolbar } from '@base-ui/react/toolbar'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { Check, ChevronDown } from 'lucide-react'

import { applyBlock, textStyles } from './blocks.ts'
import { keepEditorFocus } from './control.tsx'
import type { EditorDialogs } from './dialogs.ts'

/** Chooses between plain text and the headings. */
export function StyleMenu({ editor, dialogs }: StyleMenuProps) {
  const currentId = useEditorState({
    editor,
    selector: ({ editor: now }) => textStyles.find((style) => style.isActive(now))?.id ?? null,
  })
  const current = textStyles.find(({ id }) => id === currentId)
  return (
    <Menu.Root>
      <Toolbar.Button
        className="control control--wide"
        aria-label={`Text style: ${current?.title ?? 'other'}`}
        onMouseDown={keepEditorFocus}
        render={<Menu.Trigger />}
      >
        <span className="min-w-19 text-left">{current?.title ?? '—'}</span>
        <ChevronDown size={14} aria-hidden="true" />
      </Toolbar.Button>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className="z-40">
          <Menu.Popup className="popup min-w-48 p-1" finalFocus={() => editor.view.dom}>
            <Menu.RadioGroup value={currentId}>
              {textStyles.map((style) => (
                <Menu.RadioItem
                  key={style.id}
                  value={style.id}
                  closeOnClick
                  className="menu-item"
                  onClick={() => applyBlock(style, editor, dialogs)}
                >
                  <style.icon size={16} aria-hidden="true" />
                  <span className="flex-1">{style.title}</span>
                  <Menu.RadioItemIndicator>
                    <Check size={16} aria-hidden="true" />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

interface StyleMenuProps {
  readonly editor: Editor
  readonly dialogs: EditorDialogs
}
