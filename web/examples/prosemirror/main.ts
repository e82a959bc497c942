/* ProseMirror: the plugins of y-prosemirror take the document and the presence. */
import { connect } from '@quire/provider'
import { createIndexedDbStore } from '@quire/provider/offline'
import { exampleSetup } from 'prosemirror-example-setup'
import { schema } from 'prosemirror-schema-basic'
import { EditorState } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { yCursorPlugin, ySyncPlugin, yUndoPlugin } from 'y-prosemirror'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { documentName, url, user } from '../common/setting.ts'
import { showWords } from '../common/show-words.ts'
import 'prosemirror-view/style/prosemirror.css'
import './carets.css'

const doc = new Y.Doc()
const presence = new Awareness(doc)
const notes = connect({
  url,
  document: documentName('prosemirror'),
  doc,
  presence,
  offline: createIndexedDbStore({ name: 'quire-examples' }),
})
showWords(notes)
presence.setLocalStateField('user', user)

const view = new EditorView(document.querySelector('#editor'), {
  state: EditorState.create({
    schema,
    plugins: [
      ySyncPlugin(doc.getXmlFragment('prosemirror')),
      yCursorPlugin(presence),
      yUndoPlugin(), // of what is done here, in place of ProseMirror's own history
      ...exampleSetup({ schema, history: false, menuBar: false }),
    ],
  }),
})
view.focus()
