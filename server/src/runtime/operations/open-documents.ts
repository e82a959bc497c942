/* What is open at this moment, as an operator sees it: read from the rooms, which know it all. */
import type { DocName, SessionId } from '@quire/shared'
import { unsavedIn } from '../../room/held.ts'
import type { RoomShell } from '../room-shell.ts'

/** An open document. */
export interface OpenFigures {
  readonly name: DocName
  /** Attached, those of the server's own requests included. */
  readonly sessions: number
  readonly unsavedBytes: number
}

/** What stands in its log, as its room knows it. */
export interface LogFigures {
  readonly snapshotBytes: number
  readonly tailUpdates: number
  readonly tailBytes: number
  readonly isFolding: boolean
}

/** How far a session is behind. */
export interface SessionLag {
  /** Waits to be taken by its connection, bytes. */
  readonly queuedBytes: number
  /** R9: it is not told of every change until it has read what waits. */
  readonly isHeld: boolean
}

/** The figures of one. */
export const openFigures = ({ room, sessions }: RoomShell): OpenFigures => ({
  name: room.name,
  sessions: sessions.size,
  unsavedBytes: unsavedIn(room.phase),
})

/** What its room knows of its log; null while that is read, or where it could not be. */
export const logFigures = ({ room: { phase } }: RoomShell): LogFigures | null => {
  if (phase.kind !== 'live' && phase.kind !== 'closing') return null
  const { snapshotBytes, tail, compaction } = phase.document
  return {
    snapshotBytes,
    tailUpdates: tail.updates,
    tailBytes: tail.bytes,
    isFolding: compaction.kind === 'running',
  }
}

/** How far each of its sessions is behind. */
export const lagOf = ({
  room: { phase },
  sessions,
}: RoomShell): ReadonlyMap<SessionId, SessionLag> =>
  new Map(
    [...sessions].map(([id, { socket }]) => {
      const member = phase.kind === 'live' ? phase.members.get(id) : undefined
      return [id, { queuedBytes: socket.queuedBytes(), isHeld: member?.flow.kind === 'held' }]
    }),
  )

/** The first `count` by a figure, the largest first; those with none are left out. */
export const topBy = <T>(
  all: Iterable<T>,
  count: number,
  figure: (one: T) => number,
): readonly T[] => {
  const top: { readonly one: T; readonly by: number }[] = []
  for (const one of all) {
    const by = figure(one)
    const least = top.at(-1)?.by ?? 0
    if (by <= 0 || (top.length === count && by <= least)) continue
    let at = top.length
    while (at > 0 && (top[at - 1]?.by ?? 0) < by) at--
    top.splice(at, 0, { one, by })
    if (top.length > count) top.pop()
  }
  return top.map(({ one }) => one)
}
