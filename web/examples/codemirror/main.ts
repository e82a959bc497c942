/* CodeMirror 6: y-codemirror.next takes a text and the presence. */
import { connect } from '@quire/provider'
import { createIndexedDbStore } from '@quire/provider/offline'
import { keymap } from '@codemirror/view'
import { basicSetup, EditorView } from 'codemirror'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import * as Y from 'yjs'
import { documentName, url, user } from '../common/setting.ts'
import { showWords } from '../common/show-words.ts'

const doc = new Y.Doc()
const notes = connect({
  url,
  document: documentName('codemirror'),
  doc,
  offline: createIndexedDbStore({ name: 'quire-examples' }),
})
showWords(notes)
notes.presence?.setLocalStateField('user', { ...user, colorLight: `${user.color}33` })

const text = doc.getText('codemirror')
const view = new EditorView({
  doc: text.toJSON(), // what is in it before the editor was
  parent: document.querySelector('#editor') ?? document.body,
  extensions: [
    keymap.of(yUndoManagerKeymap), // before the editor's own: undo is of what is done here
    basicSetup,
    yCollab(text, notes.presence),
  ],
})
view.focus()
