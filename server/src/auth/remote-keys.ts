/*
 * The public keys of whoever makes tokens, read from an address (JWKS, RFC 7517 §5).
 *
 * They are read when somebody comes whose key is not known, and again when they are old; at most once in a while,
 * whatever is asked for: nobody makes this server ask for others by tokens with made-up key ids. What has been read once
 * is good until something else can be read: logins go on while the address does not answer.
 */
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWTHeaderParameters,
} from 'jose'
import { err, ok, type Millis, type Result } from '@quire/shared'
import type { Denial } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observe } from '../ports/observe.ts'

/** Time after which keys are read anew by whoever comes next, milliseconds: how long a withdrawn key may still be good. */
const MAX_AGE_MS = 600_000

/** Least time between two readings, milliseconds: how long a new key may be unknown. */
const COOL_DOWN_MS = 10_000

/** Time for the whole answer, milliseconds: less than a login has. */
const DEADLINE_MS = 5_000

/** Largest answer, bytes: a hundred keys with their certificates. */
const ANSWER_BYTES = 256 * 1024

/** What signs with the private half of what a JWKS tells; never a shared secret (RFC 8725 §3.1). */
export const PUBLIC_KEY_ALGORITHMS: ReadonlySet<string> = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' '),
)

/** What the reading of keys needs. */
export interface RemoteKeysOptions {
  /** `https:`, or `http:` on this machine: whoever can change the answer can make tokens. */
  readonly url: string
  readonly clock: Clock
  readonly observe: Observe
  /** Least time between two readings, milliseconds. */
  readonly coolDownMs?: number
  /** Time after which keys are read anew, milliseconds. */
  readonly maxAgeMs?: number
  /** Time for the whole answer, milliseconds. */
  readonly deadlineMs?: number
}

type Find = ReturnType<typeof createLocalJWKSet>
/** A key as jose has it. */
export type RemoteKey = Awaited<ReturnType<Find>>

/** `fetched`: what is known is what the address says now; `failed`: it did not answer; `too-soon`: it was not asked. */
type Reading = 'fetched' | 'failed' | 'too-soon'

/** The keys at one address. */
export class RemoteKeys {
  readonly #options: Required<RemoteKeysOptions>
  #known: { readonly find: Find; readonly readAt: Millis } | null = null
  #reading: Promise<Reading> | null = null
  #endedAt: Millis | null = null
  #isFailing = false

  constructor(options: RemoteKeysOptions) {
    this.#options = {
      coolDownMs: COOL_DOWN_MS,
      maxAgeMs: MAX_AGE_MS,
      deadlineMs: DEADLINE_MS,
      ...options,
    }
  }

  /** The key that a token with this head is signed with; `tryAgainLater` while that cannot be known. Never rejects. */
  async keyFor(head: JWTHeaderParameters): Promise<Result<RemoteKey, Denial>> {
    const { clock, maxAgeMs } = this.#options
    const isOld = this.#known === null || clock.now() - this.#known.readAt >= maxAgeMs
    const reading = isOld ? await this.read() : null
    const found = await this.#find(head)
    if (found.ok || found.error !== unknownKey || reading === 'fetched') return found
    return (await this.read()) === 'fetched' ? this.#find(head) : err(laterKey)
  }

  /** Reads the keys, if that is not too soon; who comes meanwhile shares it. Never rejects. */
  read(): Promise<Reading> {
    const { clock, coolDownMs } = this.#options
    if (this.#reading !== null) return this.#reading
    if (this.#endedAt !== null && clock.now() - this.#endedAt < coolDownMs)
      return Promise.resolve('too-soon')
    this.#reading = this.#read().finally(() => {
      this.#reading = null
      this.#endedAt = clock.now()
    })
    return this.#reading
  }

  async #read(): Promise<Reading> {
    const { clock, observe, url } = this.#options
    const keys = await this.#fetch()
    if (keys.ok) {
      if (this.#isFailing) observe.event({ kind: 'keys-recovered' })
      this.#isFailing = false
      this.#known = { find: createLocalJWKSet(keys.value), readAt: clock.now() }
      return 'fetched'
    }
    this.#isFailing = true
    const { origin, pathname } = new URL(url) // a query may hold a key of its own
    observe.event({ kind: 'keys-failed', problem: `${origin}${pathname} ${keys.error}` })
    return 'failed'
  }

  async #find(head: JWTHeaderParameters): Promise<Result<RemoteKey, Denial>> {
    if (this.#known === null) return err(laterKey)
    try {
      return ok(await this.#known.find(head))
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return err(unknownKey)
      if (error instanceof errors.JWKSMultipleMatchingKeys) return err(severalKeys)
      return err(unusableKey)
    }
  }

  async #fetch(): Promise<Result<JSONWebKeySet, string>> {
    const { url, deadlineMs } = this.#options
    const signal = AbortSignal.timeout(deadlineMs)
    try {
      // whoever is redirected to could be anybody, and be asked without TLS
      const headers = { Accept: 'application/jwk-set+json, application/json' }
      const response = await fetch(url, { signal, redirect: 'manual', headers })
      if (response.status !== 200) {
        await response.body?.cancel()
        return err(`answered ${response.status}, not 200`)
      }
      const text = await textOf(response)
      return text === null ? err(`answered more than ${ANSWER_BYTES} bytes`) : keysIn(text)
    } catch (error) {
      if (signal.aborted) return err(`did not answer within ${deadlineMs} ms`)
      return err(`could not be asked: ${reasonOf(error)}`)
    }
  }
}

const unknownKey: Denial = {
  kind: 'unauthorized',
  message: 'the token is signed with a key that the JWKS does not have',
}

const severalKeys: Denial = {
  kind: 'unauthorized',
  message: 'the token has no kid, and the JWKS has several keys that fit',
}

const unusableKey: Denial = {
  kind: 'unauthorized',
  message: 'the token is signed with a key of the JWKS that cannot be used',
}

const laterKey: Denial = {
  kind: 'tryAgainLater',
  message: 'the key that the token is signed with cannot be had right now',
}

/** Null where it is too long. */
const textOf = async (response: Response): Promise<string | null> => {
  const decoder = new TextDecoder()
  let [text, bytes] = ['', 0]
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES) return null // which ends the answer
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

/** Of what is told, the public keys: a secret in a public place is none, and private keys are nobody's here. */
const keysIn = (text: string): Result<JSONWebKeySet, string> => {
  let told: unknown
  try {
    told = JSON.parse(text)
  } catch {
    return err('answered no JSON')
  }
  const { keys } = (told ?? {}) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) return err('answered no JWKS: its keys are not a list')
  const known = (keys as readonly unknown[]).filter(isPublicKey)
  // whoever withdraws all keys locks everybody out, and mostly has not meant to
  return known.length === 0 ? err('answered no public key') : ok({ keys: known })
}

/** What each kind of key is made of (RFC 7518 §6, RFC 8037 §2). */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}

const isPublicKey = (key: unknown): key is JWK => {
  if (typeof key !== 'object' || key === null) return false
  const { kty, use = 'sig', ...rest }: Record<string, unknown> = { ...key }
  if (typeof kty !== 'string' || !Object.hasOwn(PARTS, kty) || use !== 'sig') return false
  return !('d' in rest) && PARTS[kty]?.every((part) => typeof rest[part] === 'string') === true
}

const reasonOf = (error: unknown): string => {
  const { cause } = error as { readonly cause?: unknown } // fetch says what it met there
  const { message, code } = (cause ?? error) as { message?: string; code?: string }
  return message === undefined || message === '' ? (code ?? 'unknown') : message
}
