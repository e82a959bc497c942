import { useEffect, useRef, useState } from 'react'
import type { Connected } from '../api.ts'
import { ask, hold, isFor, letGo, type DocumentOptions, type Held } from './held.ts'

/**
 * Keeps a document in step with a server while the component is mounted. Null before the first effect, on the server,
 * and for null options. Another `url`, `document`, `doc` or `presence` is another connection; `offline` and `transports`
 * are read when it is made, and `token` may be another function each time.
 *
 * What was changed is sent even after the component has gone: it is closed once that is on the server's disk, or cannot
 * get there (`refused`, `replaced`). Until then a component that asks for the same goes on with it. A `doc` of the
 * application is never destroyed. Throws a `TypeError`, for an error boundary, where the address or the name is none.
 *
 * Each call is a client of its own: call it once for a document, and hand down what it returns.
 */
export const useDocument = (options: DocumentOptions | null): Connected | null => {
  const [held, setHeld] = useState<Held | null>(null)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
    if (held !== null && options !== null && isFor(held, options)) ask(held, options.token)
  })
  const { url, document, doc, presence } = options ?? {}
  useEffect(() => {
    if (url === undefined || document === undefined) return
    const own = hold({ ...latest.current, url, document, doc, presence })
    setHeld(own)
    return () => letGo(own)
  }, [url, document, doc, presence])
  // before the effect: what is typed now must not get into the document that was asked for earlier
  return held !== null && options !== null && isFor(held, options) ? held.connected : null
}
