/*
 * The operations of a server put together. Pages follow one document, by the same means as any other: a second server
 * of documents inside of this one, whose storage is memory, whose logins are those of who runs the server, and at which
 * nobody writes but the server.
 */
import { err, ok, type Result } from '@quire/shared'
import { createClusterHub } from './cluster/single.ts'
import type { ThreadedContent } from './content/threaded.ts'
import type { OperationsFeed } from './observe/operations-feed.ts'
import type { Auth, Denial, Grant } from './ports/auth.ts'
import type { Clock } from './ports/clock.ts'
import type { Observe } from './ports/observe.ts'
import { Documents, type DocumentsOptions, type NoRoom } from './runtime/documents.ts'
import { GroupCommit } from './runtime/group-commit.ts'
import { LIVE_NAME } from './runtime/operations/live-writer.ts'
import { Operations } from './runtime/operations/operations.ts'
import { createMemory, createMemoryStorage } from './storage/memory.ts'

/** What they are of. */
export interface OperationsAssembly extends Pick<
  DocumentsOptions,
  'limits' | 'serverLimits' | 'lagBytes' | 'readMs' | 'answerBytes' | 'flushIntervalMs'
> {
  readonly documents: Documents
  readonly feed: OperationsFeed
  readonly clock: Clock
  readonly observe: Observe
  readonly content: Pick<ThreadedContent, 'collecting'>
  readonly refusing: () => string | null
}

/** Puts them together; nothing runs until they are started. */
export const assembleOperations = ({
  documents,
  feed,
  clock,
  observe,
  content,
  refusing,
  ...limits
}: OperationsAssembly): { readonly operations: Operations; readonly live: Documents } => {
  const storage = createMemoryStorage(createMemory())
  const live = new Documents({
    ...limits,
    storage,
    commits: new GroupCommit({ storage, clock, spacingMs: 0 }),
    content: content.collecting, // it is rewritten every two seconds: kept, what is deleted would fill the memory
    cluster: createClusterHub().node(),
    observe: { event: (event) => operations.live.event(event) },
    clock,
    auth: operatorsAuth(documents),
    stateless: { received: () => undefined },
    durability: 'ack',
  })
  const operations = new Operations({
    documents,
    feed,
    clock,
    observe,
    refusing,
    live: { documents: live, storage },
  })
  return { operations, live }
}

/** Lets those read the one document who may see how the server is. */
const operatorsAuth = (documents: Documents): Auth => ({
  needsToken: false, // a cookie may do
  readsRequests: true,
  async authorize({ document, token, request }): Promise<Result<Grant, Denial>> {
    if (document !== LIVE_NAME)
      return err({ kind: 'forbidden', message: `here is ${LIVE_NAME} alone` })
    const login = await documents.loginOperations(token, request)
    if (!login.ok) return err(denialOf(login.error))
    return ok({ ...login.value, access: 'read', isApplication: false })
  },
  authorizeAll: () => NOBODY_MAY,
  issue: () => NOBODY_MAY,
})

const NOBODY_MAY = Promise.resolve(
  err<Denial>({ kind: 'forbidden', message: 'here is nothing but the page of operations' }),
)

const denialOf = ({ close, reason }: NoRoom): Denial => {
  const isDenial = close === 'unauthorized' || close === 'forbidden' || close === 'internalError'
  return { kind: isDenial ? close : 'tryAgainLater', message: reason }
}
