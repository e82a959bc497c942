/* Versions of documents in memory. */
import { ok } from '@quire/shared'
import type { NewVersion, Version, VersionLimits, Versions } from '../../ports/storage.ts'
import { versionData } from '../outbox-event.ts'
import { type MemoryOutbox, toldOf } from './outbox.ts'
import { copy, type Memory, type Row, type WithRow } from './rows.ts'

const withoutUpdate = ({ id, seq, at, name, author, bytes }: Version): Version => {
  return { id, seq, at, name, author, bytes }
}

const isFull = ({ versions }: Row, { named }: Pick<VersionLimits, 'named'>): boolean =>
  versions.filter(({ name }) => name !== null).length >= named

const keep = (
  memory: Memory,
  row: Row,
  version: NewVersion,
  limits: VersionLimits,
): Version | 'full' => {
  const { seq, at, name, author, update } = version
  if (name !== null && isFull(row, limits)) return 'full'
  const id = ++memory.lastId
  const kept = { id, seq, at, name, author, bytes: update.length }
  row.versions.push({ ...kept, update: copy(update) })
  const byThemselves = row.versions.filter((other) => other.name === null)
  const dropped = new Set(byThemselves.slice(0, Math.max(0, byThemselves.length - limits.unnamed)))
  row.versions = row.versions.filter((other) => !dropped.has(other))
  return kept
}

const rename = (
  row: Row,
  { id, name }: { readonly id: number; readonly name: string },
  limits: Pick<VersionLimits, 'named'>,
): 'named' | 'unknown' | 'full' => {
  const version = row.versions.find((other) => other.id === id)
  if (version === undefined) return 'unknown'
  if (version.name === null && isFull(row, limits)) return 'full'
  row.versions = row.versions.map((other) => (other === version ? { ...version, name } : other))
  return 'named'
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
  keepVersion: (doc, version, limits) =>
    withRow(doc, (row) => {
      const kept = keep(memory, row, version, limits)
      if (kept !== 'full') {
        const data = versionData(toldOf(row), kept)
        outbox.put({ kind: 'version.created', document: row.name, at: kept.at, data })
      }
      return ok(kept)
    }),
  versions: (doc, { before, limit }) =>
    withRow(doc, ({ versions }) => {
      const older = versions.filter(({ id }) => before === null || id < before)
      return ok(older.toReversed().slice(0, limit).map(withoutUpdate))
    }),
  version: (doc, id) =>
    withRow<Awaited<ReturnType<typeof found>>>(doc, (row) => ok(found(row, id))),
  nameVersion: (doc, version, limits) => withRow(doc, (row) => ok(rename(row, version, limits))),
  removeVersion: (doc, id) => withRow(doc, (row) => ok(drop(row, id))),
})

const found = (row: Row, id: number) => {
  const version = row.versions.find((other) => other.id === id)
  return version ? { ...version, update: copy(version.update) } : null
}
