/** What a provider needs of where it runs: time, chance, and news of the machine. */
export interface Environment {
  /** Milliseconds of the wall clock, which may jump. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** Calls `task` once after so many milliseconds, unless undone. */
  after(ms: number, task: () => void): () => void
  /** Calls `task` whenever the network may be back, or somebody looks again, until undone. */
  onWoken(task: () => void): () => void
  /** Tells of what a listener of the application threw; never throws. */
  report(error: unknown): void
}

/** Longest time that timers take, milliseconds. */
const LONGEST_MS = 2 ** 31 - 1
/** How often the clock is looked at: a machine that sleeps tells nobody when it wakes up. Milliseconds. */
const LOOK_MS = 5_000
/** A look that is so late was slept through, milliseconds. */
const ASLEEP_MS = 10_000

/** A browser, a worker, or Node. */
export const platform: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_MS))
    return () => clearTimeout(timer)
  },
  onWoken(task) {
    const page = typeof document === 'undefined' ? undefined : document
    const all = typeof addEventListener === 'undefined' ? undefined : globalThis
    const isSeen = (): boolean => page === undefined || page.visibilityState === 'visible'
    const undos = [
      on(all, 'online', task),
      on(all, 'focus', task),
      on(all, 'pageshow', task),
      on(page, 'resume', task),
      on(page, 'visibilitychange', () => {
        if (isSeen()) task()
      }),
      // timers of a hidden page are late anyway, and it is woken when it is seen again
      onSlept(() => {
        if (isSeen()) task()
      }),
    ]
    return () => {
      for (const undo of undos) undo()
    }
  },
  report(error) {
    if (typeof reportError === 'function') reportError(error)
    // where nobody could catch it, what one listener throws must not end the process
    else console.error(error)
  },
}

const on = (target: EventTarget | undefined, name: string, act: () => void): (() => void) => {
  target?.addEventListener(name, act)
  return () => target?.removeEventListener(name, act)
}

const onSlept = (task: () => void): (() => void) => {
  let lookedAt = Date.now()
  const timer = setInterval(() => {
    const isLate = Date.now() - lookedAt >= LOOK_MS + ASLEEP_MS
    lookedAt = Date.now()
    if (isLate) task()
  }, LOOK_MS) as number | { unref(): void } // a browser's, or Node's
  // it is no reason for Node to go on
  if (typeof timer === 'object') timer.unref()
  return () => clearInterval(timer as number) // what setInterval gave
}
