import { assertNever } from '../assert-never.ts'

/*
 * A document's name is any text of 1 to 1024 UTF-8 bytes. In a URL it follows a prefix as a path,
 * each segment percent-encoded:
 *
 *     notes/2026/50% done   ⇄   notes/2026/50%25%20done
 *
 * The segments `.` and `..` cannot travel: URL parsers resolve them, and their encoded forms `%2e`
 * too (WHATWG URL §4.4, "single-dot URL path segment"). Such names are refused rather than
 * quietly opening another document.
 */

declare const docName: unique symbol

/** A name that has been parsed: not empty, at most {@link maxDocNameBytes}, safe in a URL. */
export type DocName = string & { readonly [docName]: true }

/** Longest name in UTF-8 bytes. */
export const maxDocNameBytes = 1024

/** Why a text is not a document name. */
export type DocNameProblem =
  | { kind: 'empty' }
  | { kind: 'tooLong'; bytes: number }
  | { kind: 'dotSegment'; segment: string }
  | { kind: 'malformed' }

/** The outcome of parsing a name. */
export type DocNameResult = { ok: true; name: DocName } | { ok: false; problem: DocNameProblem }

/** Checks what a person typed or a path held. Nothing is trimmed or normalised. */
export function parseDocName(raw: string): DocNameResult {
  if (raw === '') return refuse({ kind: 'empty' })
  if (!raw.isWellFormed()) return refuse({ kind: 'malformed' })
  const bytes = new TextEncoder().encode(raw).length
  if (bytes > maxDocNameBytes) return refuse({ kind: 'tooLong', bytes })
  const dots = raw.split('/').find((segment) => segment === '.' || segment === '..')
  if (dots !== undefined) return refuse({ kind: 'dotSegment', segment: dots })
  return { ok: true, name: raw as DocName } // every rule of the brand was checked above
}

/** The name as a URL path without a leading slash; the inverse of {@link decodeDocPath}. */
export function encodeDocPath(name: DocName): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

/** Reads a name from a URL path, decoding each segment exactly once. */
export function decodeDocPath(path: string): DocNameResult {
  try {
    return parseDocName(path.split('/').map(decodeURIComponent).join('/'))
  } catch (error) {
    if (error instanceof URIError) return refuse({ kind: 'malformed' })
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
    case 'tooLong':
      return `This name is ${problem.bytes} bytes long; the limit is ${maxDocNameBytes}.`
    case 'dotSegment':
      return `A name cannot have “${problem.segment}” between slashes: web addresses drop it.`
    case 'malformed':
      return 'This address cannot be read as a name: its percent signs are not a valid encoding.'
    default:
      return assertNever(problem)
  }
}

function refuse(problem: DocNameProblem): DocNameResult {
  return { ok: false, problem }
}
