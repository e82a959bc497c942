/* Reads a token: whether it is signed as it has to be, for this server, and at this time. */
import type { KeyObject } from 'node:crypto'
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTHeaderParameters,
  type JWTPayload,
} from 'jose'
import { err, ok, utf8Length, type Result } from '@quire/shared'
import { CLOCK_TOLERANCE_MS, type Denial } from '../ports/auth.ts'
import { PUBLIC_KEY_ALGORITHMS, type RemoteKey, type RemoteKeys } from './remote-keys.ts'

/** Longest token, bytes: with the rest of a request it has to fit proxies' 8 KB. */
const TOKEN_BYTES = 8 * 1024

/** How far the clocks of the two servers may be apart, seconds; also how far `iat` may lie ahead. */
export const CLOCK_TOLERANCE_S = CLOCK_TOLERANCE_MS / 1000

/** What tokens are checked with: a secret, the keys of a JWKS, or both; each has its own algorithms. */
export interface TokenKeys {
  /** For HS256. */
  readonly secret?: KeyObject | undefined
  /** For everything but that. */
  readonly remote?: RemoteKeys | undefined
  /** What `iss` has to be; absent: anything. */
  readonly issuer?: string | undefined
  /** What `aud` has to name; absent: anything. */
  readonly audience?: string | undefined
}

/** What a token says. */
export interface Said {
  readonly type: string | undefined
  readonly sub: string | undefined
  readonly name: string | undefined
  readonly jti: string | undefined
  readonly exp: number | undefined
  /** Seconds since the epoch. */
  readonly iat: number | undefined
  readonly docs: unknown
  readonly operations: unknown
}

const unauthorized = (message: string) => err({ kind: 'unauthorized', message } as const)

/** What a token says, if it holds. Denials are for people and tell nothing of it. Never rejects. */
export const readToken = async (
  token: string | null,
  keys: TokenKeys,
): Promise<Result<Said, Denial>> => {
  if (token === null || token === '') return unauthorized('there is no token')
  const bytes = utf8Length(token)
  if (bytes > TOKEN_BYTES) return unauthorized(`the token is ${bytes} bytes, limit ${TOKEN_BYTES}`)
  const head = headOf(token)
  if (head === null) return unauthorized('the token is not a JWT')
  const way = await wayOf(head, keys)
  if (!way.ok) return way
  const { key, algorithm, notSigned } = way.value
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: [algorithm], // a token must not choose: `none`, or a public key taken for a secret
      clockTolerance: CLOCK_TOLERANCE_S,
      ...(keys.issuer === undefined ? {} : { issuer: keys.issuer }),
      ...(keys.audience === undefined ? {} : { audience: keys.audience }),
    })
    return saidIn(payload, protectedHeader.typ)
  } catch (error) {
    return unauthorized(problemOf(error, notSigned))
  }
}

const headOf = (token: string): JWTHeaderParameters | null => {
  try {
    const head = decodeProtectedHeader(token)
    return typeof head.alg === 'string' ? { ...head, alg: head.alg } : null
  } catch {
    return null
  }
}

/** How a token is to be checked. */
interface Way {
  readonly key: KeyObject | RemoteKey
  readonly algorithm: string
  /** What is wrong where that fails. */
  readonly notSigned: string
}

/** By the algorithm: a key is used for nothing but its own, so no public one is ever taken for a secret. */
const wayOf = async (
  head: JWTHeaderParameters,
  { secret, remote }: TokenKeys,
): Promise<Result<Way, Denial>> => {
  const { alg: algorithm } = head
  if (secret !== undefined && algorithm === 'HS256') {
    const notSigned = 'the token is not signed with the secret of this server'
    return ok({ key: secret, algorithm, notSigned })
  }
  if (remote !== undefined && PUBLIC_KEY_ALGORITHMS.has(algorithm)) {
    const key = await remote.keyFor(head)
    const notSigned = 'the token is not signed with the key that it names'
    return key.ok ? ok({ key: key.value, algorithm, notSigned }) : key
  }
  const taken = [
    ...(secret === undefined ? [] : ['HS256']),
    ...(remote === undefined ? [] : PUBLIC_KEY_ALGORITHMS),
  ]
  return unauthorized(`the token is not signed with ${taken.join(', ')}`)
}

const saidIn = (payload: JWTPayload, type: string | undefined): Result<Said, Denial> => {
  const { exp, iat, docs, operations } = payload // jose has looked at the times
  const { sub, name, jti }: Record<string, unknown> = payload
  const texts = { sub, name, jti }
  for (const [claim, value] of Object.entries(texts))
    if (value !== undefined && typeof value !== 'string')
      return unauthorized(`the claim ${claim} of the token is not text`)
  if (iat !== undefined && iat > Date.now() / 1000 + CLOCK_TOLERANCE_S)
    return unauthorized('the claim iat of the token lies ahead')
  const claims = texts as Readonly<Record<keyof typeof texts, string | undefined>> // as just checked
  return ok({ type, ...claims, exp, iat, docs, operations })
}

/** For people, without anything of the token. */
const problemOf = (error: unknown, notSigned: string): string => {
  if (error instanceof errors.JWTExpired) return 'the token has expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return notSigned
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the claim ${error.claim} of the token is not valid`
  if (error instanceof TypeError) return 'the token is signed with a key that cannot be used'
  return 'the token is not a JWT'
}
