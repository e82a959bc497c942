/* Tiptap: its extensions take the document and the presence. */
import { connect } from '@quire/provider'
import { createIndexedDbStore } from '@quire/provider/offline'
import { Editor } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { CollaborationCaret } from '@tiptap/extension-collaboration-caret'
import { StarterKit } from '@tiptap/starter-kit'
import * as Y from 'yjs'
import { documentName, url, user } from '../common/setting.ts'
import { showWords } from '../common/show-words.ts'
import './carets.css'

const doc = new Y.Doc()
const notes = connect({
  url,
  document: documentName('tiptap'),
  doc,
  offline: createIndexedDbStore({ name: 'quire-examples' }),
})
showWords(notes)

const editor = new Editor({
  element: document.querySelector('#editor'),
  extensions: [
    StarterKit.configure({ undoRedo: false }), // undo is Yjs', of what is done here
    Collaboration.configure({ document: doc }),
    // of a provider it needs the awareness only
    CollaborationCaret.configure({ provider: { awareness: notes.presence }, user }),
  ],
})
editor.commands.focus()
