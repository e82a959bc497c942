/*
 * How a drain sends clients away: not all of them in one turn of the event loop, since whoever goes in one moment comes
 * back in one moment, to a server that has just begun or to those beside it. Rooms where nobody is are drained at once;
 * the others one after the other, and a room of many in parts. Until its turn comes a room goes on as ever.
 *
 *     rooms      a(0) b(2) c(30)             at 8 a batch
 *     0 ms       a    b    c: 6 of 30 leave
 *     50 ms                c: 8 leave
 *      …
 *     200 ms               c: the last ones, and the room with them
 *
 * A batch that comes late, as those who leave and what is saved take time too, takes those with it who would have gone
 * meanwhile: a busy server is done as soon as one that is not.
 */
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'
import type { RoomShell } from './room-shell.ts'

/** Clients that may come back in a second when the server was away: a handshake and a login cost about 1 ms. */
export const COMEBACKS_PER_SECOND = 150

/** Time between two batches, milliseconds: short beside the pauses that clients make. */
export const BATCH_MS = 50

/** The least batch: smaller ones would spread clients more than a server needs to take them back. */
export const LEAST_BATCH = Math.ceil((COMEBACKS_PER_SECOND * BATCH_MS) / 1_000)

/** How many sessions go in one batch, so that all of them have gone within that time. */
export const batchSize = (sessions: number, withinMs: number): number => {
  const batches = Math.max(1, Math.floor(withinMs / BATCH_MS))
  return Math.max(LEAST_BATCH, Math.ceil(sessions / batches))
}

/** What of a room is needed to empty it. */
export type Emptied = Pick<RoomShell, 'sessions' | 'letGo' | 'push'>

/** How to send everybody away. */
export interface SendingAway {
  readonly clock: Clock
  /** Time for it, milliseconds; what comes later does not wait for it. */
  readonly withinMs: number
}

/**
 * R10: drains each room, in batches from now on. Whoever joins meanwhile has to be kept out by the caller. Undone, the
 * rooms that are left stay as they are.
 */
export const sendAway = (rooms: Iterable<Emptied>, { clock, withinMs }: SendingAway): Undo => {
  const peopled: Emptied[] = []
  let sessions = 0
  for (const room of rooms) {
    sessions += room.sessions.size
    if (room.sessions.size > 0) peopled.push(room)
    else room.push({ kind: 'drain' })
  }
  const size = batchSize(sessions, withinMs)
  const startedAt = clock.now()
  let sent = 0
  let undo: Undo = () => undefined
  const batch = (): void => {
    const batches = 1 + Math.floor((clock.now() - startedAt) / BATCH_MS)
    let left = Math.max(size, batches * size - sent)
    for (let room = peopled[0]; room !== undefined && left > 0; room = peopled[0]) {
      const here = room.sessions.size // of a room that has ended: none
      if (here > left) room.letGo(left)
      else {
        room.push({ kind: 'drain' })
        peopled.shift()
      }
      sent += Math.min(here, left)
      left -= here
    }
    if (peopled.length > 0) undo = clock.after(BATCH_MS, batch)
  }
  batch()
  return () => undo()
}
