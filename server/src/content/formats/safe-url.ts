/*
 * Which addresses documents may carry. The editor has the same rule (its safe-url.ts); a test holds the
 * two together, since neither package imports the other.
 */

const LINK_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])
const IMAGE_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:'])

/** The address of a link as it may be written out, or null. Takes http, https and mailto. */
export const safeLinkUrl = (raw: unknown): string | null => urlWithScheme(raw, LINK_SCHEMES)

/** The address of an image as it may be written out, or null. Takes http and https. */
export const safeImageUrl = (raw: unknown): string | null => urlWithScheme(raw, IMAGE_SCHEMES)

const urlWithScheme = (raw: unknown, schemes: ReadonlySet<string>): string | null => {
  // the WHATWG parser sees the scheme a browser would, whatever tabs or case hide it
  if (typeof raw !== 'string' || !URL.canParse(raw)) return null
  return schemes.has(new URL(raw).protocol) ? raw.trim() : null
}
