/** Levels of nested content, either way: every reader and editor of it recurses. */
export const CONTENT_DEPTH = 256

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** True if a value has objects or lists in more levels than that; it does not recurse. */
export const isDeeper = (value: unknown, levels: number): boolean => {
  let level = [value].filter(isContainer)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > levels) return true
    level = level.flatMap((one) => (Object.values(one) as unknown[]).filter(isContainer))
  }
  return false
}
