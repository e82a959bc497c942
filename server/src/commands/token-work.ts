import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import { err, ok, parseDocName, utf8Length, type Result } from '@quire/shared'
import { readToken } from '../auth/token.ts'
import { parseDuration } from './times.ts'
import type { Done, NotDone, Output } from './output.ts'

/** The options of `quire token`. */
export interface TokenOptions {
  readonly doc?: readonly string[]
  readonly sub?: string
  readonly name?: string
  readonly expires: string
  readonly operations?: 'read' | 'write'
  readonly issuer?: string
  readonly audience?: string
  readonly secretFile?: string
}

interface Entry {
  readonly name: string
  readonly access: string
}

/** As long as the hash that HS256 makes (RFC 7518 §3.2). */
const SECRET_BYTES = 32
const ACCESSES = new Set(['read', 'comment', 'write'])

const wrong = (message: string) => err({ kind: 'usage', message } as const)

/** A name may hold `=`, an access does not. */
const entryOf = (given: string): Result<Entry, NotDone> => {
  const at = given.lastIndexOf('=')
  const [name, access] = [given.slice(0, Math.max(0, at)), given.slice(at + 1)]
  if (at < 0 || !ACCESSES.has(access))
    return wrong(`--doc ${given}: must be <pattern>=read, =comment or =write`)
  const parsed = parseDocName(name)
  return parsed.ok ? ok({ name, access }) : wrong(`--doc ${given}: ${parsed.error.message}`)
}

const entriesOf = (given: readonly string[]): Result<readonly Entry[], NotDone> => {
  const entries: Entry[] = []
  for (const one of given) {
    const entry = entryOf(one)
    if (!entry.ok) return entry
    entries.push(entry.value)
  }
  return ok(entries)
}

/** A file's secret ends before the newline that editors put there. */
const secretFrom = (file: string | undefined, fromEnv: string): Result<string, NotDone> => {
  const secret = file === undefined ? fromEnv : readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  const where = file ?? 'QUIRE_JWT_SECRET'
  if (secret === '') return wrong(`${where}: there is no secret to sign the token with`)
  const bytes = utf8Length(secret)
  if (bytes >= SECRET_BYTES) return ok(secret)
  return wrong(`${where}: the secret is ${bytes} bytes, it must be at least ${SECRET_BYTES}`)
}

/** Makes a token, and reads it as a server would. */
export const makeToken = async (
  options: TokenOptions,
  { secret: fromEnv, output }: { readonly secret: string; readonly output: Output },
): Promise<Result<Done, NotDone>> => {
  const { doc = [], sub, name, expires, operations, issuer, audience, secretFile } = options
  const docs = entriesOf(doc)
  if (!docs.ok) return docs
  if (docs.value.length === 0 && operations === undefined)
    return wrong('there must be a --doc or --operations, or the token grants nothing')
  const seconds = expires === 'never' ? null : parseDuration(expires)
  if (seconds === null && expires !== 'never')
    return wrong(
      `--expires ${expires}: must be a time such as 90s, 15m, 1h or 30d, at most 36500d, or never`,
    )
  const secret = secretFrom(secretFile, fromEnv)
  if (!secret.ok) return secret
  const key = createSecretKey(secret.value, 'utf8')

  const jwt = new SignJWT({
    docs: docs.value,
    ...(name !== undefined && { name }),
    ...(operations !== undefined && { operations }),
  })
  jwt.setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setJti(crypto.randomUUID())
  if (sub !== undefined) jwt.setSubject(sub)
  if (seconds !== null) jwt.setExpirationTime(`${seconds}s`)
  if (issuer) jwt.setIssuer(issuer)
  if (audience) jwt.setAudience(audience)
  const token = await jwt.sign(key)
  const read = await readToken(token, { secret: key })
  if (!read.ok) return wrong(`no server would take this token: ${read.error.message}`)
  if (sub === undefined)
    output.note(
      'without --sub this is an application’s token: whoever has it can get one for any user',
    )
  const { jti: id, exp } = read.value
  const expiresAt = exp === undefined ? null : new Date(exp * 1000).toISOString()
  return ok({ report: { token, id, expiresAt }, lines: [token], hasFindings: false })
}
