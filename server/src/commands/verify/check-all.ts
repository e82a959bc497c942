/* All documents, in threads: one that a document takes down, or that never ends, costs that document alone. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { threadFile } from '../../thread-file.ts'
import { messageOf } from '../message-of.ts'
import type { Checked } from './finding.ts'

/** Time for one document. The largest honest ones take seconds; content can be made to take for ever. */
const DOCUMENT_MS = 60_000
const MOST_THREADS = 4

/** How to check. */
export interface CheckOptions {
  readonly file: string
  readonly ids: readonly number[]
  readonly signal: AbortSignal
  readonly onChecked: (done: number) => void
}

/**
 * Checks documents by their ids; the order of the answer is any, and those that were purged meanwhile are not in it.
 * Rejects only where it is interrupted.
 */
export const checkAll = async (options: CheckOptions): Promise<readonly Checked[]> => {
  const { file, ids, signal, onChecked } = options
  const checked: Checked[] = []
  let [next, done] = [0, 0]

  const lane = async (): Promise<void> => {
    let worker: Worker | null = null
    try {
      for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
        signal.throwIfAborted()
        worker ??= start(file)
        const one = await checkIn(worker, id, signal)
        signal.throwIfAborted()
        if (one.isLost) {
          await worker.terminate()
          worker = null
        }
        if (one.checked !== null) checked.push(one.checked)
        onChecked(++done)
      }
    } finally {
      await worker?.terminate()
    }
  }

  const lanes = Math.max(1, Math.min(MOST_THREADS, availableParallelism(), ids.length))
  await Promise.all(Array.from({ length: lanes }, lane))
  return checked
}

const start = (file: string): Worker => {
  const worker = new Worker(...threadFile(import.meta.url, './worker'))
  worker.on('error', () => undefined) // also of a thread that is given up already
  worker.postMessage(file)
  return worker
}

interface One {
  /** Null: it is not there any more. */
  readonly checked: Checked | null
  readonly isLost: boolean
}

const checkIn = (worker: Worker, id: number, signal: AbortSignal): Promise<One> =>
  new Promise((resolve) => {
    const end = (one: One): void => {
      clearTimeout(late)
      signal.removeEventListener('abort', onAbort)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      resolve(one)
    }
    const lose = (problem: string): void => {
      const name = `with the id ${id}`
      const findings = [{ document: name, seq: null, problem }]
      end({
        checked: { id, name, isDeleted: false, head: 0, digest: null, findings },
        isLost: true,
      })
    }
    const onAbort = (): void => lose('was not checked')
    const onMessage = (checked: Checked | null): void => end({ checked, isLost: false })
    const onError = (error: unknown): void => lose(`could not be checked: ${messageOf(error)}`)
    const onExit = (): void => lose('could not be checked: the thread ended')
    const late = setTimeout(
      () => lose(`could not be checked within ${DOCUMENT_MS / 1000} s`),
      DOCUMENT_MS,
    )
    signal.addEventListener('abort', onAbort)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(id)
  })
