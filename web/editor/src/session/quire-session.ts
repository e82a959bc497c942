import { millis } from '@quire/shared'
import { connect } from '@quire/provider'
import type { Connected } from '@quire/provider'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

import { guardAwareness } from '../presence/guarded-awareness.ts'
import { watchPeople } from '../presence/people.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import { connectionOf } from './connection.ts'
import type { ConnectionState } from './connection.ts'
import { documentField } from './session.ts'
import type { OpenSession } from './session.ts'
import { titleOf } from './title.ts'

/** Typing changes the title at every key; the tab need not follow each. */
const titleSettleMs = 200

/** Opens sessions over Quire's own client. The only module that knows it. */
export function quireSessions(serverUrl: string): OpenSession {
  return ({ name, person }) => {
    const doc = new Y.Doc()
    const fragment = doc.getXmlFragment(documentField)
    const awareness = new Awareness(doc)
    const guard = guardAwareness(awareness, documentField, person)
    const people = watchPeople(guard)
    const title = watchTitle(fragment)
    const connected = connect({ url: serverUrl, document: name, doc, presence: awareness })
    const connection = watchConnection(connected)
    const drop = (): void => {
      connected.pause()
      connected.resume()
    }
    // Without this a socket over a dead network looks live until the client misses its beats.
    addEventListener('offline', drop)

    let undo: (() => void)[] = [
      () => removeEventListener('offline', drop),
      connection.stop,
      title.stop,
      people.stop,
      () => connected.close(),
      () => awareness.destroy(),
      () => doc.destroy(),
    ]
    return {
      name,
      doc,
      fragment,
      awareness: guard,
      connection: connection.state,
      people: people.people,
      title: title.title,
      retry: connected.resume,
      suspend: connected.pause,
      resume: connected.resume,
      whenClosed: (step) => undo.unshift(step),
      close: () => {
        const steps = undo
        undo = []
        for (const step of steps) step()
      },
    }
  }
}

function watchConnection(connected: Connected): {
  state: Readable<ConnectionState>
  stop: () => void
} {
  const state = createStore<ConnectionState>({ kind: 'connecting' })
  const look = (): void =>
    state.set(connectionOf(state.getSnapshot(), connected.state, millis(Date.now())))
  look()
  return { state, stop: connected.subscribe(look) }
}

function watchTitle(fragment: Y.XmlFragment): { title: Readable<string>; stop: () => void } {
  const title = createStore(titleOf(fragment))
  let timer: ReturnType<typeof setTimeout> | null = null
  const onChange = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      title.set(titleOf(fragment))
    }, titleSettleMs)
  }
  fragment.observeDeep(onChange)
  return {
    title,
    stop: () => {
      fragment.unobserveDeep(onChange)
      if (timer !== null) clearTimeout(timer)
    },
  }
}
