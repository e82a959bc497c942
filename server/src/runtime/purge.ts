/*
 * Deleted documents go for good some time later. A purge holds up commits for about a millisecond for each MB, so it
 * takes a few documents at a time, and lets others in between.
 */
import { millis } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'
import type { Catalogue } from '../ports/storage.ts'
import type { Undo } from '../ports/undo.ts'

/** How often it is looked for what is due, milliseconds: what matters is the day. */
const EVERY_MS = 3_600_000

/** Documents that go in one commit. */
const AT_ONCE = 10

/** From one commit to the next, milliseconds. */
const PAUSE_MS = 250

/** What it takes. */
export interface PurgePorts {
  readonly storage: Pick<Catalogue, 'purge'>
  readonly clock: Clock
  readonly observe: Observe
}

/** Drops what was deleted longer ago than that, milliseconds: now, and from time to time until undone. */
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
  void next()
  const undoEvery = clock.every(EVERY_MS, () => {
    if (!isUnderWay) void next()
  })
  return () => {
    isOver = true
    undoEvery()
    undoPause()
  }
}
