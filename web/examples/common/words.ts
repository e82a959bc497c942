import type { ProviderState } from '@quire/provider'

/** What is true of a document's changes, in words. */
export const words = (state: ProviderState): string => {
  const { kind, saved, unsaved, denied } = state
  if (kind === 'refused' || kind === 'replaced') return `Stopped: ${state.reason}`
  if (denied !== null) return `Not saved: ${denied}`
  const isReached = kind === 'live' || kind === 'syncing'
  if (isReached) return saved ? 'Saved' : 'Saving…'
  if (kind === 'connecting' && saved) return 'Connecting…'
  // what a crash of this page would lose is not said to be kept
  const isKept = unsaved.unkept === 0
  const count = isKept ? unsaved.changes : unsaved.unkept
  const changes = count === 1 ? '1 change' : `${count} changes`
  return `Offline: ${changes} ${isKept ? 'kept on this device' : 'in this page only'}`
}
