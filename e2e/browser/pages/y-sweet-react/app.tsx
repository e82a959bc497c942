import { useState } from 'react'
import type { ClientToken } from '@y-sweet/sdk'
import { YDocProvider } from '@y-sweet/react'
import { Notes } from './notes.tsx'
import type { Setup } from './setup.ts'

/** The notes of one document, of another one after a click, or of none. */
export const App = ({ setup }: { readonly setup: Setup }) => {
  const { name, authEndpoint, asFunction, initialClientToken, offlineSupport } = setup
  const [docId, setDocId] = useState<string | null>(setup.docId)
  if (docId === null) return <p data-testid="closed">Closed.</p>
  const fetchToken = async (): Promise<ClientToken> => {
    const answer = await fetch(authEndpoint, { method: 'POST', body: JSON.stringify({ docId }) })
    if (!answer.ok) throw new Error(`no client token: ${answer.status}`)
    return (await answer.json()) as ClientToken // the server that is tested
  }
  return (
    <>
      <nav>
        <button onClick={() => setDocId(`${setup.docId}-2`)}>Next document</button>
        <button onClick={() => setDocId(null)}>Close</button>
      </nav>
      {/* without a key of its own the next document would begin with what was true of this one */}
      <YDocProvider
        key={docId}
        docId={docId}
        authEndpoint={asFunction ? fetchToken : authEndpoint}
        {...(initialClientToken !== undefined && { initialClientToken })}
        offlineSupport={offlineSupport}
        warnOnClose
        setQueryParam="doc"
      >
        <Notes name={name} />
      </YDocProvider>
    </>
  )
}
