/* One document: whether all that is stored of it is what it has to be. */
import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import {
  bytesEqual,
  indexOfUpdate,
  parseDocName,
  readUpdate,
  type IdSet,
  type UpdateContents,
} from '@quire/shared'
import { messageOf } from '../message-of.ts'
import type { Checked, Finding } from './finding.ts'
import { integrate, type Row } from './integrate.ts'
import type { StoredDocument } from './stored-document.ts'

type Find = (problem: string, seq?: number | null) => void

/** What reads as an update, or nothing, with a finding. */
const contentsOf = (
  bytes: Uint8Array,
  find: (problem: string) => void,
): UpdateContents | undefined => {
  const read = readUpdate(bytes)
  if (read.ok) return read.value
  find(`does not decode: ${read.error.message}`)
  return undefined
}

const checkSnapshot = (
  { stateVector, deleteSet, index }: NonNullable<StoredDocument['snapshot']>,
  { update, structs, deletes }: UpdateContents,
  find: Find,
): void => {
  if (!bytesEqual(structs.toStateVector(), stateVector))
    find('the state vector beside the snapshot is not that of its bytes')
  if (!bytesEqual(deletes.toDeleteSet(), deleteSet))
    find('the delete set beside the snapshot is not that of its bytes')
  if (index !== null && !bytesEqual(indexOfUpdate(update), index))
    find('the index beside the snapshot is not that of its bytes')
}

const checkNumbers = ({ snapshot, tail }: StoredDocument, find: Find): void => {
  let next = (snapshot?.through ?? 0) + 1
  for (const { seq } of tail) {
    if (seq !== next) find(`follows a gap: there should be update ${next}`, seq)
    next = seq + 1
  }
}

const checkAuthors = (
  authors: StoredDocument['authors'],
  all: readonly IdSet[],
  find: Find,
): void => {
  const ends = new Map<number, number>()
  for (const structs of all)
    for (const { client, end } of structs.ranges())
      ends.set(client, Math.max(end, ends.get(client) ?? 0))
  for (const { client, clock } of authors) {
    const end = ends.get(client) ?? 0
    if (clock >= end)
      find(
        `an author is stamped on client ${client} from clock ${clock} on, but its structs end at ${end}`,
      )
  }
}

const checkVersions = ({ versions, name }: StoredDocument, find: Find): void => {
  for (const { id, seq, bytes, deflated } of versions) {
    const at = `version ${id}`
    if (seq > (name?.head ?? 0)) find(`${at} is of update ${seq}, which the log does not have`)
    if (deflated === null) {
      find(`${at} has lost its state`)
      continue
    }
    try {
      const state = inflateRawSync(deflated, { maxOutputLength: Math.max(1, bytes) })
      if (state.length !== bytes) find(`${at} has ${state.length} bytes and not ${bytes}`)
      else contentsOf(state, (problem) => find(`${at} ${problem}`))
    } catch (thrown) {
      find(`${at} does not inflate: ${messageOf(thrown)}`)
    }
  }
}

const checkPatches = ({ parts }: StoredDocument, find: Find): void => {
  for (const { patch, number, hash, bytes } of parts) {
    const at = `part ${number} of patch ${patch}`
    const own = createHash('sha256').update(bytes).digest().subarray(0, hash.length)
    if (hash.length === 0 || !bytesEqual(own, hash)) find(`${at} is not what its hash says`)
    contentsOf(bytes, (problem) => find(`${at} ${problem}`))
  }
}

/** Rows of a log that read, with what they hold. */
const readRows = (
  rows: StoredDocument['tail'],
  find: Find,
): readonly { readonly row: Row; readonly contents: UpdateContents }[] =>
  rows.flatMap(({ seq, bytes }) => {
    if (bytes === null) {
      find('its bytes are missing', seq)
      return []
    }
    const contents = contentsOf(bytes, (problem) => find(problem, seq))
    return contents === undefined ? [] : [{ row: { seq, bytes }, contents }]
  })

/**
 * Checks what is stored of a document; null where it is not there, as it was purged since it was listed. Throws nothing
 * of its own; content may take memory and time without end.
 */
export const checkDocument = (id: number, stored: StoredDocument): Checked | null => {
  const { name: row, snapshot, quarantine, tail, unread } = stored
  const isGone = row === undefined && snapshot === undefined && tail.length === 0
  if (isGone && unread.length === 0) return null
  const name = row?.name ?? `with the id ${id}`
  const findings: Finding[] = []
  const find: Find = (problem, seq = null) => findings.push({ document: name, seq, problem })
  for (const problem of unread) find(problem)
  const parsed = parseDocName(name)
  if (!parsed.ok) find(parsed.error.message)

  checkNumbers(stored, find)
  const front = snapshot && contentsOf(snapshot.bytes, (problem) => find(`the snapshot ${problem}`))
  if (snapshot && front) checkSnapshot(snapshot, front, find)
  const updates = readRows(tail, find)
  // what broke the document is kept as it came, be it that it does not decode
  const aside = quarantine.flatMap(({ bytes }) => {
    const read = readUpdate(bytes ?? new Uint8Array())
    return read.ok ? [read.value] : []
  })
  const all = [...(front ? [front] : []), ...updates.map(({ contents }) => contents)]
  checkAuthors(
    stored.authors,
    [...all, ...aside].map(({ structs }) => structs),
    find,
  )
  checkVersions(stored, find)
  checkPatches(stored, find)

  const rows: readonly Row[] = [
    ...(snapshot && front ? [{ seq: null, bytes: snapshot.bytes }] : []),
    ...updates.map((update) => update.row),
  ]
  const { broken, waiting, state } = integrate(rows)
  for (const { seq, problem } of broken) find(problem, seq)
  if (waiting !== null) find(waiting)
  const isWhole =
    row !== undefined &&
    unread.length === 0 &&
    broken.length === 0 &&
    rows.length === tail.length + (snapshot ? 1 : 0)
  const head = row?.head ?? 0
  const isDeleted = row?.isDeleted === 1
  const digest = isWhole
    ? createHash('sha256')
        .update(JSON.stringify([name, head, isDeleted]))
        .update(state)
        .digest('hex')
    : null
  return { id, name, isDeleted, head, digest, findings }
}
