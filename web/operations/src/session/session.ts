/*
 *   checking ──may not──▶ asking ──token──▶ checking ──may──▶ in ──login over──▶ asking
 *      │                                       │
 *      └──────── no answer: again, each time a little later ────────┘
 */
import { createStore } from '@quire/editor/store.ts'
import type { Readable } from '@quire/editor/store.ts'

import { Api, ApiProblem, sentence } from './api.ts'
import { followOperations } from './live.ts'
import type { Live } from './live.ts'
import type { TokenStore } from './token.ts'

/** Who looks at this page. */
export type Session =
  | { readonly kind: 'checking' }
  /** A token is needed. `problem` is what is wrong with the one that was given. */
  | { readonly kind: 'asking'; readonly problem: string | null }
  /** Nobody answers; it is tried again. */
  | { readonly kind: 'unreachable'; readonly problem: string }
  | {
      readonly kind: 'in'
      readonly api: Api
      readonly live: Live
      readonly mayAct: boolean
      /** False where the server lets everybody in. */
      readonly hasToken: boolean
    }

/** The session of this page, and how it is changed. */
export interface SessionStore extends Readable<Session> {
  logIn: (token: string) => void
  logOut: () => void
}

/** The first pause before it is tried again, and the longest, milliseconds. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 15_000

/** What the session is made of. */
export interface SessionOptions {
  /** Where the server is mounted. */
  readonly url: string
  readonly tokens: TokenStore
  readonly now: () => number
}

/** Begins a session with the token that is kept, or none. */
export function createSession({ url, tokens, now }: SessionOptions): SessionStore {
  const store = createStore<Session>({ kind: 'checking' })
  const api = new Api({ url, token: tokens.get })
  let attempt = 0
  let leave = (): void => undefined

  const check = async (pauseMs = FIRST_PAUSE_MS): Promise<void> => {
    const own = ++attempt
    try {
      const { access, ...first } = await api.overview()
      if (own !== attempt) return
      const live = followOperations({ url: `${url}/admin`, token: tokens.get, first, now })
      const undo = live.subscribe(() => {
        const { line } = live.getSnapshot()
        if (line.kind === 'refused') end(sentence(line.reason))
      })
      leave = () => {
        undo()
        live.close()
        leave = () => undefined
      }
      const hasToken = tokens.get() !== null
      store.set({ kind: 'in', api, live, mayAct: access === 'write', hasToken })
    } catch (error) {
      if (own !== attempt) return
      if (error instanceof ApiProblem && (error.status === 401 || error.status === 403))
        return end(tokens.get() === null ? null : error.message)
      const problem = error instanceof Error ? error.message : String(error)
      store.set({ kind: 'unreachable', problem })
      const next = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      setTimeout(() => own === attempt && void check(next), pauseMs * (0.5 + Math.random() / 2))
    }
  }

  const end = (problem: string | null): void => {
    attempt++
    leave()
    store.set({ kind: 'asking', problem })
  }

  void check()
  return {
    ...store,
    logIn: (token) => {
      tokens.set(token)
      leave()
      store.set({ kind: 'checking' })
      void check()
    },
    logOut: () => {
      tokens.set(null)
      end(null)
    },
  }
}
