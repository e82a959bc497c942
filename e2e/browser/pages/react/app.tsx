import { useDocument, useMyPresence, usePresence, useProviderState } from '@quire/provider/react'
import type { Connected } from '@quire/provider'
import { useCallback, useState, useSyncExternalStore } from 'react'
import { Doc } from 'yjs'

interface AppProps {
  readonly url: string
  readonly name: string
  /** The document that is shown first. */
  readonly first: string
  readonly token: string | null
  /** The document is one of the application's. */
  readonly ownsDocument: boolean
}

/** Documents to go to and to leave, and a number that makes all of it render again. */
export const App = ({ first, ownsDocument, ...rest }: AppProps) => {
  const [document, setDocument] = useState<string | null>(first)
  const [doc] = useState(() => (ownsDocument ? new Doc() : undefined))
  const [renders, setRenders] = useState(1)
  return (
    <main>
      <button onClick={() => setDocument(first)}>First</button>
      <button onClick={() => setDocument(`${first}-second`)}>Second</button>
      <button onClick={() => setDocument(null)}>Leave</button>
      <button onClick={() => setRenders(renders + 1)}>Render again</button>
      <output data-testid="renders">{renders}</output>
      {document !== null && <Notes {...rest} document={document} doc={doc} />}
    </main>
  )
}

type NotesProps = Omit<AppProps, 'first' | 'ownsDocument'> & {
  readonly document: string
  readonly doc: Doc | undefined
}

const Notes = ({ url, document, doc, name, token }: NotesProps) => {
  const [asked, setAsked] = useState(0)
  const connected = useDocument({
    url,
    document,
    doc,
    // another function with each render
    token: () => {
      setAsked((times) => times + 1)
      return token
    },
  })
  useMyPresence(connected, { user: { name } })
  const state = useProviderState(connected)
  return (
    <section>
      <output data-testid="kind">{state.kind}</output>
      <output data-testid="saved">{String(state.saved)}</output>
      <output data-testid="tokens">{asked}</output>
      <People connected={connected} />
      {connected !== null && <Text connected={connected} />}
    </section>
  )
}

interface User {
  readonly user?: { readonly name: string }
}

const maps = new Set<unknown>()
/** How many different maps there were. */
const countOf = (map: unknown): number => maps.add(map).size

const People = ({ connected }: { readonly connected: Connected | null }) => {
  const people = usePresence<User>(connected)
  const names = [...people.values()].map(
    ({ state, user, isSelf }) =>
      `${state.user?.name ?? 'nobody'}${user === null ? '' : ` (${user})`}${isSelf ? ' here' : ''}`,
  )
  return (
    <p data-testid="people" data-maps={countOf(people)}>
      {names.toSorted().join(', ')}
    </p>
  )
}

const Text = ({ connected }: { readonly connected: Connected }) => {
  const text = connected.doc.getText('body')
  const subscribe = useCallback(
    (listener: () => void) => {
      text.observe(listener)
      return () => text.unobserve(listener)
    },
    [text],
  )
  const shown = useSyncExternalStore(subscribe, () => text.toJSON())
  return (
    <>
      <button onClick={() => text.insert(text.length, 'Written. ')}>Write</button>
      <p data-testid="text">{shown}</p>
    </>
  )
}
