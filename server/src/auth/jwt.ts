/*
 * Tokens as JWT (RFC 7519), signed with a shared secret (HS256):
 *
 *   { "sub": "ann", "exp": 1793700000, "docs": [{ "name": "team/*", "access": "write" }] }
 *
 * `docs` says what may be opened: a name, or a prefix and `*`; of several that fit, the most counts. One
 * without `sub` is an application's: for whichever of its users it asks, it is given a client's token. A
 * user's token gives one for that user alone, and a client's gives none, or whoever has it in his browser
 * could be anybody.
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { err, millis, ok, utf8Length, type DocName, type Result } from '@quire/shared'
import { plainGrant } from './plain-grant.ts'
import type { Access, Auth, Denial, Grant } from '../ports/auth.ts'

/** Longest token, bytes: with the rest of a request it has to fit proxies' 8 KB. */
const TOKEN_BYTES = 8 * 1024

/** How far the clocks of the two servers may be apart, seconds. */
const CLOCK_TOLERANCE_S = 5

/** The type of the tokens that the server makes (RFC 8725 §3.11). */
const CLIENT_TYPE = 'quire-client+jwt'

const RANK: Readonly<Record<Access, number>> = { read: 0, comment: 1, write: 2 }

/**
 * Grants what tokens say that are signed with this secret; issues such tokens.
 *
 * @example
 * ```ts
 * import { createJwtAuth, createQuire, memoryStorage } from '@quire/server'
 *
 * export const quire = createQuire({
 *   storage: memoryStorage(),
 *   authorize: createJwtAuth(process.env['QUIRE_JWT_SECRET'] ?? ''),
 * })
 * ```
 */
export const createJwtAuth = (secret: string): Auth => {
  const key = createSecretKey(secret, 'utf8')
  return {
    needsToken: true,

    async authorize({ document, token }) {
      const said = await read(token, key)
      return said.ok ? grantOf(said.value, (pattern) => covers(pattern, document), document) : said
    },

    async authorizeAll({ prefix, token }) {
      const said = await read(token, key)
      return said.ok
        ? grantOf(said.value, (pattern) => coversAll(pattern, prefix), `${prefix}*`)
        : said
    },

    async issue({ document, token }, { access, user, expiresAt }) {
      if (document.endsWith('*')) throw new Error(`${document} would grant more than itself`)
      const said = await read(token, key)
      if (!said.ok) return said
      const { type, sub } = said.value
      if (type === CLIENT_TYPE)
        return denied('forbidden', 'the token was made for a client and gives no others')
      if (sub !== undefined && user !== null && user !== sub)
        return denied(
          'forbidden',
          'the token is of one user and gives none for another; one without sub does',
        )
      const jwt = new SignJWT({ docs: [{ name: document, access }] })
      jwt.setProtectedHeader({ alg: 'HS256', typ: CLIENT_TYPE }).setIssuedAt()
      const named = user ?? sub
      if (named !== undefined) jwt.setSubject(named)
      if (expiresAt !== null)
        jwt.setExpirationTime(Math.min(Math.floor(expiresAt / 1000), said.value.exp ?? Infinity))
      return ok(await jwt.sign(key))
    },
  }
}

/** What a token says. */
interface Said {
  readonly type: string | undefined
  readonly sub: string | undefined
  readonly exp: number | undefined
  readonly docs: unknown
}

const denied = (kind: Denial['kind'], message: string) => err({ kind, message })

const read = async (token: string | null, key: KeyObject): Promise<Result<Said, Denial>> => {
  if (token === null || token === '') return denied('unauthorized', 'there is no token')
  const bytes = utf8Length(token)
  if (bytes > TOKEN_BYTES)
    return denied('unauthorized', `the token is ${bytes} bytes, limit ${TOKEN_BYTES}`)
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: ['HS256'], // a token must not choose: `none`, or a public key taken for a secret
      clockTolerance: CLOCK_TOLERANCE_S,
    })
    const { sub, exp, docs }: JWTPayload & { readonly sub?: unknown } = payload // only `exp` is checked
    if (sub !== undefined && typeof sub !== 'string')
      return denied('unauthorized', 'the claim sub of the token is not text')
    return ok({ type: protectedHeader.typ, sub, exp, docs })
  } catch (error) {
    return denied('unauthorized', problemOf(error))
  }
}

/** For people, without anything of the token. */
const problemOf = (error: unknown): string => {
  if (error instanceof errors.JWTExpired) return 'the token has expired'
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return 'the token is not signed with the secret of this server'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is not signed with HS256'
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the claim ${error.claim} of the token is not valid`
  return 'the token is not a JWT'
}

/** `what` is what is asked for, for people. */
const grantOf = (
  { docs, sub, exp }: Said,
  isCovered: (pattern: string) => boolean,
  what: string,
): Result<Grant, Denial> => {
  const entries = entriesOf(docs)
  if (!entries.ok) return denied('unauthorized', entries.error)
  let access: Access | null = null
  for (const entry of entries.value)
    if (isCovered(entry.name) && (access === null || RANK[entry.access] > RANK[access]))
      access = entry.access
  if (access === null)
    return denied('forbidden', `the token does not grant ${JSON.stringify(what)}`)
  // as long as the same token is accepted: whoever is asked for another one may only have this one
  const expiresAt = exp === undefined ? null : millis((exp + CLOCK_TOLERANCE_S) * 1000)
  return ok(plainGrant({ access, user: sub ?? null, expiresAt }))
}

const covers = (pattern: string, document: DocName): boolean =>
  pattern.endsWith('*') ? document.startsWith(pattern.slice(0, -1)) : document === pattern

const coversAll = (pattern: string, prefix: string): boolean =>
  pattern.endsWith('*') && prefix.startsWith(pattern.slice(0, -1))

interface Entry {
  readonly name: string
  readonly access: Access
}

const entriesOf = (docs: unknown): Result<readonly Entry[], string> => {
  if (!Array.isArray(docs)) return err('the claim docs of the token is not a list')
  const entries: Entry[] = []
  for (const [i, entry] of (docs as readonly unknown[]).entries()) {
    if (!isEntry(entry))
      return err(
        `docs[${i}] of the token is not { "name": text, "access": "read", "comment" or "write" }`,
      )
    entries.push(entry)
  }
  return ok(entries)
}

const isEntry = (entry: unknown): entry is Entry => {
  if (typeof entry !== 'object' || entry === null) return false
  const { name, access } = entry as Readonly<Record<string, unknown>>
  return typeof name === 'string' && typeof access === 'string' && Object.hasOwn(RANK, access)
}
