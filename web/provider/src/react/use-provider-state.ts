import { useCallback, useSyncExternalStore } from 'react'
import type { Connected, ProviderState } from '../api.ts'

/** That of a document which is not connected yet. */
const BEFORE: ProviderState = {
  kind: 'connecting',
  saved: true,
  unsaved: { changes: 0, unkept: 0, since: null },
  access: null,
  user: null,
  serverSaves: true,
  denied: null,
  local: 'off',
  storeProblem: null,
}
const before = (): ProviderState => BEFORE

/**
 * The state of a document: the same object until it changes. Before there is a document, and on the server, that of one
 * which is `connecting` and in which nothing was changed.
 */
export const useProviderState = (connected: Connected | null): ProviderState => {
  const subscribe = useCallback(
    (listener: () => void) => connected?.subscribe(listener) ?? (() => undefined),
    [connected],
  )
  return useSyncExternalStore(subscribe, () => connected?.state ?? BEFORE, before)
}
