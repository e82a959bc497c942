import { connect } from '@quire/provider'
import type { Connected } from '@quire/provider'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

import { keepCopy } from '../device/copy.ts'
import type { Device } from '../device/device.ts'
import { guardAwareness } from '../presence/guarded-awareness.ts'
import type { Random } from '../names/random-name.ts'
import { watchPeople } from '../presence/people.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import { connectionOf, hasDocument } from './connection.ts'
import type { ConnectionState } from './connection.ts'
import { documentField } from './session.ts'
import type { OpenSession } from './session.ts'
import { titleOf } from './title.ts'

/** Typing changes the title at every key; the tab need not follow each. */
const titleSettleMs = 200

/** What sessions work with. */
export interface SessionsOptions {
  readonly serverUrl: string
  readonly device: Device
  readonly random: Random
}

/** Opens sessions over Quire's own client. */
export function quireSessions({ serverUrl, device, random }: SessionsOptions): OpenSession {
  let sessions = 0
  return ({ name, person, isBegun }) => {
    const store = device.store()
    const doc = new Y.Doc()
    const fragment = doc.getXmlFragment(documentField)
    const awareness = new Awareness(doc)
    const guard = guardAwareness(awareness, documentField, person)
    const people = watchPeople(guard)
    const title = watchTitle(fragment)
    const connected = connect({
      url: serverUrl,
      document: name,
      doc,
      presence: awareness,
      offline: store,
    })
    const connection = watchConnection(connected, isBegun)
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
      id: sessions++,
      name,
      doc,
      fragment,
      awareness: guard,
      connection: connection.state,
      people: people.people,
      title: title.title,
      retry: connected.resume,
      keepCopy: () => keepCopy({ name, doc, store, serverUrl, random }),
      discard: connected.discard,
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

function watchConnection(
  connected: Connected,
  isBegun: boolean,
): {
  state: Readable<ConnectionState>
  stop: () => void
} {
  const { doc } = connected
  const state = createStore<ConnectionState>({ kind: 'connecting' })
  let hasSomething = isBegun
  let isReached = false
  const look = (): void => {
    const client = connected.state
    isReached ||= client.kind === 'syncing' || client.kind === 'live'
    // What the server sends comes in pieces, which are not the document before the last.
    if (!isReached) hasSomething ||= doc.store.clients.size > 0
    state.set(connectionOf(state.getSnapshot(), { client, hasSomething }))
  }
  /** Another tab has begun it while the server is away. */
  const onUpdate = (): void => {
    if (!hasDocument(state.getSnapshot())) look()
  }
  look()
  doc.on('update', onUpdate)
  const stop = connected.subscribe(look)
  return {
    state,
    stop: () => {
      doc.off('update', onUpdate)
      stop()
    },
  }
}

function watchTitle(fragment: Y.XmlFragment): { title: Readable<string>; stop: () => void } {
  const title = createStore(titleOf(fragment))
  let timer: ReturnType<typeof setTimeout> | null = null
  const look = (): void => {
    timer = null
    title.set(titleOf(fragment))
  }
  const onChange = (): void => {
    // The first one at once: whoever leaves again soon finds the document by it.
    if (title.getSnapshot() === '') look()
    else timer ??= setTimeout(look, titleSettleMs)
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
