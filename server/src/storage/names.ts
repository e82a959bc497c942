/* How names are compared and searched (ST20), alike in every storage: as SQLite does it. */

// In UTF-16 surrogates stand below U+E000 to U+FFFF, but the code points that they make stand above.
const weight = (unit: number): number => {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** Below 0 where `one` stands before `other` by code points, which is the order of UTF-8's bytes. */
export const compareCodePoints = (one: string, other: string): number => {
  const shared = Math.min(one.length, other.length)
  for (let i = 0; i < shared; i++) {
    const difference = weight(one.charCodeAt(i)) - weight(other.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

/** Lower case of ASCII letters, and of no others. */
export const lowerAscii = (text: string): string =>
  text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
