/*
 * What a judge of logins threw, for an event: programs put what they cannot read into their messages, and that is what a
 * client came with. `JSON.parse` quotes ten characters around the first one that it cannot read, so parts count, too.
 */
import type { AccessRequest } from './auth.ts'

/** Whoever was asked about. */
type Asked = Pick<AccessRequest, 'token'> & { readonly request?: AccessRequest['request'] | null }

/** What is read of a message or a stack, UTF-16 units. */
const TEXT_LENGTH = 16_384

/** What is shorter is nobody's secret, and would take letters out of every message. */
const LEAST_LENGTH = 4

/** Part of a secret that is taken for it, UTF-16 units: less than `JSON.parse` quotes. */
const PART_LENGTH = 8

const HIDDEN = '[redacted]'

/** An error of its own with message and stack of what was thrown, without what the client came with. Never throws. */
export const loginError = (thrown: unknown, asked: Asked): Error => {
  const secrets = secretsOf(asked)
  const said = typeof thrown === 'string' ? thrown : textAt(thrown, 'message')
  const error = new Error(
    without(secrets, said ?? `a login was judged by throwing ${kindOf(thrown)}`),
  )
  const stack = textAt(thrown, 'stack')
  if (stack !== null) error.stack = without(secrets, stack)
  return error
}

const kindOf = (thrown: unknown): string => (thrown === null ? 'null' : typeof thrown)

/** Null where there is no text, or reading it throws. */
const textAt = (thrown: unknown, key: 'message' | 'stack'): string | null => {
  if (typeof thrown !== 'object' || thrown === null) return null
  try {
    const { [key]: text } = thrown as { readonly [K in typeof key]?: unknown }
    return typeof text === 'string' ? text : null
  } catch {
    return null // a getter of others
  }
}

/** The longest first: one may be part of another one. */
const secretsOf = ({ token, request }: Asked): readonly string[] => {
  const cookie = request?.headers.get('cookie') ?? ''
  const authorization = request?.headers.get('authorization') ?? ''
  const cookies = cookie.split(';').map((one) => one.slice(one.indexOf('=') + 1))
  const credentials = authorization.replace(/^\S+\s+/, '')
  const said = [token ?? '', cookie, ...cookies, authorization, credentials].map((one) =>
    one.trim().replace(/^"(.*)"$/, '$1'),
  )
  const read = [...said, ...said.map(decoded), inBase64(credentials)]
  return [...new Set([...read, read.at(-1)?.replace(/^[^:]*:/, '') ?? ''])]
    .filter(({ length }) => length >= LEAST_LENGTH)
    .toSorted((a, b) => b.length - a.length)
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // it is not encoded
  }
}

/** A user and a password (RFC 7617 §2). */
const inBase64 = (text: string): string => {
  try {
    return atob(text)
  } catch {
    return '' // another scheme's
  }
}

const without = (secrets: readonly string[], text: string): string => {
  let left = text.slice(0, TEXT_LENGTH)
  for (const secret of secrets) left = left.replaceAll(secret, HIDDEN)
  const parts = new Set<string>()
  for (const secret of secrets)
    for (let i = 0; i + PART_LENGTH <= secret.length; i++)
      parts.add(secret.slice(i, i + PART_LENGTH))
  let [clean, at, hiddenTo] = ['', 0, 0]
  for (; at < left.length; at++) {
    if (parts.has(left.slice(at, at + PART_LENGTH))) {
      if (at >= hiddenTo) clean += HIDDEN
      hiddenTo = at + PART_LENGTH
    }
    if (at >= hiddenTo) clean += left[at]
  }
  return clean
}
