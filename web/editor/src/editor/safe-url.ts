/** Schemes a link may have. Anything else, above all `javascript:`, is refused. */
const linkSchemes = new Set(['http:', 'https:', 'mailto:'])
const imageSchemes = new Set(['http:', 'https:'])

/** The address of a link as it may be rendered, or `null`. Accepts http, https and mailto. */
export function safeLinkUrl(raw: unknown): string | null {
  return urlWithScheme(raw, linkSchemes)
}

/** The address of an image as it may be rendered, or `null`. Accepts http and https. */
export function safeImageUrl(raw: unknown): string | null {
  return urlWithScheme(raw, imageSchemes)
}

/** Reads what a person typed as a link: `example.org` means https, `ada@example.org` mailto. */
export function linkUrlFromInput(typed: string): string | null {
  const text = typed.trim()
  if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text)) return safeLinkUrl(text)
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return safeLinkUrl(`mailto:${text}`)
  return /^[^\s/]+\.[^\s/]+|^localhost\b/.test(text) ? safeLinkUrl(`https://${text}`) : null
}

function urlWithScheme(raw: unknown, schemes: ReadonlySet<string>): string | null {
  // The WHATWG parser sees the scheme a browser would, whatever tabs or case hide it.
  if (typeof raw !== 'string' || !URL.canParse(raw)) return null
  return schemes.has(new URL(raw).protocol) ? raw.trim() : null
}
