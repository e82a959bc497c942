/*
 * Open loop: when something is sent is fixed before, and does not wait for the server. What a busy
 * server, or this process, makes late counts as latency, because latency counts from the planned time.
 */

/** Does something at planned times. */
export interface Plan {
  /** In milliseconds of `performance.now()`, ascending. */
  readonly due: Float64Array
  /** Does the i-th; must not throw. */
  readonly send: (i: number) => void
}

/** Resolves when all is done. Told how late each was, in milliseconds. */
export const keepPace = (plan: Plan, late: (ms: number) => void): Promise<void> =>
  new Promise((resolve) => {
    const { due, send } = plan
    let next = 0
    const turn = (): void => {
      let now = performance.now()
      while (next < due.length && (due[next] ?? 0) <= now) {
        send(next)
        late(now - (due[next] ?? 0))
        next++
        if (next % 64 === 0) now = performance.now()
      }
      if (next >= due.length) return resolve()
      setTimeout(turn, Math.max(0, (due[next] ?? 0) - performance.now()))
    }
    turn()
  })

/** Times of people who each do something `perSecond` times a second, each at a moment of their own. */
export const timesOf = (
  people: number,
  { perSecond, seconds, random }: { perSecond: number; seconds: number; random: () => number },
): readonly (readonly number[])[] => {
  const everyMs = 1000 / perSecond
  const each = Math.floor(perSecond * seconds)
  return Array.from({ length: people }, () => {
    const first = random() * everyMs
    return Array.from({ length: each }, (_, i) => first + i * everyMs)
  })
}

/** Puts several people's times into one order: whose turn it is, and which of theirs. */
export const inOrder = (
  times: readonly (readonly number[])[],
): { readonly due: Float64Array; readonly who: Uint32Array; readonly which: Uint32Array } => {
  const all = times.flatMap((own, who) => own.map((at, which) => ({ at, who, which })))
  all.sort((a, b) => a.at - b.at)
  return {
    due: Float64Array.from(all, ({ at }) => at),
    who: Uint32Array.from(all, ({ who }) => who),
    which: Uint32Array.from(all, ({ which }) => which),
  }
}
