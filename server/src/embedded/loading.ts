import { err, type Result } from '@quire/shared'
import { authorizeOperations } from '../ports/operations.ts'
import type { Auth, Denial } from '../ports/auth.ts'

/** Reads something once; after a failure whoever asks next has it read again. */
export class Loading {
  readonly #load: () => Promise<Result<void, string>>
  #loading: Promise<Result<void, string>> | null = null

  constructor(load: () => Promise<Result<void, string>>) {
    this.#load = load
  }

  /** Resolves once it was read, or with the reason why it could not be. */
  async done(): Promise<Result<void, string>> {
    const loading = (this.#loading ??= this.#load())
    const loaded = await loading
    if (!loaded.ok && this.#loading === loading) this.#loading = null
    return loaded
  }
}

/** Decides like another one, but lets nobody in before something was read. */
export const authAfter = (loading: Loading, auth: Auth): Auth => {
  const after = async <T>(decide: () => Promise<Result<T, Denial>>): Promise<Result<T, Denial>> => {
    const loaded = await loading.done()
    return loaded.ok ? decide() : err({ kind: 'tryAgainLater', message: loaded.error })
  }
  return {
    needsToken: auth.needsToken,
    readsRequests: auth.readsRequests === true,
    authorize: (request) => after(() => auth.authorize(request)),
    authorizeAll: (request) => after(() => auth.authorizeAll(request)),
    issue: (request, part) => auth.issue(request, part),
    authorizeOperations: (request) => after(() => authorizeOperations(auth, request)),
  }
}
