/* Lexical: its plugin for React makes the document, and takes a provider of its own kind. */
import { createIndexedDbStore } from '@quire/provider/offline'
import { LexicalCollaboration } from '@lexical/react/LexicalCollaborationContext'
import { CollaborationPlugin } from '@lexical/react/LexicalCollaborationPlugin'
import { LexicalComposer } from '@lexical/react/LexicalComposer'
import { ContentEditable } from '@lexical/react/LexicalContentEditable'
import { LexicalErrorBoundary } from '@lexical/react/LexicalErrorBoundary'
import { RichTextPlugin } from '@lexical/react/LexicalRichTextPlugin'
import { createRoot } from 'react-dom/client'
import * as Y from 'yjs'
import { documentName, url, user } from '../common/setting.ts'
import { quireProvider } from './quire-provider.ts'

const offline = createIndexedDbStore({ name: 'quire-examples' })

/** Called by Lexical for each document, which it finds in the map then. */
const providerFor = (document: string, docs: Map<string, Y.Doc>) => {
  const doc = new Y.Doc()
  docs.set(document, doc)
  return quireProvider({ url, document, doc, offline })
}

const report = (error: Error): void => console.error(error)

const Notes = () => (
  <LexicalCollaboration>
    <LexicalComposer
      initialConfig={{ namespace: 'notes', editorState: null, nodes: [], onError: report }}
    >
      <RichTextPlugin
        contentEditable={<ContentEditable aria-label="Notes" />}
        ErrorBoundary={LexicalErrorBoundary}
      />
      {/* no first paragraph: of two people who come at once, each would add one */}
      <CollaborationPlugin
        id={documentName('lexical')}
        providerFactory={providerFor}
        shouldBootstrap={false}
        username={user.name}
        cursorColor={user.color}
      />
    </LexicalComposer>
  </LexicalCollaboration>
)

const element = document.querySelector('#editor')
if (element !== null) createRoot(element).render(<Notes />)
