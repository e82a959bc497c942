import { useReadable } from '@quire/editor/use-readable.ts'

import { useServices } from '../services.tsx'
import type { Live, LiveState } from '../session/live.ts'
import { durationText, exactTimeText } from '../units.ts'

/** Older than this the figures are no longer of this moment: three samples did not come, milliseconds. */
export const OLD_MS = 7_000

/** True where what is shown is no longer of this moment. */
export const isOld = ({ toldAt }: LiveState, now: number): boolean =>
  toldAt === null || now - toldAt > OLD_MS

/** Says whether what is shown is live, or how old it is. */
export function LineState({ live }: { readonly live: Live }) {
  const state = useReadable(live)
  const now = useReadable(useServices().ticking)
  const { line, toldAt } = state
  const old = isOld(state, now)
  const age =
    toldAt === null
      ? null
      : durationText(Math.max(1_000, 1_000 * Math.round((now - toldAt) / 1_000)))
  const text =
    line.kind === 'live' && !old
      ? 'Live'
      : `${line.kind === 'live' ? 'Waiting' : 'Reconnecting'}${age === null ? '…' : ` · as of ${age} ago`}`
  return (
    <span
      className="line"
      data-testid="line"
      data-line={old ? 'stale' : line.kind === 'live' ? 'live' : 'connecting'}
      title={toldAt === null ? undefined : `Figures of ${exactTimeText(toldAt)}`}
    >
      {text}
      {/* said once as it changes, and not each second */}
      <span role="status" className="sr-only">
        {line.kind === 'live' && !old
          ? 'The figures are live'
          : 'The figures are old; reconnecting'}
      </span>
    </span>
  )
}
