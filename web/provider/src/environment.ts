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
}

/** Longest time that timers take, milliseconds. */
const LONGEST_MS = 2 ** 31 - 1

/** A browser, a worker, or Node. */
export const platform: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_MS))
    return () => clearTimeout(timer)
  },
  onWoken(task) {
    const undos: (() => void)[] = []
    const on = (target: EventTarget | undefined, name: string, act: () => void): void => {
      if (target === undefined) return
      target.addEventListener(name, act)
      undos.push(() => target.removeEventListener(name, act))
    }
    const page = typeof document === 'undefined' ? undefined : document
    const all = typeof addEventListener === 'undefined' ? undefined : globalThis
    on(all, 'online', task)
    on(all, 'focus', task)
    on(all, 'pageshow', task)
    on(page, 'resume', task)
    on(page, 'visibilitychange', () => {
      if (page?.visibilityState === 'visible') task()
    })
    return () => {
      for (const undo of undos) undo()
    }
  },
}
