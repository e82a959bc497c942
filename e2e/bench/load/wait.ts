/** Waits until a condition holds, looking every few milliseconds; false if it does not in time. */
export const isInTime = async (holds: () => boolean, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > deadline) return false
    await pause(5)
  }
  return true
}

/** Lets time pass: for a server to settle before its memory is read, or a network to be away. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))
