import { randomInt } from 'node:crypto'

/** A seed for this run, or the one to repeat: `E2E_SEED`. To be printed. */
export const runSeed = (): number =>
  Number(process.env['E2E_SEED'] ?? randomInt(1, 2 ** 31 - 1)) % 2_147_483_647 || 1

/** Numbers that follow from `seed`, each in [0, limit). */
export const numbersFrom = (seed: number): ((limit: number) => number) => {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}
