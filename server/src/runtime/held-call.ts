/** Calls something that is not there yet. */
export interface HeldCall {
  /** Calls it; before it is there, that is noted. */
  readonly call: () => void
  /** It is there: it is called now if it should have been, once however often. */
  readonly found: (wanted: () => void) => void
}

/** Holds calls, such as those of signals, for what the process is about to start. */
export const holdCall = (): HeldCall => {
  let isOwed = false
  let run = (): void => void (isOwed = true)
  return {
    call: () => run(),
    found: (wanted) => {
      run = wanted
      if (isOwed) wanted()
    },
  }
}
