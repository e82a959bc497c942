/*
 * How far long work is, on standard error: one line that is written over on a terminal, and elsewhere a line at the
 * start, at each quarter, and at the end, so that a log of a nightly run stays short.
 */

/** One piece of long work. */
export interface Progress {
  /** So much of the total is done; also a total that was not known, or has changed, may be told. */
  at(done: number, total?: number): void
  /** The work is over; what was shown stays. Safe to call twice. */
  end(): void
}

/** Where progress is written to. */
export interface ProgressTarget {
  readonly isTTY: boolean
  /** Characters of a line. */
  readonly columns: number
  write(text: string): void
}

/** Written over at most so often: more is not seen, and costs the terminal. */
const REDRAW_MS = 100
const BAR_CELLS = 24
const QUARTERS = 4

const amount = (value: number, unit: string): string =>
  unit === 'bytes' ? formatBytes(value) : `${value.toLocaleString('en')} ${unit}`

/** `total` 0: it is not known. */
const amountOf = (done: number, total: number, unit: string): string => {
  if (total === 0) return amount(done, unit)
  const part = unit === 'bytes' ? formatBytes(done) : done.toLocaleString('en')
  return `${part} of ${amount(total, unit)}`
}

/** Bytes for people: 1,536 is "1.5 KiB". */
export const formatBytes = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`
}

const onTerminal = (
  label: string,
  unit: string,
  { target, now }: { readonly target: ProgressTarget; readonly now: () => number },
): Progress => {
  let [done, total, drawnAt, isOver] = [0, 0, -Infinity, false]
  const draw = (): void => {
    drawnAt = now()
    const share = total === 0 ? 0 : Math.min(1, done / total)
    const filled = Math.round(share * BAR_CELLS)
    const bar = '#'.repeat(filled).padEnd(BAR_CELLS, '.')
    const gauge = total === 0 ? '' : ` [${bar}] ${Math.floor(share * 100)} %`
    const line = `${label}${gauge} ${amountOf(done, total, unit)}`
    target.write(`\r${line.slice(0, target.columns - 1)}\u001b[K`)
  }
  return {
    at: (value, of = total) => {
      ;[done, total] = [value, of]
      if (!isOver && now() - drawnAt >= REDRAW_MS) draw()
    },
    end: () => {
      if (isOver || drawnAt === -Infinity) return // not begun: there is nothing to tell
      isOver = true
      draw()
      target.write('\n')
    },
  }
}

const inLines = (label: string, unit: string, target: ProgressTarget): Progress => {
  let [done, total, told, isOver] = [0, 0, -1, false]
  const tell = (): void => {
    target.write(`${label}: ${amountOf(done, total, unit)}\n`)
  }
  return {
    at: (value, of = total) => {
      ;[done, total] = [value, of]
      const quarter = total === 0 ? 0 : Math.floor((done / total) * QUARTERS)
      if (isOver || quarter <= told || quarter >= QUARTERS) return // the last one is the end's
      told = quarter
      tell()
    },
    end: () => {
      if (isOver || told < 0) return // not begun: there is nothing to tell
      isOver = true
      tell()
    },
  }
}

/** Shows work of so many `unit` (bytes, or a plural); its total is told with the first `at`, if it is known. */
export const createProgress = (
  label: string,
  unit: string,
  { target, now }: { readonly target: ProgressTarget; readonly now: () => number },
): Progress =>
  target.isTTY ? onTerminal(label, unit, { target, now }) : inLines(label, unit, target)

/** Shows nothing. */
export const noProgress: Progress = { at: () => undefined, end: () => undefined }
