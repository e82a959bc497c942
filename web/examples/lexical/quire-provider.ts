import { connect, type Connected, type ConnectOptions } from '@quire/provider'
import type { Provider } from '@lexical/yjs'
import { Awareness } from 'y-protocols/awareness'
import { showWords } from '../common/show-words.ts'

type Listener = (value: never) => void

/**
 * What Lexical expects of a provider. It connects only when Lexical says so: what comes before Lexical looks at the
 * document would not be shown.
 */
export const quireProvider = (options: ConnectOptions): Provider => {
  const awareness = new Awareness(options.doc)
  const listeners = new Map<string, Set<Listener>>()
  const tell = (event: string, value: unknown): void =>
    listeners.get(event)?.forEach((listener) => listener(value as never)) // each event has its own value
  let notes: Connected | null = null
  let wasLive = false
  const look = (): void => {
    const isLive = notes?.state.kind === 'live'
    if (isLive === wasLive) return
    wasLive = isLive
    tell('status', { status: isLive ? 'connected' : 'disconnected' })
    tell('sync', isLive)
  }
  return {
    awareness: awareness as unknown as Provider['awareness'], // what Lexical calls of it, it has
    connect: () => {
      notes = connect({ ...options, presence: awareness })
      notes.subscribe(look)
      showWords(notes)
    },
    disconnect: () => {
      notes?.close()
      look()
    },
    on: (event: string, listener: Listener) =>
      void listeners.set(event, (listeners.get(event) ?? new Set()).add(listener)),
    off: (event: string, listener: Listener) => void listeners.get(event)?.delete(listener),
  }
}
