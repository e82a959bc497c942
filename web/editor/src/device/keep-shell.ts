/** Has the browser keep this page and its scripts, where it can: a build without a network is of no use. */
export function keepShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  // Pages over plain http have no say; where it fails otherwise, the next visit tries again.
  navigator.serviceWorker
    .register('/service-worker.js', { updateViaCache: 'none' })
    .catch(() => undefined)
}
