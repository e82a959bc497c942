/** Where progress is drawn: one line that is redrawn on a terminal, a few plain lines elsewhere. */
export interface Screen {
  readonly isTTY: boolean
  write(text: string): void
}

/** Progress towards a known total. */
export interface Progress {
  /** So much is done, of the total. */
  show(done: number): void
  /** All is done: leaves the last line standing. */
  end(): void
}

const WIDTH = 32
const REDRAW_MS = 100
const PLAIN_LINES = 10

/** Draws progress on a screen. `now` is in milliseconds. */
export const drawProgress = (
  screen: Screen,
  {
    label,
    total,
    now,
  }: { readonly label: string; readonly total: number; readonly now: () => number },
): Progress => {
  const startedAt = now()
  let drawnAt = Number.NEGATIVE_INFINITY
  let tenths = -1
  let last = 0

  const line = (done: number): string => {
    const share = total === 0 ? 1 : done / total
    const full = Math.round(share * WIDTH)
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
    const perSecond = Math.round((done / Math.max(1, now() - startedAt)) * 1000)
    const percent = String(Math.floor(share * 100)).padStart(3)
    return `${label} ${bar} ${percent} %  ${done} of ${total}  ${perSecond}/s`
  }
  const redraw = (done: number): void => {
    drawnAt = now()
    screen.write(`\r${line(done)}`)
  }
  return {
    show(done) {
      last = done
      if (screen.isTTY) {
        if (now() - drawnAt >= REDRAW_MS) redraw(done)
        return
      }
      const reached = Math.floor((done / total) * PLAIN_LINES)
      if (reached <= tenths) return
      tenths = reached
      screen.write(`${line(done)}\n`)
    },
    end() {
      if (!screen.isTTY) return
      redraw(last)
      screen.write('\n')
    },
  }
}
