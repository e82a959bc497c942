import type { Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import type { Checkpointed } from './checkpoint.ts'
import type { MigrationEvent, Synchronous } from './connection.ts'
import type { WrongFile } from './schema.ts'

/* What passes between the event loop and a storage thread; operations.ts has the contents. */

/** What a thread is for. */
export type ThreadOptions =
  | {
      readonly role: 'writer'
      readonly file: string
      readonly synchronous: Synchronous
      /** Whether a copy is kept of a file whose schema changes; absent: one is. */
      readonly migrationBackup?: boolean
    }
  | { readonly role: 'reader'; readonly file: string }

/** Why a thread could not open its file. */
export type OpenProblem = StorageProblem | WrongFile

/** What the event loop posts to a thread: first `open`, last `close`. */
export type ToThread =
  | { readonly kind: 'open'; readonly options: ThreadOptions }
  | { readonly kind: 'ask'; readonly id: number; readonly op: string; readonly ask: unknown }
  | { readonly kind: 'close' }

/** What a thread posts: `ready` or `refused` to `open`, what it has to tell of a migration before that, one `answer` per `ask`, in their order. */
export type FromThread =
  | { readonly kind: 'migration'; readonly event: MigrationEvent }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly problem: OpenProblem }
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly result: Result<unknown, StorageProblem>
    }
  | { readonly kind: 'checkpointed'; readonly checkpointed: Checkpointed }
