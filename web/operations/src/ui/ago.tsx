import { useReadable } from '@quire/editor/use-readable.ts'

import { useLive, useServices } from '../services.tsx'
import { agoText, exactTimeText } from '../units.ts'

/** A moment by the server's clock: how long ago it is, and exactly when in the title. */
export function Ago({ at }: { readonly at: number | string }) {
  const { aheadMs } = useLive()
  const now = useReadable(useServices().ticking)
  const ms = typeof at === 'number' ? at : Date.parse(at)
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactTimeText(ms)}>
      {agoText(ms, now + aheadMs)}
    </time>
  )
}
