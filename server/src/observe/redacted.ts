/*
 * The last gate before a log: nothing that is put there is to hold a token, but errors of other programs say what
 * they like, and what they could not read above all. What they say may have been written as JSON, and that again:
 *
 *     Cookie: a=b     "cookie":"a=b"     {\"cookie\":\"a=b\"}     {\\\"cookie\\\":\\\"a=b\\\"}
 */

const TOKEN = '(?:access_|id_|refresh_)?token'
const FIELDS = '(?:proxy-)?authorization|(?:set-)?cookie'

/** As JSON, however often: the text up to the quote that is written as the first one was. */
const IN_JSON = new RegExp(
  String.raw`\b((?:${TOKEN}|${FIELDS})(\\*)"\s*:\s*\2")(?:(?!(?<!\\)\2").)*`,
  'gi',
)

/** A list of them: Node has one of `Set-Cookie`. */
const IN_LIST = new RegExp(String.raw`\b((?:${FIELDS})\\*["']?\s*:\s*\[)[^\]\r\n]*`, 'gi')

/** As programs are shown objects (`util.inspect`). */
const IN_INSPECTED = new RegExp(String.raw`\b((?:${TOKEN}|${FIELDS})'?: *')[^'\r\n]*`, 'gi')

/** In an address or a form, also an encoded one: what `token` is. */
const IN_QUERY = new RegExp(String.raw`(?<![a-z_])(${TOKEN}(?:=|%3D))[^&\s"'\\<>#]+`, 'gi')

/** A field that may be a login: up to the end of what quotes it, or of the line; parts of it may be quoted. */
const IN_FIELD = new RegExp(
  String.raw`\b((?:${FIELDS}): *(?:(?:Bearer|Basic) +)?)(?:=\\*"[^"\\\r\n]*\\*"(?=[;,\s\\]|$)|[^"\r\n\\])+`,
  'gi',
)

/** Behind a scheme (RFC 9110 §11.4), wherever that stands. */
const BEHIND_SCHEME = /\b(Bearer|Basic) +[\w.~+/=-]{4,}/gi

/** Wherever it stands: a JWT begins with an object as base64url, `{"`. */
const AS_JWT = /\beyJ[\w-]{4,}(?:\.[\w-]*){1,4}/g

/** A line of a log, without what looks like a token. */
export const redacted = (line: string): string =>
  line
    .replace(IN_JSON, '$1[redacted]')
    .replace(IN_LIST, '$1[redacted]')
    .replace(IN_INSPECTED, '$1[redacted]')
    .replace(IN_QUERY, '$1[redacted]')
    .replace(IN_FIELD, '$1[redacted]')
    .replace(BEHIND_SCHEME, '$1 [redacted]')
    .replace(AS_JWT, '[redacted]')

/** An error as it may be told where no log stands between: its message and its stack, and nothing else of it. */
export const redactedError = (error: Error): Error => {
  const { message, stack }: { readonly message: unknown; readonly stack?: unknown } = error
  const told = new Error(redacted(String(message)))
  if (typeof stack === 'string') told.stack = redacted(stack)
  return told
}
