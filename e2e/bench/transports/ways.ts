/* The ways to a server that are compared. The last one is nobody's: it is what is left without any of the others. */
import type { TransportName } from '@quire/provider'

/** A way to a server. */
export interface Way {
  readonly name: string
  readonly transport: TransportName
  /** Milliseconds from one question to the next; null: a question is answered when there is something to tell. */
  readonly everyMs: number | null
}

/** All of them. */
export const ways: readonly Way[] = [
  { name: 'WebSocket', transport: 'websocket', everyMs: null },
  { name: 'event stream', transport: 'event-stream', everyMs: null },
  { name: 'answers that end', transport: 'polling', everyMs: null },
  { name: 'polling every second', transport: 'polling', everyMs: 1_000 },
]

/** Makes what asks with this way ask no more often, and be answered at once; the undo puts back what was there. */
export const pace = ({ everyMs }: Way): (() => void) => {
  if (everyMs === null) return () => undefined
  const { fetch: original } = globalThis
  const askedAt = new Map<string, number>()
  globalThis.fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    if (!headers.has('prefer')) return original(input, init)
    headers.set('prefer', 'wait=0')
    const url = input instanceof Request ? input.url : String(input)
    const waitMs = (askedAt.get(url) ?? -Infinity) + everyMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    askedAt.set(url, performance.now())
    return original(input, { ...init, headers })
  }
  return () => {
    globalThis.fetch = original
  }
}
