/*
 * The document of operations as this page follows it. What was told last stays, with the time at which it was told:
 * on a bad line it is old, and the page says how old.
 */
import { createStore } from '@quire/editor/store.ts'
import type { Readable } from '@quire/editor/store.ts'
import { connect } from '@quire/provider'
import type { Connected } from '@quire/provider'
import { OPERATIONS_DOCUMENT, OPERATIONS_FEED, readFeed } from '@quire/shared'
import type { OperationsView } from '@quire/shared'
import * as Y from 'yjs'

/** How the line is. `refused` is for good: with this login there is nothing to follow. */
export type LiveLine =
  | { readonly kind: 'live' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }

/** What the page shows, and how old it is. */
export interface LiveState {
  readonly view: OperationsView
  readonly line: LiveLine
  /** When the newest figures came, by this machine's clock; null where there are none. */
  readonly toldAt: number | null
  /** What the server's clock shows beyond this machine's, milliseconds. */
  readonly aheadMs: number
}

/** Follows the server until it is closed. */
export interface Live extends Readable<LiveState> {
  close: () => void
}

/** Where to follow it, and with what. */
export interface LiveOptions {
  readonly url: string
  readonly token: () => string | null
  /** What is known already. */
  readonly first: OperationsView
  readonly now: () => number
}

/** Follows the operations of a server. */
export function followOperations({ url, token, first, now }: LiveOptions): Live {
  const store = createStore<LiveState>({
    view: first,
    line: { kind: 'connecting' },
    toldAt: first.now === null ? null : now(),
    aheadMs: (first.now?.at ?? now()) - now(),
  })
  let stop = (): void => undefined

  const begin = (): void => {
    stop()
    const doc = new Y.Doc()
    const feed = doc.getArray(OPERATIONS_FEED)
    const read = (): void => {
      const view = readFeed(feed.toArray())
      const known = store.getSnapshot()
      // a document that is still empty takes nothing away
      if (view.now === null || view.now.at === known.view.now?.at) return
      store.set({ ...known, view, toldAt: now(), aheadMs: view.now.at - now() })
    }
    feed.observe(read)
    const connected = connect({ url, document: OPERATIONS_DOCUMENT, doc, token, presence: false })
    const undo = connected.subscribe(() => follow(connected))
    const drop = (): void => {
      connected.pause()
      connected.resume()
    }
    // a socket over a dead network looks live until its client misses its beats
    addEventListener('offline', drop)
    stop = () => {
      removeEventListener('offline', drop)
      undo()
      connected.close()
      doc.destroy()
    }
    follow(connected)
  }

  const follow = ({ state }: Connected): void => {
    const known = store.getSnapshot()
    // the server has been started anew, and so has what it tells
    if (state.kind === 'replaced') return begin()
    const line: LiveLine =
      state.kind === 'refused'
        ? { kind: 'refused', code: state.code, reason: state.reason }
        : state.kind === 'live'
          ? { kind: 'live' }
          : { kind: 'connecting' }
    if (line.kind !== known.line.kind) store.set({ ...known, line })
  }

  begin()
  return { ...store, close: () => stop() }
}
