import type { ProviderState } from '@quire/provider'

/** What is true of a document's changes, in words. */
export const words = (state: ProviderState): string => {
  const { kind, saved, unsaved, denied, local, storeProblem } = state
  if (kind === 'refused' || kind === 'replaced') return `Stopped: ${state.reason}`
  if (denied !== null) return `Not saved: ${denied}`
  const isReached = kind === 'live' || kind === 'syncing'
  if (isReached) return saved ? 'Saved' : 'Saving…'
  if (kind === 'connecting' && saved) return 'Connecting…'
  const changes = unsaved.changes === 1 ? '1 change' : `${unsaved.changes} changes`
  const isKept = local === 'open' && storeProblem === null
  return `Offline: ${changes} ${isKept ? 'kept on this device' : 'in this page only'}`
}
