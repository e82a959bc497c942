import {
  laterOf,
  NOTHING_KEPT,
  type Contents,
  type LogEntry,
  type UnsavedEntry,
} from '../records.ts'
import type { Frame } from './frames.ts'

/** The opener that has written what a file holds when it is read: it is gone. */
const GONE = 'before this process'

/** What a file says, by its frames and their bytes. */
export const contentsOf = (frames: readonly Frame[], fileBytes: number): Contents => {
  let { life, next, position } = NOTHING_KEPT
  let foldedBytes = 0
  let log: LogEntry[] = []
  const unsaved = new Map<string, UnsavedEntry>()
  for (const frame of frames) {
    if (frame.kind === 'header') {
      life = frame.life
      continue
    }
    if (frame.kind === 'snapshot') {
      log = []
      unsaved.clear()
      ;({ next, foldedBytes } = frame)
    } else for (const { number, index } of frame.saved) unsaved.delete(`${number}.${index}`)
    log.push(...frame.log)
    next = Math.max(next, (log.at(-1)?.number ?? 0) + 1)
    position = laterOf(position, frame.position)
    for (const entry of frame.unsaved)
      unsaved.set(`${entry.key.number}.${entry.key.index}`, { ...entry, origin: GONE })
  }
  const updates = log.reduce((sum, entry) => sum + entry.updates, 0)
  return {
    life,
    next,
    position,
    log,
    unsaved: [...unsaved.values()],
    owners: new Map(),
    size: {
      foldedBytes,
      tailUpdates: updates - (foldedBytes > 0 ? 1 : 0),
      tailBytes: fileBytes - foldedBytes,
    },
  }
}
