import { limits } from '../limits.ts'

/**
 * Why `text` is not JSON that is safe to hand to other people's programs, or null if it is.
 * `JSON.parse` takes any depth, but every consumer that walks or stringifies the value recurses, and
 * an own key `__proto__` turns into a prototype as soon as somebody copies the object by assignment.
 */
export const jsonProblem = (text: string): string | null => {
  if (jsonDepth(text) > limits.nestingDepth)
    return `JSON nests deeper than the limit ${limits.nestingDepth}`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'text is not JSON'
  }
  // only a text that spells the key, plainly or by an escape, can hold it
  if ((text.includes('__proto__') || text.includes('\\u')) && holdsProto(value))
    return 'JSON holds the key "__proto__"'
  return null
}

/** How deep brackets nest outside of strings; an upper bound on the value's depth. */
const jsonDepth = (text: string): number => {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (quoted) {
      if (unit === 0x5c) i++
      else if (unit === 0x22) quoted = false
    } else if (unit === 0x22) quoted = true
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return deepest
}

const holdsProto = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (Object.hasOwn(value, '__proto__')) return true
  return Object.values(value).some(holdsProto)
}
