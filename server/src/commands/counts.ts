import { InvalidArgumentError } from 'commander'

/** Reads a whole number from `least` on, for an option. */
export const countFrom =
  (least: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
    if (value < least) throw new InvalidArgumentError(`It must be a whole number from ${least} on.`)
    return value
  }
