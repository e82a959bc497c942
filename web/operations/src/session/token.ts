import type { TextStorage } from '@quire/editor/storage.ts'

/** Where the token is kept, as long as the tab is. */
const KEY = 'quire:operations-token'

/** The token of this tab. */
export interface TokenStore {
  get: () => string | null
  set: (token: string | null) => void
}

/** Reads and keeps the token; an empty text is none. */
export function createTokenStore(storage: TextStorage): TokenStore {
  return {
    get: () => storage.getItem(KEY) || null,
    set: (token) => storage.setItem(KEY, token ?? ''),
  }
}

/** A token that a link brought along (`#token=…`), and the fragment without it. */
export function takeToken(hash: string): { token: string; hash: string } | null {
  const fragment = new URLSearchParams(hash.replace(/^#/, ''))
  const token = fragment.get('token')
  if (token === null || token === '') return null
  return { token, hash: '' }
}
