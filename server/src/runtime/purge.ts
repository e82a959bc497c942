/*
 * Deleted documents go for good some time later. A purge holds up commits for about a millisecond for each MB, so it
 * takes one document at a time, and lets others in between; and it begins when those who come back to a server that has
 * just started are in.
 */
import { millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { Catalogue } from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'

/** From the start to the first look, milliseconds. */
const FIRST_MS = 60_000

/** How often it is looked for what is due, milliseconds: what matters is the day. */
const EVERY_MS = 3_600_000

/** Documents that go in one commit: it has the writer that people who type wait for. */
const AT_ONCE = 1

/** From one commit to the next, milliseconds. */
const PAUSE_MS = 250

/** What it takes. */
export interface PurgePorts {
  readonly storage: Pick<Catalogue, 'purge'>
  readonly clock: Clock
  readonly observe: Observe
}

/** Drops what was deleted longer ago than that, milliseconds: a minute from now, and from time to time until undone. */
export const purgeDeleted = ({ storage, clock, observe }: PurgePorts, keptMs: number): Undo => {
  let isOver = false
  let isUnderWay = false // also while it pauses
  let undoPause: Undo = () => undefined
  const next = async (): Promise<void> => {
    isUnderWay = true
    const purged = await storage.purge(millis(clock.wall() - keptMs), AT_ONCE)
    isUnderWay = purged.ok && purged.value === AT_ONCE
    if (isOver) return
    if (!purged.ok) return observe.event({ kind: 'purge-failed', problem: purged.error.message })
    if (purged.value > 0) observe.event({ kind: 'purged', documents: purged.value })
    if (isUnderWay) undoPause = clock.after(PAUSE_MS, () => void next())
  }
  const look = (): void => {
    if (!isUnderWay) void next()
  }
  // intervals both: they keep no process alive whose program has ended
  const undoFirst = clock.every(FIRST_MS, () => {
    undoFirst()
    look()
  })
  const undoEvery = clock.every(EVERY_MS, look)
  return () => {
    isOver = true
    undoFirst()
    undoEvery()
    undoPause()
  }
}
