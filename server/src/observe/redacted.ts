/*
 * The last gate before a log: nothing that is put there is to hold a token, but errors of other programs say what
 * they like, and what they could not read above all.
 */

/** In an address, also an encoded one: what `token` is. */
const IN_QUERY = /([?&](?:access_)?token(?:=|%3D))[^&\s"'\\<>]+/gi

/** In a field: what stands behind the scheme (RFC 9110 §11.4). */
const IN_FIELD = /\b(Bearer|Basic) +[\w.~+/=-]{4,}/gi

/** A cookie is a login where an embedder's own one counts: up to the end of what quotes it, or of the line. */
const IN_COOKIE = /\b(cookie"?: *"?)[^"\r\n\\]+/gi

/** Wherever it stands: a JWT begins with an object as base64url, `{"`. */
const AS_JWT = /\beyJ[\w-]{4,}(?:\.[\w-]*){1,4}/g

/** A line of a log, without what looks like a token. */
export const redacted = (line: string): string =>
  line
    .replace(IN_QUERY, '$1[redacted]')
    .replace(IN_COOKIE, '$1[redacted]')
    .replace(IN_FIELD, '$1 [redacted]')
    .replace(AS_JWT, '[redacted]')
