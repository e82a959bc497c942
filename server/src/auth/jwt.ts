/*
 * Tokens as JWT (RFC 7519), signed with a shared secret (HS256) or with a key whose public half a JWKS tells:
 *
 *   { "sub": "ann", "name": "Ann", "exp": 1793700000, "docs": [{ "name": "team/*", "access": "write" }] }
 *
 * `docs` says what may be opened: a name, or a prefix and `*`; of several that fit, the most counts. One
 * without `sub` is an application's: for whichever of its users it asks, it is given a client's token. A
 * user's token gives one for that user alone, and a client's gives none, or whoever has it in his browser
 * could be anybody. A client's token has the id (`jti`) of the one that it was made with: who takes that one
 * back takes both.
 *
 * `"operations": "read"` or `"write"` says that whoever has it may see, or run, the server; such a token needs no `docs`.
 */
import { SignJWT } from 'jose'
import { err, millis, ok, type DocName, type Result } from '@quire/shared'
import { CLOCK_TOLERANCE_S, readToken, type Said, type TokenKeys } from './token.ts'
import type { Access, Auth, Denial, Grant, OperationsGrant } from '../ports/auth.ts'

/** The type of the tokens that the server makes (RFC 8725 §3.11). */
const CLIENT_TYPE = 'quire-client+jwt'

const RANK: Readonly<Record<Access, number>> = { read: 0, comment: 1, write: 2 }

/** Grants what tokens say that are signed with these keys; issues such tokens where there is a secret among them. */
export const createJwtAuth = (keys: TokenKeys): Auth => ({
  needsToken: true,

  async authorize({ document, token }) {
    const said = await readToken(token, keys)
    return said.ok ? grantOf(said.value, (pattern) => covers(pattern, document), document) : said
  },

  async authorizeAll({ prefix, token }) {
    const said = await readToken(token, keys)
    return said.ok
      ? grantOf(said.value, (pattern) => coversAll(pattern, prefix), `${prefix}*`)
      : said
  },

  async issue({ document, token }, { access, user, expiresAt }) {
    if (document.endsWith('*')) throw new Error(`${document} would grant more than itself`)
    const said = await readToken(token, keys)
    if (!said.ok) return said
    const { type, sub, name, jti } = said.value
    if (type === CLIENT_TYPE)
      return denied('forbidden', 'the token was made for a client and gives no others')
    if (sub !== undefined && user !== null && user !== sub)
      return denied(
        'forbidden',
        'the token is of one user and gives none for another; one without sub does',
      )
    if (keys.secret === undefined)
      return denied(
        'forbidden',
        'this server makes no tokens: QUIRE_JWT_SECRET is not set, which it would sign them with',
      )
    const named = user ?? sub
    const isSame = sub !== undefined && named === sub
    const jwt = new SignJWT({
      docs: [{ name: document, access }],
      ...(isSame && name ? { name } : {}),
    })
    jwt.setProtectedHeader({ alg: 'HS256', typ: CLIENT_TYPE }).setIssuedAt()
    if (keys.issuer !== undefined) jwt.setIssuer(keys.issuer)
    if (keys.audience !== undefined) jwt.setAudience(keys.audience)
    if (jti !== undefined) jwt.setJti(jti)
    if (named !== undefined) jwt.setSubject(named)
    if (expiresAt !== null)
      jwt.setExpirationTime(Math.min(Math.floor(expiresAt / 1000), said.value.exp ?? Infinity))
    return ok(await jwt.sign(keys.secret))
  },

  async authorizeOperations({ token }) {
    const said = await readToken(token, keys)
    return said.ok ? operationsOf(said.value) : said
  },
})

const denied = (kind: Denial['kind'], message: string) => err({ kind, message })

/** `what` is what is asked for, for people. */
const grantOf = (
  said: Said,
  isCovered: (pattern: string) => boolean,
  what: string,
): Result<Grant, Denial> => {
  const { type, docs, sub, operations } = said
  // who runs the server need not be let into any document
  const entries = docs === undefined && operations !== undefined ? ok([]) : entriesOf(docs)
  if (!entries.ok) return denied('unauthorized', entries.error)
  let access: Access | null = null
  for (const entry of entries.value)
    if (isCovered(entry.name) && (access === null || RANK[entry.access] > RANK[access]))
      access = entry.access
  if (access === null)
    return denied('forbidden', `the token does not grant ${JSON.stringify(what)}`)
  return ok({ access, ...holderOf(said), isApplication: sub === undefined && type !== CLIENT_TYPE })
}

const operationsOf = (said: Said): Result<OperationsGrant, Denial> => {
  const { operations: access } = said
  if (access === undefined)
    return denied('forbidden', 'the token has no claim operations, which this needs')
  if (access !== 'read' && access !== 'write')
    return denied('unauthorized', 'the claim operations of the token is not "read" or "write"')
  return ok({ access, ...holderOf(said) })
}

/** Whose the token is, and from when until when it is good. */
const holderOf = ({ sub, name, jti, exp, iat }: Said): Omit<OperationsGrant, 'access'> => ({
  user: sub ?? null,
  name: name ?? null,
  tokenId: jti ?? null,
  issuedAt: iat === undefined ? null : millis(iat * 1000),
  // as long as the same token is accepted: whoever is asked for another one may only have this one
  expiresAt: exp === undefined ? null : millis((exp + CLOCK_TOLERANCE_S) * 1000),
})

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
