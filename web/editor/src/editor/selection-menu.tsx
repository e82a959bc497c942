import { Toolbar } from '@base-ui/react/toolbar'
import { isTextSelection } from '@tiptap/core'
import type { Editor } from '@tiptap/core'
import type { EditorState } from '@tiptap/pm/state'
import { useEditorState } from '@tiptap/react'
import { BubbleMenu } from '@tiptap/react/menus'
import { ExternalLink } from 'lucide-react'
import type { FocusEvent, KeyboardEvent } from 'react'

import { Control } from './control.tsx'
import type { DocumentEditor } from './document-editor.ts'
import { MarkControls } from './mark-controls.tsx'
import { safeLinkUrl } from './safe-url.ts'

const position = { placement: 'top', offset: 8, flip: true, shift: { padding: 8 } } as const

/** The menu over selected text. */
export function SelectionMenu({ editor, dialogs }: Pick<DocumentEditor, 'editor' | 'dialogs'>) {
  return (
    <BubbleMenu
      editor={editor}
      shouldShow={({ editor: now, state }) => isFormattable(now, state)}
      updateDelay={80}
      options={position}
      className="z-30"
      data-testid="bubble-menu"
      onFocus={enter}
    >
      <Toolbar.Root
        className="popup flex items-center p-1"
        aria-label="Selected text"
        onKeyDownCapture={moveAlong}
      >
        <MarkControls editor={editor} dialogs={dialogs} />
        <OpenLinkControl editor={editor} />
      </Toolbar.Root>
    </BubbleMenu>
  )
}

/**
 * The menu's own element takes the Tab key; what is meant are its buttons, which are in the tab order
 * themselves from then on.
 */
function enter({ target }: FocusEvent<HTMLElement>): void {
  if (!(target instanceof HTMLElement) || !target.matches('[data-testid="bubble-menu"]')) return
  target.tabIndex = -1 // or Shift+Tab would lead back here, and never out
  target.querySelector('button')?.focus()
}

/** The toolbar cannot tell the order of its buttons: they are mounted before they are on the page. */
function moveAlong(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
  if (by === 0) return
  event.preventDefault()
  event.stopPropagation()
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((button) => button === document.activeElement)
  buttons[(at + by + buttons.length) % buttons.length]?.focus()
}

function isFormattable(editor: Editor, { doc, selection }: EditorState): boolean {
  const text = isTextSelection(selection) ? doc.textBetween(selection.from, selection.to) : ''
  return editor.isEditable && text !== '' && !editor.isActive('codeBlock')
}

function OpenLinkControl({ editor }: { readonly editor: Editor }) {
  const url = useEditorState({
    editor,
    selector: ({ editor: now }) => safeLinkUrl(now.getAttributes('link')['href']),
  })
  if (url === null) return null
  return (
    <Control
      label={`Open ${new URL(url).host || url}`}
      icon={ExternalLink}
      onClick={() => window.open(url, '_blank', 'noopener,noreferrer')}
    />
  )
}
