import { Editor } from '@tiptap/core'

import type { Session } from '../session/session.ts'
import { createEditorDialogs } from './dialogs.ts'
import type { EditorDialogs } from './dialogs.ts'
import { editorExtensions } from './extensions.ts'
import { safeLinkUrl } from './safe-url.ts'
import { createSlashMenuState } from './slash-menu-state.ts'
import type { SlashMenuState } from './slash-menu-state.ts'

/** The editor of a session and what belongs to it. Lives as long as the session, outside React. */
export interface DocumentEditor {
  readonly editor: Editor
  readonly dialogs: EditorDialogs
  readonly slashMenu: SlashMenuState
}

const editors = new WeakMap<Session, DocumentEditor>()

/**
 * The session's editor, created at the first call. Call it only once the document is there: an
 * editor over an unsynced document would write its own empty paragraph into it.
 */
export function documentEditorOf(session: Session): DocumentEditor {
  const known = editors.get(session)
  if (known !== undefined) return known
  const created = createDocumentEditor(session)
  editors.set(session, created)
  return created
}

function createDocumentEditor(session: Session): DocumentEditor {
  const dialogs = createEditorDialogs()
  const slashMenu = createSlashMenuState()
  const editor = new Editor({
    extensions: editorExtensions({ session, dialogs, slashMenu }),
    editorProps: {
      attributes: {
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': 'Document text',
        class: 'prose',
      },
      handleClick: (_view, _pos, event) => openLink(event),
    },
  })
  // React still shows the editor when the session closes and takes it down right after.
  session.whenClosed(() => setTimeout(() => editor.destroy()))
  return { editor, dialogs, slashMenu }
}

/** A plain click edits a link's text; with Ctrl or ⌘ it opens the link in a new tab. */
function openLink(event: MouseEvent): boolean {
  if (!event.ctrlKey && !event.metaKey) return false
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null
  const url = safeLinkUrl(link?.getAttribute('href'))
  if (url === null) return false
  window.open(url, '_blank', 'noopener,noreferrer')
  return true
}
