import { EditorContent } from '@tiptap/react'
import { useEffect } from 'react'

import type { Session } from '../session/session.ts'
import { useReadable } from '../use-readable.ts'
import { documentEditorOf } from './document-editor.ts'
import { EditorToolbar } from './editor-toolbar.tsx'
import { ImageDialog } from './image-dialog.tsx'
import { LinkDialog } from './link-dialog.tsx'
import { SelectionMenu } from './selection-menu.tsx'
import { SlashMenu } from './slash-menu.tsx'

/** With more people than this, their names are shown on demand. */
const crowd = 12

/** The writing surface of a document that is there: toolbar, text and menus. */
export function DocumentSurface({ session, editable }: DocumentSurfaceProps) {
  const parts = documentEditorOf(session)
  const { editor, dialogs, slashMenu } = parts
  const isCrowded = useReadable(session.people).length > crowd
  useEffect(() => editor.setEditable(editable, false), [editor, editable])
  return (
    <>
      {editable && <EditorToolbar {...parts} />}
      <main id="main" className="surface" tabIndex={-1}>
        <div className="sheet" data-crowd={isCrowded}>
          <EditorContent editor={editor} data-testid="editor" className="sheet__text" />
        </div>
      </main>
      <SelectionMenu editor={editor} dialogs={dialogs} />
      <SlashMenu editor={editor} slashMenu={slashMenu} />
      <LinkDialog editor={editor} dialogs={dialogs} />
      <ImageDialog editor={editor} dialogs={dialogs} />
    </>
  )
}

interface DocumentSurfaceProps {
  readonly session: Session
  readonly editable: boolean
}
