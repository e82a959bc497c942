const DIGITS = 2

/** A table of figures, a line each. */
export const tableOf = (figures: Readonly<Record<string, number>>): string => {
  const width = Math.max(...Object.keys(figures).map(({ length }) => length))
  const lines = Object.entries(figures).map(([what, value]) => {
    const shown = Number.isInteger(value) ? value : Number(value.toFixed(DIGITS))
    return `  ${what.padEnd(width)}  ${shown.toLocaleString('en')}\n`
  })
  return `\n${lines.join('')}`
}
