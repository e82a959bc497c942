import { Toolbar } from '@base-ui/react/toolbar'
import { isTextSelection } from '@tiptap/core'
import type { Editor } from '@tiptap/core'
import type { EditorState } from '@tiptap/pm/state'
import { useEditorState } from '@tiptap/react'
import { BubbleMenu } from '@tiptap/react/menus'
import { ExternalLink } from 'lucide-react'

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
    >
      <Toolbar.Root className="popup flex items-center p-1" aria-label="Selected text">
        <MarkControls editor={editor} dialogs={dialogs} />
        <OpenLinkControl editor={editor} />
      </Toolbar.Root>
    </BubbleMenu>
  )
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
