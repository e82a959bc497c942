import { useReadable } from '@quire/editor/use-readable.ts'
import type { OperationsNow, OperationsSample } from '@quire/shared'

import { useServices } from '../services.tsx'
import {
  bytesText,
  counted,
  countText,
  durationText,
  exactTimeText,
  shareText,
  wholeText,
} from '../units.ts'
import { perSecond } from '../ui/plot.tsx'

/** The figures of this moment. */
export function Tiles({ now, samples, aheadMs }: TilesProps) {
  const clock = useReadable(useServices().ticking)
  const last = samples.at(-1)
  const sessions = now.sessions.reduce((sum, row) => sum + row.sessions, 0)
  const updates = last === undefined ? null : perSecond('updates')(last)
  const bytes = last === undefined ? null : perSecond('bytes')(last)
  const unsaved = last?.unsavedBytes ?? null
  return (
    <dl className="tiles">
      <Tile label="Open documents" value={wholeText(last?.documents ?? 0)} />
      <Tile
        label="Sessions"
        value={wholeText(sessions)}
        note={now.slow.length > 0 ? counted(now.slow.length, 'slow reader') : undefined}
      />
      <Tile
        label="Updates/s"
        value={updates === null ? '–' : countText(updates)}
        note={bytes === null ? undefined : `${bytesText(bytes)}/s`}
      />
      <Tile
        label="Saved within, p99"
        value={text(last?.ackP99, durationText)}
        note={
          last?.ackP50 == null ? 'nothing was written' : `half within ${durationText(last.ackP50)}`
        }
      />
      <Tile
        label="Not on disk yet"
        value={text(unsaved, bytesText)}
        note={
          unsaved === null || unsaved === 0 || last?.unsavedMs == null
            ? undefined
            : `the oldest for ${durationText(last.unsavedMs)}`
        }
        isBad={now.failing > 0}
      />
      <Tile
        label="Memory"
        value={text(last?.rssBytes, bytesText)}
        note={last?.heapBytes == null ? undefined : `${bytesText(last.heapBytes)} of it heap`}
      />
      <Tile
        label="Loop late, p99"
        value={text(last?.loopP99, durationText)}
        note={last?.cpu == null ? undefined : `${shareText(last.cpu)} of a core`}
      />
      <Tile
        label="Running for"
        value={durationText(Math.max(1_000, clock + aheadMs - now.startedAt))}
        note={`since ${exactTimeText(now.startedAt)}`}
      />
    </dl>
  )
}

interface TilesProps {
  readonly now: OperationsNow
  readonly samples: readonly OperationsSample[]
  readonly aheadMs: number
}

const text = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? '–' : format(value)

function Tile({ label, value, note, isBad = false }: TileProps) {
  return (
    <div className="tile" data-tone={isBad ? 'bad' : undefined}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note !== undefined && <dd className="tile__note">{note}</dd>}
    </div>
  )
}

interface TileProps {
  readonly label: string
  readonly value: string
  readonly note?: string | undefined
  readonly isBad?: boolean
}
