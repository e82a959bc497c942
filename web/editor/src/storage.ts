/** The part of `localStorage` that Quire uses. */
export interface TextStorage {
  getItem: (key: string) => string | null
  setItem: (key: string, value: string) => void
}

/** Storage that lasts as long as the page; used where the browser blocks `localStorage`. */
export function memoryStorage(): TextStorage {
  const entries = new Map<string, string>()
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
  }
}

/** `localStorage`, or memory where it is blocked. A full storage keeps the old value. */
export function browserStorage(): TextStorage {
  const local = reachableLocalStorage()
  if (local === null) return memoryStorage()
  return {
    getItem: (key) => local.getItem(key),
    setItem: (key, value) => {
      try {
        local.setItem(key, value)
      } catch (cause) {
        console.warn(`${key} could not be stored`, cause)
      }
    },
  }
}

/** Reads JSON; `undefined` for an absent or broken entry, as other code may have written it. */
export function readJson(storage: TextStorage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null')
  } catch {
    return undefined
  }
}

function reachableLocalStorage(): Storage | null {
  try {
    localStorage.getItem('quire:theme')
    return localStorage
  } catch {
    return null
  }
}
