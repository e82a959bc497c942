import type { Flushed } from '@quire/provider'
import type { DocName, Millis } from '@quire/shared'

import type { Copied } from '../device/copy.ts'
import type { MyIdentity } from '../identity/me.ts'
import type { Recents } from '../recents/recents.ts'
import { hasDocument, holdsOnlyCopy, isSettled, unsavedChanges } from '../session/connection.ts'
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
  readonly waiting: Readable<readonly WaitingDocument[]>
  /** Follows the location; `isBegun`: its document is a new one. */
  go: (place: Place, isBegun: boolean) => void
  /** Of a document that was replaced: makes a copy of what is here, and lets go of it. */
  keepCopy: (session: Session) => Promise<Copied>
  /** Of a document that was replaced: forgets what is here, and opens what has the name now. */
  discard: (session: Session) => Promise<Flushed>
  /** For a page that is hidden or shown again: presence goes and comes at once. */
  suspend: () => void
  resume: () => void
  /** Whether closing the tab now would lose changes. */
  holdsOnlyCopy: () => boolean
}

/** A document that was left before all of it was saved. */
export interface WaitingDocument {
  readonly name: DocName
  /** This device keeps it, also when the tab is closed. */
  readonly isKept: boolean
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
  const waiting = createStore<readonly WaitingDocument[]>([])
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
    const left = [...open.values()].filter(({ session }) => session !== current())
    if (left.length + waiting.getSnapshot().length === 0) return
    waiting.set(
      left.map(({ session: { name, connection } }) => {
        return { name, isKept: !holdsOnlyCopy(connection.getSnapshot()) }
      }),
    )
  }
  const leave = (session: Session): void => {
    const state = session.connection.getSnapshot()
    if (unsavedChanges(state) === 0 || isSettled(state)) close(session.name)
    else open.get(session.name)?.part(() => close(session.name))
    listWaiting()
  }
  const enter = (name: DocName, isBegun: boolean): Session => {
    // A document that was left with unsent changes carries on as it is.
    const known = open.get(name)
    if (known !== undefined) {
      known.rejoin()
      return known.session
    }
    const entered = openDocument(name, isBegun, options)
    open.set(name, entered)
    return entered.session
  }
  const letGo = async (session: Session): Promise<Flushed> => {
    const discarded = await session.discard()
    if (discarded.ok && open.get(session.name)?.session === session) close(session.name)
    return discarded
  }
  const go = (place: Place, isBegun: boolean): void => {
    const before = current()
    if (place.kind === 'document' && before?.name === place.name) return
    page.set(
      place.kind === 'document' ? { kind: 'document', session: enter(place.name, isBegun) } : place,
    )
    if (before !== null) leave(before)
    listWaiting()
  }
  return {
    page,
    waiting,
    go,
    keepCopy: async (session) => {
      const copied = await session.keepCopy()
      // where it cannot be forgotten, the next visit asks again
      if (copied.ok) await letGo(session)
      return copied
    },
    discard: async (session) => {
      const discarded = await letGo(session)
      if (discarded.ok && current() === session)
        page.set({ kind: 'document', session: enter(session.name, false) })
      return discarded
    },
    suspend: () => open.forEach(({ session }) => session.suspend()),
    resume: () => open.forEach(({ session }) => session.resume()),
    holdsOnlyCopy: () =>
      [...open.values()].some(({ session }) => holdsOnlyCopy(session.connection.getSnapshot())),
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

function openDocument(
  name: DocName,
  isBegun: boolean,
  { open, me, recents, now }: SessionHostOptions,
): OpenDocument {
  const session = open({ name, person: me.getSnapshot().person, isBegun })
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

/** Calls `done` once the session has nothing left to wait for; returns the undo. */
function whenSaved(session: Session, done: () => void): () => void {
  const stop = session.connection.subscribe(() => {
    if (!isSettled(session.connection.getSnapshot())) return
    stop()
    done()
  })
  return stop
}
