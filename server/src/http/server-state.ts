import type { EventStreamEdge } from '../edges/event-stream/event-stream-edge.ts'
import type { WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { ServerState } from '../observe/metrics.ts'
import type { Storage } from '../ports/storage.ts'
import type { Documents } from '../runtime/documents.ts'
import type { ByteBudget } from './byte-budget.ts'

/** Whose figures are read. */
export interface StateSource {
  readonly documents: Documents
  readonly storage: Storage
  readonly edge: WebSocketEdge
  readonly streams: EventStreamEdge
  /** What requests hold in memory. */
  readonly bodies: readonly ByteBudget[]
}

/** How a server is at this moment. Looks at each open document once. */
export const serverState = async (source: StateSource): Promise<ServerState> => {
  const { documents, storage, edge, streams, bodies } = source
  const stored = await storage.figures?.()
  const { rooms: open, failing, unopened } = documents.figures()
  const { unsavedBytes, queuedBytes } = documents.memory()
  const { answerBytes, answersWaiting, foldsWaiting, loginsBeingChecked } = documents.queues()
  return {
    documents: { open, failing, unopened },
    unsaved: { bytes: unsavedBytes, oldestMs: documents.oldestUnsavedMs() },
    queuedBytes: {
      load: queuedBytes,
      answers: answerBytes,
      bodies: bodies.reduce((sum, { held }) => sum + held, 0),
    },
    queuedEntries: { answers: answersWaiting, folds: foldsWaiting, logins: loginsBeingChecked },
    databaseBytes:
      stored?.ok === true
        ? { database: stored.value.databaseBytes, wal: stored.value.walBytes }
        : {},
    connections: { websocket: edge.figures().sockets, 'event-stream': streams.figures().streams },
    isDraining: documents.isDraining,
  }
}
