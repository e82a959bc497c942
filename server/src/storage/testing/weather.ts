import { err, type Result } from '@quire/shared'
import type { Storage, StorageProblem } from '../../ports/storage.ts'

/** The operations that weather can touch: all but `close`, which always gets through. */
export type StorageOp = Exclude<keyof Storage, 'close'>

/** A storage under a test's control. Nothing happens by itself: no timers, no randomness. */
export interface StorageWeather {
  /** The storage to hand to the module under test. */
  readonly storage: Storage
  /** From now on, calls of `op` wait in front of the real storage. */
  hold(op: StorageOp): void
  /** Lets the waiting calls of `op` go on in their order, and later ones pass. */
  release(op: StorageOp): void
  /** Lets only the call of `op` that waits longest go on; the others still wait. */
  releaseOne(op: StorageOp): void
  /**
   * The next `times` calls of `op` that get through answer `problem`, without touching the real
   * storage. A held call meets the problem when it is released. `Infinity` lasts until `heal`.
   */
  fail(op: StorageOp, problem: StorageProblem, times?: number): void
  /** Ends what `fail` began. */
  heal(op: StorageOp): void
  /** Resolves once `op` has been called `count` times in all, held and failed calls included. */
  called(op: StorageOp, count: number): Promise<void>
  /** How often each operation was called. */
  readonly calls: Readonly<Record<StorageOp, number>>
}

interface OpWeather {
  holding: boolean
  waiting: (() => void)[]
  failing: { readonly problem: StorageProblem; left: number } | null
  callWaiters: { readonly count: number; readonly resolve: () => void }[]
}

const fair = (): OpWeather => ({ holding: false, waiting: [], failing: null, callWaiters: [] })

/** Puts `real` under the weather that the returned controls make. Starts fair: all calls pass. */
export const withWeather = (real: Storage): StorageWeather => {
  const ops = {
    open: fair(),
    outline: fair(),
    append: fair(),
    read: fair(),
    parts: fair(),
    compact: fair(),
    quarantined: fair(),
  }
  const calls = { open: 0, outline: 0, append: 0, read: 0, parts: 0, compact: 0, quarantined: 0 }

  const count = (op: StorageOp): void => {
    calls[op] += 1
    const met = ops[op].callWaiters.filter((waiter) => waiter.count <= calls[op])
    ops[op].callWaiters = ops[op].callWaiters.filter((waiter) => waiter.count > calls[op])
    for (const waiter of met) waiter.resolve()
  }

  const through = async <T>(
    op: StorageOp,
    call: () => Promise<Result<T, StorageProblem>>,
  ): Promise<Result<T, StorageProblem>> => {
    const weather = ops[op]
    count(op)
    if (weather.holding) await new Promise<void>((resolve) => weather.waiting.push(resolve))
    const { failing } = weather
    if (failing && failing.left > 0) {
      failing.left -= 1
      return err(failing.problem)
    }
    return call()
  }

  return {
    storage: {
      open: (name) => through('open', () => real.open(name)),
      append: (batch, at) => through('append', () => real.append(batch, at)),
      outline: (doc) => through('outline', () => real.outline(doc)),
      read: (doc) => through('read', () => real.read(doc)),
      parts: (doc, at, ranges) => through('parts', () => real.parts(doc, at, ranges)),
      compact: (doc, snapshot, quarantined) =>
        through('compact', () => real.compact(doc, snapshot, quarantined)),
      quarantined: (doc) => through('quarantined', () => real.quarantined(doc)),
      close: () => real.close(),
    },
    hold: (op) => {
      ops[op].holding = true
    },
    release: (op) => {
      ops[op].holding = false
      for (const go of ops[op].waiting.splice(0)) go()
    },
    releaseOne: (op) => ops[op].waiting.shift()?.(),
    fail: (op, problem, times = 1) => {
      ops[op].failing = { problem, left: times }
    },
    heal: (op) => {
      ops[op].failing = null
    },
    called: (op, wanted) =>
      calls[op] >= wanted
        ? Promise.resolve()
        : new Promise((resolve) => ops[op].callWaiters.push({ count: wanted, resolve })),
    calls,
  }
}
