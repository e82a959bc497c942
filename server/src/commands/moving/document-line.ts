/*
 * A line of an export: the same as the document API's (server/API.md, http/api/bulk-lines.ts). One of a folder has the
 * name of a file in the place of the update (folder-manifest.ts).
 */
import { clientId, millis } from '@quire/shared'
import { END, FAILED, importLine } from '../../http/api/bulk-lines.ts'
import type { AuthorRange } from '../../ports/storage.ts'
import { LeftOut, type Broken, type SourceDocument } from './source.ts'

/** What is wrong with a line, at most. */
const MOST_ISSUES = 3

/** Bytes of a line beside those of its update: its names and authors. */
const BESIDE_UPDATE_BYTES = 16 * 1024 * 1024

/** How long the line of a document may be: base64 writes three bytes as four. */
export const lineBytes = (documentBytes: number): number =>
  Math.ceil(documentBytes / 3) * 4 + BESIDE_UPDATE_BYTES

/** What a line says: a document, what is none, or that there are no more of them. */
export type ReadLine = SourceDocument | Broken | { readonly kind: 'end' }

/** Authors as a line has them. */
export const authorsFrom = (
  ranges: readonly (readonly [number, number, string | null])[],
): readonly AuthorRange[] =>
  ranges.map(([client, clock, user]) => ({ client: clientId(client), clock, user }))

/** A value of JSON, or undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The name that a line has, be the rest of it as it may. */
const nameIn = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? value.name
    : null

/** Reads a line of an export. */
export const readDocumentLine = (text: string, at: string): ReadLine => {
  const value = parseJson(text)
  if (value === undefined) return { kind: 'broken', name: null, at, reason: 'the line is not JSON' }
  if (END.safeParse(value).success) return { kind: 'end' }
  const failed = FAILED.safeParse(value)
  if (failed.success) {
    const reason = `the export could not read it: ${failed.data.detail}`
    return { kind: 'broken', name: failed.data.name, at, reason }
  }
  // the name is not looked at here: what is no name is said of every source in the same words
  const name = nameIn(value)
  const read = importLine.safeParse({
    ...(value as object),
    ...(name !== null && { name: 'name' }),
  })
  if (!read.success || name === null) {
    const issues = read.error?.issues ?? []
    const reason = issues
      .slice(0, MOST_ISSUES)
      .map(({ path, message }) => `${['line', ...path.map(String)].join('.')}: ${message}`)
      .join('; ')
    return { kind: 'broken', name, at, reason }
  }
  const { update, authors, createdAt } = read.data
  return {
    kind: 'document',
    name,
    at,
    bytes: text.length,
    ...(createdAt !== undefined && { createdAt: millis(Date.parse(createdAt)) }),
    read: async () => {
      const bytes = Buffer.from(update, 'base64')
      if (bytes.length === 0) throw new LeftOut('its update is empty')
      return { kind: 'updates', updates: [new Uint8Array(bytes)], authors: authorsFrom(authors) }
    },
  }
}
