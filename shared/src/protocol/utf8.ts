/*
 * One pass over UTF-8 that validates it (Unicode 16 table 3-7, what `TextDecoder` with `fatal` takes)
 * and counts the UTF-16 units it decodes to, without making the string: Yjs measures text in those.
 */

/** UTF-16 units of the UTF-8 in `bytes[from, to)`, or -1 where it is not well-formed. */
export const utf16Units = (bytes: Uint8Array, from: number, to: number): number => {
  let units = 0
  let at = from
  while (at < to) {
    const lead = bytes[at] ?? 0
    if (lead < 0x80) {
      at += 1
      units += 1
      continue
    }
    const size = sequenceSize(bytes, at, to)
    if (size === 0) return -1
    at += size
    units += size === 4 ? 2 : 1
  }
  return units
}

/** Length of the multi-byte sequence at `at`, or 0 where there is none. */
const sequenceSize = (bytes: Uint8Array, at: number, to: number): 0 | 2 | 3 | 4 => {
  const lead = bytes[at] ?? 0
  if (lead >= 0xc2 && lead <= 0xdf) return hasTail(bytes, at + 1, at + 2, to) ? 2 : 0
  const second = bytes[at + 1] ?? 0
  if (lead >= 0xe0 && lead <= 0xef) {
    // E0 must not be overlong, ED must not be a surrogate
    const low = lead === 0xe0 ? 0xa0 : 0x80
    const high = lead === 0xed ? 0x9f : 0xbf
    return second >= low && second <= high && hasTail(bytes, at + 2, at + 3, to) ? 3 : 0
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    // F0 must not be overlong, F4 must not pass U+10FFFF
    const low = lead === 0xf0 ? 0x90 : 0x80
    const high = lead === 0xf4 ? 0x8f : 0xbf
    return second >= low && second <= high && hasTail(bytes, at + 2, at + 4, to) ? 4 : 0
  }
  return 0
}

const hasTail = (bytes: Uint8Array, from: number, end: number, to: number): boolean => {
  if (end > to) return false
  for (let at = from; at < end; at++) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return false
  return true
}
