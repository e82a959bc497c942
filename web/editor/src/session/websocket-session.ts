import { millis } from '@quire/shared'
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
import { Unconfirmed } from './unconfirmed.ts'
import { watchedSocket } from './watched-socket.ts'

/** Typing changes the title at every key; the tab need not follow each. */
const titleSettleMs = 200

/** Opens sessions over the stock y-websocket client. The only module that knows this client. */
export function websocketSessions(serverUrl: string): OpenSession {
  return ({ name, person }) => {
    const doc = new Y.Doc()
    const fragment = doc.getXmlFragment(documentField)
    const awareness = new Awareness(doc)
    const unconfirmed = watchUnconfirmed(doc)
    // The client does not encode room names. Tabs must not sync past the server (disableBc): what
    // one tab got from another would look as if the server had it.
    const provider = new WebsocketProvider(serverUrl, encodeDocPath(name), doc, {
      awareness,
      connect: false,
      disableBc: true,
      WebSocketPolyfill: unconfirmed.Socket,
    })
    const guard = guardAwareness(awareness, documentField, person)
    const people = watchPeople(guard)
    const title = watchTitle(fragment)
    const connection = watchConnection(provider, unconfirmed.changes)
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
      unconfirmed.stop,
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
  changes: Readable<number>,
): { state: Readable<ConnectionState>; retried: () => void; stop: () => void } {
  const state = createStore<ConnectionState>({ kind: 'connecting' })
  const apply = (event: ConnectionEvent): void => {
    state.set(nextConnection(state.getSnapshot(), event))
  }
  const onCount = (): void => apply({ kind: 'counted', localChanges: changes.getSnapshot() })
  const onStatus = ({ status }: { status: string }): void => {
    if (status === 'connected') apply({ kind: 'opened' })
    if (status === 'disconnected') forgetOthersClocks(provider.awareness)
  }
  const onSync = (synced: boolean): void => {
    if (!synced) return
    apply({ kind: 'synced' })
    onCount()
  }
  const onLost = (): void => apply({ kind: 'lost', at: millis(Date.now()) })
  const onClosed = ({ code, reason }: { code: number; reason: string }): void => {
    apply({ kind: 'closed', code, reason })
  }
  provider.on('status', onStatus)
  provider.on('sync', onSync)
  provider.on('connection-close', onLost)
  provider.on('closed', onClosed)
  const stopCounting = changes.subscribe(onCount)
  return {
    state,
    retried: () => apply({ kind: 'retried', at: millis(Date.now()) }),
    stop: () => {
      provider.off('status', onStatus)
      provider.off('sync', onSync)
      provider.off('connection-close', onLost)
      provider.off('closed', onClosed)
      stopCounting()
    },
  }
}

/** Follows a document's changes and frames; to be called before its provider listens to it. */
function watchUnconfirmed(doc: Y.Doc): {
  changes: Readable<number>
  Socket: typeof WebSocket
  stop: () => void
} {
  const unconfirmed = new Unconfirmed()
  const changes = createStore(0)
  const recount = (): void => changes.set(unconfirmed.count)
  const onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin instanceof WebsocketProvider) return
    unconfirmed.changed(update)
    recount()
  }
  doc.on('update', onUpdate)
  const Socket = watchedSocket({
    opened: () => unconfirmed.reopened(),
    sent: (frame) => unconfirmed.sent(frame),
    heard: (frame) => {
      unconfirmed.heard(frame)
      recount()
    },
  })
  return {
    changes,
    Socket,
    stop: () => doc.off('update', onUpdate),
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

/**
 * The provider drops everybody else when the connection is lost, but remembers their clocks, and then
 * ignores whoever did nothing meanwhile until they renew their presence, up to 15 s later.
 */
function forgetOthersClocks(awareness: Awareness): void {
  for (const client of awareness.meta.keys())
    if (client !== awareness.clientID && !awareness.states.has(client))
      awareness.meta.delete(client)
}
