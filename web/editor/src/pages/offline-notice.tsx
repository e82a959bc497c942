import { hasNetwork } from '../device/network.ts'
import { useReadable } from '../use-readable.ts'

/** What can be done on the home page without a network. */
export function OfflineNotice() {
  if (useReadable(hasNetwork)) return null
  return (
    <output className="banner mb-10 rounded-lg border" data-testid="offline-notice">
      You are offline. You can start a document, and open those that are on this device.
    </output>
  )
}
