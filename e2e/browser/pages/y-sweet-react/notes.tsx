import { useEffect } from 'react'
import {
  useArray,
  useConnectionStatus,
  useHasLocalChanges,
  useMap,
  usePresence,
  usePresenceSetter,
  useText,
  useYSweetDebugUrl,
  useYjsProvider,
} from '@y-sweet/react'
import { Line } from './line.tsx'
import { Paragraph } from './paragraph.tsx'

/** What the page tells others of itself, in the words of the editor. */
type Presence = { user: { name: string; color: string } }

/** One document: a text, a map, a list and the editor's first paragraph, and who else is here. */
export const Notes = ({ name }: { readonly name: string }) => {
  const body = useText('body')
  const settings = useMap<string>('settings')
  const list = useArray<string>('list')
  return (
    <main>
      <Line label="Text" onEnter={(line) => body.insert(body.length, line)} />
      <p data-testid="text">{body.toJSON()}</p>
      <Line label="Title" onEnter={(line) => settings.set('title', line)} />
      <h1 data-testid="title">{settings.get('title') ?? ''}</h1>
      <Line label="Item" onEnter={(line) => list.push([line])} />
      <ul data-testid="list">{list.toArray().join(', ')}</ul>
      <Paragraph />
      <People name={name} />
      <Connection />
    </main>
  )
}

const People = ({ name }: { readonly name: string }) => {
  const setPresence = usePresenceSetter<Presence>()
  const others = usePresence<Presence>()
  useEffect(() => setPresence({ user: { name, color: '#0f766e' } }), [name, setPresence])
  const names = [...others.values()].map(({ user }) => user.name)
  return <p data-testid="others">{names.toSorted().join(', ')}</p>
}

const Connection = () => {
  const status = useConnectionStatus()
  const hasLocalChanges = useHasLocalChanges()
  const provider = useYjsProvider()
  return (
    <footer>
      <output data-testid="status">{status}</output>
      <output data-testid="saving">{hasLocalChanges ? 'unsaved' : 'saved'}</output>
      <output data-testid="access">{provider.clientToken?.authorization}</output>
      <a data-testid="debugger" href={useYSweetDebugUrl()}>
        Debugger
      </a>
    </footer>
  )
}
