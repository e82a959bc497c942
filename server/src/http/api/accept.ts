/* Which type of an answer a client would rather have (RFC 9110 §12.5.1). */

interface Range {
  readonly type: string
  readonly quality: number
}

const QUALITY = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/

const rangesOf = (accept: string): readonly Range[] =>
  accept.split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    if (type === '') return []
    const [, raw = '1'] = parameters.find((one) => one.startsWith('q='))?.split('=') ?? []
    return [{ type, quality: QUALITY.test(raw) ? Number(raw) : 1 }]
  })

/** How much a range says of a type: the most for its very name. */
const closeness = (range: string, type: string): number => {
  if (range === type) return 3
  if (range === `${type.split('/', 1)[0]}/*`) return 2
  return range === '*/*' ? 1 : 0
}

/**
 * The one of these types, the server's favourite first, that is wanted most; of equals that which is named first. Null where
 * none is acceptable; the favourite where nothing is said.
 */
export const preferred = <T extends string>(
  accept: string | undefined,
  types: readonly [T, ...T[]],
): T | null => {
  const ranges = rangesOf(accept ?? '')
  if (ranges.length === 0) return types[0]
  let best: { readonly type: T; readonly quality: number; readonly place: number } | null = null
  for (const type of types) {
    let [quality, place, close] = [0, 0, 0]
    for (const [index, range] of ranges.entries()) {
      const own = closeness(range.type, type)
      if (own > close) [quality, place, close] = [range.quality, index, own]
    }
    const isBetter =
      best === null || quality > best.quality || (quality === best.quality && place < best.place)
    if (quality > 0 && isBetter) best = { type, quality, place }
  }
  return best?.type ?? null
}
