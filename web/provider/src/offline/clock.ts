/** Time as a store needs it. */
export interface OfflineClock {
  /** Milliseconds of the wall clock, which may jump. */
  now(): number
  /** Calls `task` once, not before so many milliseconds have passed, unless undone. */
  after(ms: number, task: () => void): () => void
}

/** The clock of a browser, a worker, or Node. */
export const systemClock: OfflineClock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}
