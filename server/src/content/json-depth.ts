/** Levels of nested content, either way: every reader and editor of it recurses. */
export const CONTENT_DEPTH = 256

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** True if a value has objects or lists in more levels than that; it does not recurse. */
export const isDeeper = (value: unknown, levels: number): boolean => {
  let level = new Set([value].filter(isContainer))
  for (let depth = 1; level.size > 0; depth++) {
    if (depth > levels) return true
    const next = new Set<object>() // an object may stand in several places, and is looked into once
    for (const one of level)
      for (const inner of Object.values(one) as unknown[]) if (isContainer(inner)) next.add(inner)
    level = next
  }
  return false
}
