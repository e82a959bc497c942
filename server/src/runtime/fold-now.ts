/*
 * Folding a document because somebody who runs the server asks for it. The room does it, as it does all folds: it knows
 * what is in the tail, and nobody else may change that under it. A document that nobody has open is opened for it.
 */
import { err, ok, type Result } from '@quire/shared'
import type { Observe } from '../ports/observe.ts'
import type { Undo } from '../ports/undo.ts'
import type { DirectRequest } from './direct.ts'
import type { NoRoom } from './documents.ts'
import { logFigures, type LogFigures } from './operations/open-documents.ts'
import type { RoomShell } from './room-shell.ts'
import { subscribe } from './subscribe.ts'

/** Folds at most: one that was under way, one for what it has left, and one for what came meanwhile. */
const MOST_FOLDS = 3

/** Folds what is in the tail of a document; resolves with what its log is by then. */
export const foldNow = (
  request: DirectRequest & { readonly observe: Observe },
): Promise<Result<LogFigures, NoRoom>> =>
  new Promise((resolve) => {
    const { documents, document, clock, withinMs } = request
    // whoever finds no place is told so before there is anything to undo
    let undo: Undo = () => undefined
    const end = (outcome: Result<LogFigures, NoRoom>): void => {
      undoDeadline()
      undo()
      resolve(outcome)
    }
    const undoDeadline = clock.after(withinMs, () =>
      end(err({ close: 'tryAgainLater', reason: `not folded within ${withinMs} ms` })),
    )
    const fold = async (): Promise<void> => {
      const shell = documents.shell(document)
      if (shell === undefined) return end(err(CLOSED))
      const folded = await foldIn(shell)
      if (!folded.ok) return end(err({ close: 'tryAgainLater', reason: folded.error }))
      const figures = logFigures(shell)
      end(figures === null ? err(CLOSED) : ok(figures))
    }
    undo = subscribe(
      { ...request, from: 'now' },
      {
        opened: () => void fold(),
        update: () => undefined,
        closed: (close, reason) => end(err({ close, reason })),
      },
    )
  })

const CLOSED: NoRoom = { close: 'tryAgainLater', reason: 'the document was closed meanwhile' }

/** What waits for structs that nobody has sent is appended anew by each fold: that alone is left in the end. */
const foldIn = async (shell: RoomShell): Promise<Result<void, string>> => {
  for (let i = 0; i < MOST_FOLDS && (logFigures(shell)?.tailUpdates ?? 0) > 0; i++) {
    const folded = await shell.fold()
    if (!folded.ok) return folded
  }
  return ok(undefined)
}
