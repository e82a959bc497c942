/* Monaco: y-monaco takes a text, the editor's model and the presence. */
import { connect } from '@quire/provider'
import { createIndexedDbStore } from '@quire/provider/offline'
import * as monaco from 'monaco-editor/esm/vs/editor/editor.api.js'
// oxlint-disable-next-line import/default -- Vite makes it of the worker's file
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker'
import { MonacoBinding } from 'y-monaco'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { documentName, url, user } from '../common/setting.ts'
import { showWords } from '../common/show-words.ts'
import { styleCarets } from './carets.ts'

window.MonacoEnvironment = { getWorker: () => new EditorWorker() }

const doc = new Y.Doc()
const presence = new Awareness(doc)
const notes = connect({
  url,
  document: documentName('monaco'),
  doc,
  presence,
  offline: createIndexedDbStore({ name: 'quire-examples' }),
})
showWords(notes)
presence.setLocalStateField('user', user)
styleCarets(presence)

const model = monaco.editor.createModel('', 'plaintext')
model.setEOL(monaco.editor.EndOfLineSequence.LF) // positions in the text count one character for a line's end
const element = document.querySelector<HTMLElement>('#editor') ?? document.body
element.style.height = '20rem'
const editor = monaco.editor.create(element, { model, minimap: { enabled: false } })
const binding = new MonacoBinding(doc.getText('monaco'), model, new Set([editor]), presence)
editor.onDidDispose(() => binding.destroy())
editor.focus()
