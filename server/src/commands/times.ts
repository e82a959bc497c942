/** Seconds of each unit. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** A hundred years; of what is far beyond, no date can be made. */
const MOST_SECONDS = 36_500 * 86_400

/** Seconds in a time such as 90s, 15m, 1h or 30d; null for what is none, and for more than 36500d. */
export const parseDuration = (text: string): number | null => {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(digits) * (UNITS[unit] ?? 0)
  return seconds > 0 && seconds <= MOST_SECONDS ? seconds : null
}

/** What is wrong with a time that `--at` gave, null for none. */
export const timeProblem = (at: string | undefined): string | null =>
  at === undefined || !Number.isNaN(Date.parse(at))
    ? null
    : `--at ${at}: must be a time (ISO 8601) such as 2026-11-26T06:29:29Z`
