/* Versions of documents in memory. */
import { ok } from '@quire/shared'
import type { NewVersion, Version, Versions } from '../../ports/storage.ts'
import { versionData } from '../outbox-event.ts'
import { type MemoryOutbox, toldOf } from './outbox.ts'
import { copy, type Memory, type Row, type WithRow } from './rows.ts'

const withoutUpdate = ({ id, seq, at, name, author, bytes }: Version): Version => {
  return { id, seq, at, name, author, bytes }
}

const keep = (row: Row, id: number, version: NewVersion, unnamed: number): Version => {
  const { seq, at, name, author, update } = version
  const kept = { id, seq, at, name, author, bytes: update.length }
  row.versions.push({ ...kept, update: copy(update) })
  const byThemselves = row.versions.filter((other) => other.name === null)
  const dropped = new Set(byThemselves.slice(0, Math.max(0, byThemselves.length - unnamed)))
  row.versions = row.versions.filter((other) => !dropped.has(other))
  return kept
}

const rename = (row: Row, id: number, name: string): boolean => {
  const isThere = row.versions.some((version) => version.id === id)
  row.versions = row.versions.map((version) => (version.id === id ? { ...version, name } : version))
  return isThere
}

const drop = (row: Row, id: number): boolean => {
  const before = row.versions.length
  row.versions = row.versions.filter((version) => version.id !== id)
  return row.versions.length < before
}

/** The versions of a memory. */
export const memoryVersions = (
  memory: Memory,
  withRow: WithRow,
  outbox: MemoryOutbox,
): Versions => ({
  keepVersion: (doc, version, unnamed) =>
    withRow(doc, (row) => {
      const kept = keep(row, ++memory.lastId, version, unnamed)
      const { at } = kept
      const data = versionData(toldOf(row), kept)
      outbox.put({ kind: 'version.created', document: row.name, at, data })
      return ok(kept)
    }),
  versions: (doc, { before, limit }) =>
    withRow(doc, ({ versions }) => {
      const older = versions.filter(({ id }) => before === null || id < before)
      return ok(older.toReversed().slice(0, limit).map(withoutUpdate))
    }),
  version: (doc, id) =>
    withRow<Awaited<ReturnType<typeof found>>>(doc, (row) => ok(found(row, id))),
  nameVersion: (doc, id, name) => withRow(doc, (row) => ok(rename(row, id, name))),
  removeVersion: (doc, id) => withRow(doc, (row) => ok(drop(row, id))),
})

const found = (row: Row, id: number) => {
  const version = row.versions.find((other) => other.id === id)
  return version ? { ...version, update: copy(version.update) } : null
}
