/** Seconds of each unit. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Seconds in a time such as 90s, 15m, 1h or 30d; null for what is none. */
export const parseDuration = (text: string): number | null => {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(digits) * (UNITS[unit] ?? 0)
  return seconds > 0 ? seconds : null
}
