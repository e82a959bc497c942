/* Numbers as people read them: short, and each with its unit. */

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 1, notation: 'compact' })
const WHOLE = new Intl.NumberFormat('en')
const EXACT_TIME = new Intl.DateTimeFormat('en', {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
})

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

const digits = (value: number): string => {
  if (value === 0 || value >= 99.95) return String(Math.round(value))
  if (value >= 9.95) return value.toFixed(1).replace(/\.0$/, '')
  return value.toFixed(value >= 0.995 ? 1 : 2)
}

/** 1,234 → 1.2K. */
export const countText = (value: number): string => COUNT.format(value)

/** 1234 → 1,234. */
export const wholeText = (value: number): string => WHOLE.format(value)

/** From here on three digits are a thousand. */
const ROUNDED_UP = 999.5

/** In decimal units, as disks are sold. */
export const bytesText = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= ROUNDED_UP && unit < BYTE_UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : digits(value)} ${BYTE_UNITS[unit]}`
}

/** 0.25 → 0.25 ms, 1500 → 1.5 s. */
export const durationText = (ms: number): string => {
  if (ms < ROUNDED_UP) return `${digits(ms)} ms`
  if (ms < 59_950) return `${digits(ms / 1_000)} s`
  if (ms < 3_600_000) return `${Math.floor((ms + 50) / 60_000)} min`
  if (ms < 86_400_000)
    return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`
  return `${Math.floor(ms / 86_400_000)} d ${Math.floor((ms % 86_400_000) / 3_600_000)} h`
}

/** 0.123 → 12 %. */
export const shareText = (share: number): string =>
  share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`

/** How long ago something was, of two times of the same clock. */
export const agoText = (at: number, now: number): string => {
  const ms = Math.max(0, now - at)
  if (ms < 1_500) return 'now'
  if (ms < 59_500) return `${Math.round(ms / 1_000)} s ago`
  if (ms < 3_600_000) return `${Math.floor((ms + 500) / 60_000)} min ago`
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ago`
  return `${Math.floor(ms / 86_400_000)} d ago`
}

/** A moment, exactly, in this machine's time zone. */
export const exactTimeText = (at: number): string => EXACT_TIME.format(at)

/** `1 session`, `2 sessions`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${wholeText(count)} ${count === 1 ? one : many}`
