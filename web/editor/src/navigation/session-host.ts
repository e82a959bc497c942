import type { DocName, Millis } from '@quire/shared'

import type { MyIdentity } from '../identity/me.ts'
import type { Recents } from '../recents/recents.ts'
import { hasDocument, unsentChanges } from '../session/connection.ts'
import type { OpenSession, Session } from '../session/session.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import type { Place } from './place.ts'

/** The page to show: a {@link Place} whose document is open. */
export type Page = Exclude<Place, { kind: 'document' }> | { kind: 'document'; session: Session }

/**
 * Opens and closes sessions as the location changes, outside React: a component that mounts twice
 * cannot open two sockets. A session that is left with changes that are not saved yet stays until they are.
 */
export interface SessionHost {
  readonly page: Readable<Page>
  /** Documents that were left and have changes that the server has not confirmed as saved. */
  readonly waiting: Readable<readonly DocName[]>
  /** Follows the location. */
  go: (place: Place) => void
  /** For a page that is hidden or shown again: presence goes and comes at once. */
  suspend: () => void
  resume: () => void
  /** Whether closing the tab now would lose changes. */
  holdsUnsentChanges: () => boolean
}

/** What the host works with. */
export interface SessionHostOptions {
  readonly open: OpenSession
  readonly me: MyIdentity
  readonly recents: Recents
  readonly now: () => Millis
}

/** Creates a host that shows nothing until the first {@link SessionHost.go}. */
export function createSessionHost(options: SessionHostOptions): SessionHost {
  const page = createStore<Page>({ kind: 'home' })
  const waiting = createStore<readonly DocName[]>([])
  const open = new Map<DocName, OpenDocument>()

  const current = (): Session | null => {
    const shown = page.getSnapshot()
    return shown.kind === 'document' ? shown.session : null
  }
  const close = (name: DocName): void => {
    open.get(name)?.stop()
    open.delete(name)
    listWaiting()
  }
  const listWaiting = (): void => {
    const names = [...open.keys()].filter((name) => name !== current()?.name)
    if (names.length + waiting.getSnapshot().length > 0) waiting.set(names)
  }
  const leave = (session: Session): void => {
    if (unsentChanges(session.connection.getSnapshot()) === 0) close(session.name)
    else open.get(session.name)?.part(() => close(session.name))
    listWaiting()
  }
  const enter = (name: DocName): Session => {
    // A document that was left with unsent changes carries on as it is.
    const known = open.get(name)
    if (known !== undefined) {
      known.rejoin()
      return known.session
    }
    const entered = openDocument(name, options)
    open.set(name, entered)
    return entered.session
  }
  const go = (place: Place): void => {
    const before = current()
    if (place.kind === 'document' && before?.name === place.name) return
    page.set(place.kind === 'document' ? { kind: 'document', session: enter(place.name) } : place)
    if (before !== null) leave(before)
    listWaiting()
  }
  return {
    page,
    waiting,
    go,
    suspend: () => open.forEach(({ session }) => session.suspend()),
    resume: () => open.forEach(({ session }) => session.resume()),
    holdsUnsentChanges: () =>
      [...open.values()].some(({ session }) => unsentChanges(session.connection.getSnapshot()) > 0),
  }
}

interface OpenDocument {
  readonly session: Session
  /** Withdraws our presence and calls `done` once every change is saved. */
  part: (done: () => void) => void
  /** Takes {@link part} back. */
  rejoin: () => void
  stop: () => void
}

function openDocument(name: DocName, { open, me, recents, now }: SessionHostOptions): OpenDocument {
  const session = open({ name, person: me.getSnapshot().person })
  const remember = (): void => {
    recents.remember({ name, title: session.title.getSnapshot(), openedAt: now() })
  }
  let cancelParting = (): void => {}
  const undo = [
    me.subscribe(() => session.awareness.introduce(me.getSnapshot().person)),
    session.title.subscribe(remember),
    onceOpen(session, remember),
  ]
  return {
    session,
    part: (done) => {
      session.awareness.leave()
      cancelParting = whenSaved(session, done)
    },
    rejoin: () => {
      cancelParting()
      session.awareness.rejoin(me.getSnapshot().person)
    },
    stop: () => {
      cancelParting()
      for (const step of undo) step()
      session.close()
    },
  }
}

/** Calls `listener` when the document is there for the first time; returns the undo. */
function onceOpen(session: Session, listener: () => void): () => void {
  const stop = session.connection.subscribe(() => {
    if (!hasDocument(session.connection.getSnapshot())) return
    stop()
    listener()
  })
  return stop
}

/** Calls `done` once the session is live and the server has every change; returns the undo. */
function whenSaved(session: Session, done: () => void): () => void {
  const stop = session.connection.subscribe(() => {
    const state = session.connection.getSnapshot()
    if (state.kind !== 'live' || unsentChanges(state) > 0) return
    stop()
    done()
  })
  return stop
}
