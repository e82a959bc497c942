/* The document API of a running server, asked at the pace that it allows. */
import { createApiClient, QuireApiError, type ApiClient } from '../../client.ts'
import { messageOf } from './source.ts'

/** How often a request is made again that the server has no room for now. */
const ATTEMPTS = 20
/** What is waited where the server does not say how long, seconds; and at most, whatever it says. */
const [WAIT_SECONDS, MOST_SECONDS] = [1, 60]

const waiting = (seconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error) // of what aborts
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, seconds * 1000)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

/** `fetch` that comes back when the server says so (429, 503); bodies are bytes or text, which can be sent again. */
const patientFetch =
  (signal: AbortSignal): typeof fetch =>
  async (input, init) => {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(input, init)
      const isLater = response.status === 429 || response.status === 503
      if (!isLater || attempt === ATTEMPTS) return response
      await response.body?.cancel()
      const told = Number(response.headers.get('retry-after') ?? WAIT_SECONDS)
      const seconds = Number.isFinite(told) ? told : WAIT_SECONDS
      await waiting(Math.min(Math.max(seconds, 0), MOST_SECONDS), signal)
    }
  }

/** Which server, and as whom. */
export interface ServerAddress {
  readonly url: string
  readonly token: string | null
}

/** A client of a server's API. */
export const serverClient = ({ url, token }: ServerAddress, signal: AbortSignal): ApiClient =>
  createApiClient({
    url,
    signal,
    fetch: patientFetch(signal),
    ...(token !== null && { token }),
  })

/** An error that says which server it is of, and what it said. */
export const serverError = (url: string, thrown: unknown): Error => {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const told = messageOf(cause)
  const status = thrown instanceof QuireApiError ? ` (status ${thrown.status})` : ''
  const isDenied = thrown instanceof QuireApiError && [401, 403].includes(thrown.status)
  const hint = isDenied
    ? '; the token is read from QUIRE_TOKEN or --token-file, and must be an application’s that grants the prefix'
    : ''
  return new Error(`the server at ${url}: ${told}${status}${hint}`, { cause: thrown })
}
