import { equalityDeep } from 'lib0/function'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { awarenessOf, connectedOf, lookAt, type PresenceSource, type Presents } from './present.ts'

const NOBODY: Presents<never> = new Map<number, never>()
const nobody = (): Presents<never> => NOBODY

/**
 * Who is here, this page among them, by client id. The map is the same object until somebody comes, goes or says
 * something else of themselves, and so is each entry of it. Empty where presence is off, before there is a document, and
 * on the server. `State` is what the pages of the application set; what others sent may be anything.
 */
export const usePresence = <State extends object = Readonly<Record<string, unknown>>>(
  source: PresenceSource,
): Presents<State> => {
  const subscribe = useCallback(
    (listener: () => void) => {
      const awareness = awarenessOf(source)
      const undo = connectedOf(source)?.subscribe(listener) // who this is by its login
      awareness?.on('update', listener)
      return () => {
        awareness?.off('update', listener)
        undo?.()
      }
    },
    [source],
  )
  const look = useMemo(() => lookAt<State>(source), [source])
  return useSyncExternalStore(subscribe, look, nobody)
}

/**
 * Says these fields of this page, such as `{ user: { name: 'Ada', color: '#2563eb' } }`, to everybody who is here. Only
 * what has changed is sent; others and other fields are as they were, also after the component has gone.
 */
export const useMyPresence = (
  source: PresenceSource,
  fields: Readonly<Record<string, unknown>>,
): void => {
  const awareness = awarenessOf(source)
  useEffect(() => {
    if (awareness === null) return
    for (const [field, value] of Object.entries(fields))
      if (!equalityDeep(awareness.getLocalState()?.[field], value))
        awareness.setLocalStateField(field, value)
  })
}
