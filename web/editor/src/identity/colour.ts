/** A colour as six hex digits, `#rrggbb`: the only form that reaches a style. */
export type HexColour = `#${string}`

/** Colours of people. White text is readable on each (WCAG 2.2 §1.4.3, at least 4.5:1). */
export const personColours: readonly HexColour[] = [
  '#b42318',
  '#b54708',
  '#8a6100',
  '#4d7c0f',
  '#15803d',
  '#0f766e',
  '#0e7490',
  '#1d64c4',
  '#4f46e5',
  '#7c3aed',
  '#a21caf',
  '#be185d',
]

/** Accepts exactly `#rrggbb`; anything else, from wherever, is `null`. */
export function parseColour(raw: unknown): HexColour | null {
  return typeof raw === 'string' && /^#[0-9a-f]{6}$/i.test(raw) ? (raw as HexColour) : null // the pattern is the type
}

/** The same colour for the same seed, a whole number of any size. */
export function derivedColour(seed: number): HexColour {
  const colour = personColours[Math.abs(Math.trunc(seed)) % personColours.length]
  return colour ?? '#4f46e5'
}

/** Black or white, whichever reads better on `background`: always at least 4.5:1. */
export function textColourOn(background: HexColour): HexColour {
  return contrast(background, '#ffffff') >= contrast(background, '#000000') ? '#ffffff' : '#000000'
}

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: HexColour, b: HexColour): number {
  const [dark, light] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

/** Relative luminance of sRGB (WCAG 2.2, "relative luminance"). */
function luminance(colour: HexColour): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
