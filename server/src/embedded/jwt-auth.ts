import { createSecretKey } from 'node:crypto'
import { createJwtAuth } from '../auth/jwt.ts'
import { RemoteKeys } from '../auth/remote-keys.ts'
import type { Config } from '../config.ts'
import type { Auth } from '../ports/auth.ts'
import type { Observe } from '../ports/observe.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { readTable } from './options.ts'

/**
 * What tokens are checked with: a secret, published keys, or both.
 *
 * @example
 * ```ts
 * import { jwtAuth, type JwtOptions } from '@quire/server'
 *
 * const options: JwtOptions = {
 *   jwksUrl: 'https://login.example.org/.well-known/jwks.json',
 *   issuer: 'https://login.example.org',
 *   audience: 'quire',
 * }
 *
 * export const authorize = jwtAuth(options)
 * ```
 */
export interface JwtOptions {
  /** What tokens are signed with by HS256, at least 32 bytes. With it, tokens for y-sweet's clients are made, too. */
  readonly secret?: string
  /** Where the public keys are (JWKS): `https:`, or `http:` on this machine. */
  readonly jwksUrl?: string
  /** What `iss` has to be. Absent: anything. */
  readonly issuer?: string
  /** What `aud` has to name. Absent: anything. */
  readonly audience?: string
  /** Hears of keys that could not be read. Absent: nobody does. */
  readonly observe?: Observe
}

/** The options of the table that say how tokens are checked. */
type JwtConfig = Pick<Config, 'jwtSecret' | 'jwksUrl' | 'jwtIssuer' | 'jwtAudience'>

const NAMES: Readonly<Record<string, string>> = {
  jwtSecret: 'secret',
  jwtIssuer: 'issuer',
  jwtAudience: 'audience',
}

/**
 * Grants what a signed token says (server/SECURITY.md): `docs` names documents, or prefixes with a `*`, and the access to
 * each. Throws an error that says what is wrong with the options.
 *
 * @example
 * ```ts
 * import { createQuire, jwtAuth, memoryStorage } from '@quire/server'
 *
 * export const quire = createQuire({
 *   storage: memoryStorage(),
 *   authorize: jwtAuth({ secret: process.env['QUIRE_JWT_SECRET'] ?? '' }),
 * })
 * ```
 */
export const jwtAuth = (options: JwtOptions): Auth => {
  const { secret, jwksUrl, issuer, audience, observe = { event: () => undefined } } = options
  const rows = {
    auth: 'jwt',
    jwtSecret: secret,
    jwksUrl,
    jwtIssuer: issuer,
    jwtAudience: audience,
  }
  const config = readTable(rows, (key) => NAMES[key] ?? key)
  if (!config.ok) throw new RangeError(`jwtAuth: ${config.error}`)
  return jwtAuthOf(config.value, observe)
}

/** The same by options that were read from the table. */
export const jwtAuthOf = (config: JwtConfig, observe: Observe): Auth => {
  const { jwtSecret, jwksUrl, jwtIssuer, jwtAudience } = config
  const remote =
    jwksUrl === '' ? undefined : new RemoteKeys({ url: jwksUrl, clock: systemClock, observe })
  void remote?.read() // now, so that an operator learns at once that it fails
  return createJwtAuth({
    secret: jwtSecret === '' ? undefined : createSecretKey(jwtSecret, 'utf8'),
    remote,
    issuer: jwtIssuer === '' ? undefined : jwtIssuer,
    audience: jwtAudience === '' ? undefined : jwtAudience,
  })
}
