import { err, type Result } from '@quire/shared'
import type { Storage, StorageProblem } from '../../ports/storage.ts'

/** The operations that weather can touch: all but `close`, which always gets through, and `figures`, which a storage in memory has none of. */
export type StorageOp = Exclude<keyof Storage, 'close' | 'figures'>

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

/** All of them, by hand: a storage may have more methods of its own. The type sees that none is missing. */
const ops: Readonly<Record<StorageOp, null>> = {
  open: null,
  append: null,
  outline: null,
  read: null,
  parts: null,
  compact: null,
  quarantined: null,
  list: null,
  find: null,
  create: null,
  remove: null,
  undelete: null,
  freeKey: null,
  purge: null,
  authors: null,
  authorsAmong: null,
  keepVersion: null,
  versions: null,
  version: null,
  nameVersion: null,
  removeVersion: null,
  keepPatch: null,
  replacePatch: null,
  patches: null,
  patch: null,
  removePatch: null,
  revoke: null,
  revocations: null,
  unrevoke: null,
  openOutbox: null,
  settleOutbox: null,
  putNotices: null,
  dueDeliveries: null,
  recordDeliveries: null,
  outboxFigures: null,
  deadLetters: null,
  replayDeadLetters: null,
  dropDeadLetter: null,
}

const forEachOp = <T>(make: () => T): Record<StorageOp, T> =>
  // the keys are those of `ops`
  Object.fromEntries(Object.keys(ops).map((op) => [op, make()])) as Record<StorageOp, T>

/** Puts `real` under the weather that the returned controls make. Starts fair: all calls pass. */
export const withWeather = (real: Storage): StorageWeather => {
  const weatherOf = forEachOp(fair)
  const calls = forEachOp(() => 0)

  const count = (op: StorageOp): void => {
    calls[op] += 1
    const met = weatherOf[op].callWaiters.filter((waiter) => waiter.count <= calls[op])
    weatherOf[op].callWaiters = weatherOf[op].callWaiters.filter(
      (waiter) => waiter.count > calls[op],
    )
    for (const waiter of met) waiter.resolve()
  }

  const through = async <T>(
    op: StorageOp,
    call: () => Promise<Result<T, StorageProblem>>,
  ): Promise<Result<T, StorageProblem>> => {
    const weather = weatherOf[op]
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
      list: (question) => through('list', () => real.list(question)),
      find: (name) => through('find', () => real.find(name)),
      create: (name, creation) => through('create', () => real.create(name, creation)),
      remove: (doc, at) => through('remove', () => real.remove(doc, at)),
      undelete: (doc) => through('undelete', () => real.undelete(doc)),
      freeKey: (key) => through('freeKey', () => real.freeKey(key)),
      purge: (before, limit) => through('purge', () => real.purge(before, limit)),
      authors: (doc) => through('authors', () => real.authors(doc)),
      authorsAmong: (doc, users) => through('authorsAmong', () => real.authorsAmong(doc, users)),
      keepVersion: (doc, version, limits) =>
        through('keepVersion', () => real.keepVersion(doc, version, limits)),
      versions: (doc, page) => through('versions', () => real.versions(doc, page)),
      version: (doc, id) => through('version', () => real.version(doc, id)),
      nameVersion: (doc, version, limits) =>
        through('nameVersion', () => real.nameVersion(doc, version, limits)),
      removeVersion: (doc, id) => through('removeVersion', () => real.removeVersion(doc, id)),
      keepPatch: (doc, part, limits) =>
        through('keepPatch', () => real.keepPatch(doc, part, limits)),
      replacePatch: (doc, id, whole) =>
        through('replacePatch', () => real.replacePatch(doc, id, whole)),
      patches: (doc) => through('patches', () => real.patches(doc)),
      patch: (doc, id) => through('patch', () => real.patch(doc, id)),
      removePatch: (doc, id) => through('removePatch', () => real.removePatch(doc, id)),
      revoke: (revocation) => through('revoke', () => real.revoke(revocation)),
      revocations: (now) => through('revocations', () => real.revocations(now)),
      unrevoke: (id) => through('unrevoke', () => real.unrevoke(id)),
      openOutbox: (plan) => through('openOutbox', () => real.openOutbox(plan)),
      settleOutbox: (settling) => through('settleOutbox', () => real.settleOutbox(settling)),
      putNotices: (notices) => through('putNotices', () => real.putNotices(notices)),
      dueDeliveries: (question) => through('dueDeliveries', () => real.dueDeliveries(question)),
      recordDeliveries: (outcomes) =>
        through('recordDeliveries', () => real.recordDeliveries(outcomes)),
      outboxFigures: () => through('outboxFigures', () => real.outboxFigures()),
      deadLetters: (page) => through('deadLetters', () => real.deadLetters(page)),
      replayDeadLetters: (delivery, at) =>
        through('replayDeadLetters', () => real.replayDeadLetters(delivery, at)),
      dropDeadLetter: (delivery) => through('dropDeadLetter', () => real.dropDeadLetter(delivery)),
      close: () => real.close(),
    },
    hold: (op) => {
      weatherOf[op].holding = true
    },
    release: (op) => {
      weatherOf[op].holding = false
      for (const go of weatherOf[op].waiting.splice(0)) go()
    },
    releaseOne: (op) => weatherOf[op].waiting.shift()?.(),
    fail: (op, problem, times = 1) => {
      weatherOf[op].failing = { problem, left: times }
    },
    heal: (op) => {
      weatherOf[op].failing = null
    },
    called: (op, wanted) =>
      calls[op] >= wanted
        ? Promise.resolve()
        : new Promise((resolve) => weatherOf[op].callWaiters.push({ count: wanted, resolve })),
    calls,
  }
}
