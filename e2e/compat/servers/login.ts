/*
 * Logins as the servers of these tests read them: JWT (RFC 7519), HS256, with what Quire takes from them.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Signed by whoever hands out tokens, read by every server. */
export const SECRET = 'a secret that only these tests know, 32 bytes at least'

/** What a token says. */
export interface Claims {
  readonly sub?: string
  readonly name?: string
  readonly jti?: string
  /** Seconds since 1970. */
  readonly iat?: number
  readonly exp?: number
  readonly docs: readonly { readonly name: string; readonly access: 'read' | 'comment' | 'write' }[]
}

/** Signs a token. */
export const sign = (claims: Claims, secret = SECRET): string => {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${macOf(signed, secret)}`
}

/** Reads a token of this document; null where it does not open it. */
export const accessOf = (token: string, document: string): 'read' | 'comment' | 'write' | null => {
  const [header = '', body = '', mac = ''] = token.split('.')
  const right = Buffer.from(macOf(`${header}.${body}`, SECRET))
  const given = Buffer.from(mac)
  if (right.length !== given.length || !timingSafeEqual(right, given)) return null
  const { exp = Infinity, docs } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims // signed by `sign`
  if (exp * 1000 < Date.now()) return null
  return docs.find(({ name }) => name === document)?.access ?? null
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const macOf = (signed: string, secret: string): string =>
  createHmac('sha256', secret).update(signed).digest('base64url')
