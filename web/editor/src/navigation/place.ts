import type { DocName } from '@quire/shared'

import { decodeDocPath } from '../names/doc-name.ts'
import type { DocNameProblem } from '../names/doc-name.ts'

/** What a path of this site stands for. */
export type Place =
  | { kind: 'home' }
  | { kind: 'document'; name: DocName }
  | { kind: 'badName'; problem: DocNameProblem }
  | { kind: 'nowhere'; pathname: string }

const documentPrefix = '/p/'

/** Reads a location's `pathname`, still percent-encoded. */
export function placeAt(pathname: string): Place {
  if (pathname === '/') return { kind: 'home' }
  if (pathname === '/p') return { kind: 'badName', problem: { kind: 'empty' } }
  if (!pathname.startsWith(documentPrefix)) return { kind: 'nowhere', pathname }
  const parsed = decodeDocPath(pathname.slice(documentPrefix.length))
  return parsed.ok
    ? { kind: 'document', name: parsed.value }
    : { kind: 'badName', problem: parsed.error }
}
