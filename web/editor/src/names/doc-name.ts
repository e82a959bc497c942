import { assertNever, err, limits, parseDocName, utf8Length } from '@quire/shared'
import type { DocName, NameProblem, Result } from '@quire/shared'

/*
 * What a document's name is, `parseDocName` of @quire/shared says. In a URL it follows a prefix as a
 * path, each segment percent-encoded:
 *
 *     notes/2026/50% done   ⇄   notes/2026/50%25%20done
 *
 * The segments `.` and `..` cannot travel: URL parsers resolve them, and their encoded forms `%2e`
 * too (WHATWG URL §4.4, "single-dot URL path segment"). Such names are refused rather than
 * quietly opening another document.
 */

/** Why a text is not a name that a link can hold. */
export type DocNameProblem =
  | { kind: Exclude<NameProblem['kind'], 'too-long'> }
  | { kind: 'too-long'; bytes: number }
  | { kind: 'dot-segment'; segment: string }
  | { kind: 'bad-escape' }

/** Checks what a person typed or a path held. Nothing is trimmed or normalised. */
export function parseLinkableName(raw: string): Result<DocName, DocNameProblem> {
  const parsed = parseDocName(raw)
  if (!parsed.ok) {
    const { kind } = parsed.error
    return err(kind === 'too-long' ? { kind, bytes: utf8Length(raw) } : { kind })
  }
  const dots = raw.split('/').find((segment) => segment === '.' || segment === '..')
  return dots === undefined ? parsed : err({ kind: 'dot-segment', segment: dots })
}

/** The name as a URL path without a leading slash; the inverse of {@link decodeDocPath}. */
export function encodeDocPath(name: DocName): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

/** Reads a name from a URL path, decoding each segment exactly once. */
export function decodeDocPath(path: string): Result<DocName, DocNameProblem> {
  try {
    return parseLinkableName(path.split('/').map(decodeURIComponent).join('/'))
  } catch (error) {
    if (error instanceof URIError) return err({ kind: 'bad-escape' })
    throw error
  }
}

/** The in-app link to a document. */
export function docHref(name: DocName): string {
  return `/p/${encodeDocPath(name)}`
}

/** What to tell a person whose name was refused. */
export function docNameMessage(problem: DocNameProblem): string {
  switch (problem.kind) {
    case 'empty':
      return 'A document needs a name of at least one character.'
    case 'too-long':
      return `This name is ${problem.bytes} bytes long; the limit is ${limits.nameBytes}.`
    case 'dot-segment':
      return `A name cannot have “${problem.segment}” between slashes: web addresses drop it.`
    case 'nul':
      return 'A name cannot hold the character U+0000.'
    case 'not-well-formed':
      return 'This name holds half a character, which no web address can carry.'
    case 'bad-escape':
      return 'This address cannot be read as a name: its percent signs are not a valid encoding.'
    default:
      return assertNever(problem)
  }
}
