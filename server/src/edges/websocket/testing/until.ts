import { setTimeout as delay } from 'node:timers/promises'

/** How long a test may take on a machine that may be busy; a passing one takes much less. */
export const PATIENCE_MS = 20_000

/** Waits until `check` no longer throws; after half of `PATIENCE_MS` throws what it last threw. */
export const until = async (check: () => void): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS / 2
  for (;;) {
    try {
      return check()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await delay(2)
  }
}
