import type { Editor } from '@tiptap/core'

import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'

/** The dialog that is open over the editor. */
export type EditorDialog =
  | { kind: 'closed' }
  | { kind: 'link'; href: string }
  | { kind: 'image'; src: string; alt: string }

/** Opens dialogs from wherever a command was given: toolbar, slash menu or shortcut. */
export interface EditorDialogs extends Readable<EditorDialog> {
  /** Asks for the address of the selection's link. */
  openLink: (editor: Editor) => void
  /** Asks for an image to insert, or to change if one is selected. */
  openImage: (editor: Editor) => void
  close: () => void
}

/** Creates the dialogs of one editor, closed. */
export function createEditorDialogs(): EditorDialogs {
  const store = createStore<EditorDialog>({ kind: 'closed' })
  return {
    ...store,
    openLink: (editor) =>
      store.set({ kind: 'link', href: text(editor.getAttributes('link')['href']) }),
    openImage: (editor) => {
      const { src, alt } = editor.getAttributes('image')
      store.set({ kind: 'image', src: text(src), alt: text(alt) })
    },
    close: () => store.set({ kind: 'closed' }),
  }
}

function text(attribute: unknown): string {
  return typeof attribute === 'string' ? attribute : ''
}
