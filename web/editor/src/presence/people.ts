import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import type { GuardedAwareness, Peer } from './guarded-awareness.ts'

/** Cursor movements arrive many times a second; the list of people need not follow each. */
const settleMs = 120

/** The people present as a store that changes only when someone comes, goes or renames. */
export function watchPeople(awareness: GuardedAwareness): {
  people: Readable<readonly Peer[]>
  stop: () => void
} {
  const store = createStore<readonly Peer[]>(awareness.peers())
  let timer: ReturnType<typeof setTimeout> | null = null

  const settle = (): void => {
    timer = null
    const peers = awareness.peers()
    if (!samePeople(peers, store.getSnapshot())) store.set(peers)
  }
  const onChange = (): void => {
    timer ??= setTimeout(settle, settleMs)
  }
  awareness.on('change', onChange)
  return {
    people: store,
    stop: () => {
      awareness.off('change', onChange)
      if (timer !== null) clearTimeout(timer)
    },
  }
}

function samePeople(a: readonly Peer[], b: readonly Peer[]): boolean {
  return a.length === b.length && a.every((peer, index) => samePeer(peer, b[index]))
}

function samePeer(a: Peer, b: Peer | undefined): boolean {
  return (
    b !== undefined &&
    a.clientId === b.clientId &&
    a.person.name === b.person.name &&
    a.person.colour === b.person.colour
  )
}
