/** A source of numbers in [0, 1) that is the same for the same seed (mulberry32). */
export type Random = () => number

/** Makes a source. */
export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from `min` to `max`, both included. */
export const between = (random: Random, min: number, max: number): number =>
  min + Math.floor(random() * (max - min + 1))

/** The seed of this run: `E2E_SEED`, or a new one. Put it into the test's title. */
export const runSeed = (): number => Number(process.env['E2E_SEED'] ?? Date.now() % 1_000_000)
