import { Worker } from 'node:worker_threads'
import { assertNever, err, ok, type Result } from '@quire/shared'
import type { StorageProblem } from '../../ports/storage.ts'
import { threadFile } from '../../thread-file.ts'
import type { Checkpointed } from './checkpoint.ts'
import type { MigrationEvent } from './connection.ts'
import type { FromThread, OpenProblem, ThreadOptions, ToThread } from './messages.ts'
import type { Outcome } from './operations.ts'
import { transfersOf } from './packed.ts'

/*
 * The event loop's end of a storage thread. A thread that dies (out of memory, a bug) takes its
 * connection along, which rolls back what was not committed. Whoever waits then learns `io`: as after
 * any crash, what was under way may or may not be stored. The next call starts a new thread; how
 * often that is tried is the caller's to pace, as with every storage problem.
 */

/** A thread that performs the operations `O`, one after the other. */
export interface Thread<O> {
  /** Opens the thread's file, or says why it could not. To be called first, and once. */
  open(): Promise<Result<void, OpenProblem>>
  /** Performs one operation. Transfers `ask.packed`: its bytes belong to the thread from here on. */
  ask<K extends keyof O & string>(op: K, ask: Asked<O, K>): Promise<Outcome<O, K>>
  /** Performs an operation, and again as the first one in each later life of the thread. One at a time: the newest. */
  askAlways<K extends keyof O & string>(op: K, ask: Asked<O, K>): Promise<Outcome<O, K>>
  /** What the newest checkpoint came to, null before the first. */
  checkpointed(): Checkpointed | null
  /** Lets the thread finish what it was asked, then close its file. Safe to call twice. */
  close(): Promise<void>
  /** Ends the thread in the midst of whatever it does, as a crash would. For tests. */
  kill(): Promise<void>
}

type Asked<O, K extends keyof O> = O[K] extends { ask: infer Ask } ? Ask : never

type Settle = (result: Result<unknown, StorageProblem>) => void

/** One life of the thread. */
interface Run {
  readonly worker: Worker
  readonly waiting: Map<number, Settle>
  readonly opened: Promise<Result<void, OpenProblem>>
  readonly ended: Promise<void>
}

type State =
  | { readonly kind: 'running'; readonly run: Run }
  | { readonly kind: 'dead' }
  | { readonly kind: 'closed'; readonly done: Promise<void> }

interface RunListener {
  readonly onMigration: (event: MigrationEvent) => void
  readonly onCheckpoint: (checkpointed: Checkpointed) => void
  readonly onEnd: () => void
}

const startRun = (
  options: ThreadOptions,
  { onMigration, onCheckpoint, onEnd }: RunListener,
): Run => {
  const { role, file } = options
  const [body, flags] = threadFile(import.meta.url, './worker')
  const worker = new Worker(body, { ...flags, name: `quire storage ${role}` })
  const waiting = new Map<number, Settle>()
  const opened = Promise.withResolvers<Result<void, OpenProblem>>()
  const ended = Promise.withResolvers<void>()
  let why: string | null = null

  worker.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'migration':
        return onMigration(message.event)
      case 'ready':
        return opened.resolve(ok(undefined))
      case 'refused':
        why = message.problem.message
        return opened.resolve(err(message.problem))
      case 'answer':
        waiting.get(message.id)?.(message.result)
        waiting.delete(message.id)
        return
      case 'checkpointed':
        return onCheckpoint(message.checkpointed)
      default:
        return assertNever(message)
    }
  })
  worker.on('error', (error) => {
    why = error instanceof Error ? error.message : String(error)
  })
  worker.on('exit', (code) => {
    const message = `the ${role} thread of ${file} ended: ${why ?? `exit code ${code}`}`
    const problem: Result<never, StorageProblem> = err({ kind: 'io', message })
    opened.resolve(problem) // has no effect where it was opened or refused
    for (const settle of waiting.values()) settle(problem)
    waiting.clear()
    onEnd()
    ended.resolve()
  })
  return { worker, waiting, opened: opened.promise, ended: ended.promise }
}

/** Starts a storage thread, which takes some 200 ms. It touches nothing before `open`, in which it may migrate its file. */
export const startThread = <O>(
  options: ThreadOptions,
  onMigration: (event: MigrationEvent) => void = () => undefined,
): Thread<O> => {
  let lastId = 0
  let checkpointed: Checkpointed | null = null
  let always: { readonly op: string; readonly ask: unknown } | null = null
  let state: State = { kind: 'dead' }

  const start = (): Run => {
    const run = startRun(options, {
      onMigration,
      onCheckpoint: (newest) => {
        checkpointed = newest
      },
      onEnd: () => {
        if (state.kind === 'running' && state.run === run) state = { kind: 'dead' }
      },
    })
    state = { kind: 'running', run }
    return run
  }

  const post = (run: Run, message: ToThread, transfer: ArrayBuffer[] = []) =>
    run.worker.postMessage(message, transfer)

  const restart = (): Run => {
    const run = start()
    post(run, { kind: 'open', options })
    // nobody waits for it: where it fails, so does what is asked next
    if (always !== null) post(run, { kind: 'ask', id: ++lastId, ...always })
    return run
  }

  const ask = (op: string, asked: unknown): Promise<Result<unknown, StorageProblem>> => {
    if (state.kind === 'closed')
      return Promise.resolve(err({ kind: 'closed', message: `${options.file} is closed` }))
    const run = state.kind === 'running' ? state.run : restart()
    return new Promise((settle) => {
      const id = ++lastId
      run.waiting.set(id, settle)
      post(run, { kind: 'ask', id, op, ask: asked }, transfersOf(asked))
    })
  }

  const finish = async (run: Run): Promise<void> => {
    post(run, { kind: 'close' })
    await run.ended
  }

  const first = start()
  return {
    open: () => {
      post(first, { kind: 'open', options })
      return first.opened
    },
    // The worker answers `op` with its Outcome: both ends compile against operations.ts.
    ask: ask as Thread<O>['ask'],
    askAlways: ((op: string, asked: unknown) => {
      always = { op, ask: asked }
      return ask(op, asked)
    }) as Thread<O>['askAlways'],
    checkpointed: () => checkpointed,
    close: () => {
      if (state.kind === 'closed') return state.done
      const done = state.kind === 'running' ? finish(state.run) : Promise.resolve()
      state = { kind: 'closed', done }
      return done
    },
    kill: async () => {
      if (state.kind === 'running') await state.run.worker.terminate()
    },
  }
}
