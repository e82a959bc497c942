import { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

import { encodeDocPath } from '../names/doc-name.ts'
import { guardAwareness } from '../presence/guarded-awareness.ts'
import { watchPeople } from '../presence/people.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import { nextConnection } from './connection.ts'
import type { ConnectionEvent, ConnectionState } from './connection.ts'
import { documentField } from './session.ts'
import type { OpenSession } from './session.ts'
import { titleOf } from './title.ts'

/** Typing changes the title at every key; the tab need not follow each. */
const titleSettleMs = 200

/** Opens sessions over the stock y-websocket client. The only module that knows this client. */
export function websocketSessions(serverUrl: string): OpenSession {
  return ({ name, person }) => {
    const doc = new Y.Doc()
    const fragment = doc.getXmlFragment(documentField)
    const awareness = new Awareness(doc)
    // The client does not encode room names. Tabs must not sync past the server (disableBc): what
    // one tab got from another would look as if the server had it.
    const provider = new WebsocketProvider(serverUrl, encodeDocPath(name), doc, {
      awareness,
      connect: false,
      disableBc: true,
    })
    const guard = guardAwareness(awareness, documentField, person)
    const people = watchPeople(guard)
    const title = watchTitle(fragment)
    const connection = watchConnection(provider, doc)
    const reconnect = (): void => {
      // A refusal is final until the person asks again.
      if (connection.state.getSnapshot().kind !== 'refused') provider.connect()
    }
    const drop = (): void => {
      provider.disconnect()
      reconnect()
    }
    // Without this a socket over a dead network looks live until the client's 30 s watchdog.
    addEventListener('offline', drop)
    provider.connect()

    let undo: (() => void)[] = [
      () => removeEventListener('offline', drop),
      connection.stop,
      title.stop,
      people.stop,
      () => provider.destroy(),
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
      retry: () => {
        connection.retried()
        provider.connect()
      },
      suspend: () => provider.disconnect(),
      resume: reconnect,
      whenClosed: (step) => undo.unshift(step),
      close: () => {
        const steps = undo
        undo = []
        for (const step of steps) step()
      },
    }
  }
}

function watchConnection(
  provider: WebsocketProvider,
  doc: Y.Doc,
): { state: Readable<ConnectionState>; retried: () => void; stop: () => void } {
  const state = createStore<ConnectionState>({ kind: 'connecting' })
  const apply = (event: ConnectionEvent): void => {
    state.set(nextConnection(state.getSnapshot(), event))
  }
  // Changes since the server last sent anything: if the connection turns out to be dead, it may
  // not have received them. A server that relays presence answers every keystroke's cursor move.
  let unheard = 0
  provider.messageHandlers = provider.messageHandlers.map((handle) => (...message) => {
    unheard = 0
    handle(...message)
  })
  const onStatus = ({ status }: { status: string }): void => {
    if (status === 'connected') apply({ kind: 'opened' })
  }
  const onSync = (synced: boolean): void => {
    if (synced) apply({ kind: 'synced' })
  }
  const onLost = (): void => apply({ kind: 'lost', at: Date.now(), unheard })
  const onClosed = ({ code, reason }: { code: number; reason: string }): void => {
    apply({ kind: 'closed', code, reason })
  }
  const onUpdate = (_update: Uint8Array, origin: unknown): void => {
    if (origin === provider) return
    unheard += 1
    apply({ kind: 'changedHere' })
  }
  provider.on('status', onStatus)
  provider.on('sync', onSync)
  provider.on('connection-close', onLost)
  provider.on('closed', onClosed)
  doc.on('update', onUpdate)
  return {
    state,
    retried: () => apply({ kind: 'retried', at: Date.now() }),
    stop: () => {
      provider.off('status', onStatus)
      provider.off('sync', onSync)
      provider.off('connection-close', onLost)
      provider.off('closed', onClosed)
      doc.off('update', onUpdate)
    },
  }
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
