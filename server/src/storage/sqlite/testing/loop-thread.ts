import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../../ports/storage.ts'
import type { ThreadOptions } from '../messages.ts'
import type { ReaderOperations, WriterOperations } from '../operations.ts'
import { transfersOf } from '../packed.ts'
import { openService, type Service } from '../service.ts'
import { createSqliteStorage, type SqliteStorage, systemNow } from '../sqlite-storage.ts'
import type { Thread } from '../thread.ts'

/**
 * A storage thread without the thread: the same service on the caller's own event loop, messages
 * cloned and buffers transferred as between threads. Opens in milliseconds; for tests of many.
 */
export const loopThread = <O>(options: ThreadOptions): Thread<O> => {
  let service: Service | null = null
  let checkpointed: ReturnType<Service['afterAnswer']> = null

  const ask = async (op: string, asked: unknown): Promise<Result<unknown, StorageProblem>> => {
    const handle = service?.handlers[op]
    if (!handle) return err({ kind: 'closed', message: `${options.file} is closed` })
    const result = handle(structuredClone(asked, { transfer: transfersOf(asked) }))
    checkpointed = service?.afterAnswer() ?? checkpointed
    return structuredClone(result, { transfer: result.ok ? transfersOf(result.value) : [] })
  }

  const close = async (): Promise<void> => {
    service?.close()
    service = null
  }

  return {
    open: async () => {
      const opened = openService(options, () => undefined)
      if (!opened.ok) return opened
      service = opened.value
      return ok(undefined)
    },
    ask: ask as Thread<O>['ask'], // as in thread.ts: the service compiles against operations.ts
    askAlways: ask as Thread<O>['askAlways'], // a loop has one life
    checkpointed: () => checkpointed,
    close,
    kill: close,
  }
}

/** A SQLite storage in `dataDir` on loop threads, without the claim on the directory. */
export const openLoopStorage = async (dataDir: string): Promise<SqliteStorage> => {
  const file = join(dataDir, 'quire.db')
  const writer = loopThread<WriterOperations>({ role: 'writer', file, synchronous: 'normal' })
  const reader = loopThread<ReaderOperations>({ role: 'reader', file })
  const storage = createSqliteStorage({
    file,
    writer,
    reader,
    now: systemNow,
    epoch: () => randomInt(1, 2 ** 48 - 1),
    release: () => undefined,
  })
  for (const opened of [await writer.open(), await reader.open()])
    if (!opened.ok) throw new Error(opened.error.message)
  return storage
}
