/* What was written and not let in, in memory. */
import { bytesEqual, ok, type Update } from '@quire/shared'
import type { Patch, Patches, PatchLimits, PatchPart, PatchWhole } from '../../ports/storage.ts'
import { copy, type Memory, type PatchRow, type Row, type WithRow } from './rows.ts'

const bytesOf = ({ parts }: PatchRow): number => parts.reduce((sum, part) => sum + part.length, 0)

const factsOf = (patch: PatchRow): Patch => {
  const { id, user, firstAt, lastAt, parts } = patch
  return { id, user, firstAt, lastAt, parts: parts.length, bytes: bytesOf(patch) }
}

const keep = (
  memory: Memory,
  row: Row,
  { user, at, update }: PatchPart,
  { users, bytesPerUser }: PatchLimits,
): 'kept' | 'known' | 'full' => {
  const there = row.patches.find((patch) => patch.user === user)
  if (there?.parts.some((part) => bytesEqual(part, update))) return 'known'
  if (!there && row.patches.length >= users) return 'full'
  if ((there ? bytesOf(there) : 0) + update.length > bytesPerUser) return 'full'
  if (there) {
    there.lastAt = at
    there.parts.push(copy(update))
  } else {
    const id = ++memory.lastId
    row.patches.push({ id, user, firstAt: at, lastAt: at, parts: [copy(update)] })
  }
  return 'kept'
}

const replace = (row: Row, id: number, { at, update, parts }: PatchWhole): boolean => {
  const patch = row.patches.find((one) => one.id === id)
  if (patch?.parts.length !== parts) return false
  patch.parts = [copy(update)]
  patch.lastAt = at
  return true
}

const drop = (row: Row, id: number): boolean => {
  const before = row.patches.length
  row.patches = row.patches.filter((patch) => patch.id !== id)
  return row.patches.length < before
}

/** The patches of a memory. */
export const memoryPatches = (memory: Memory, withRow: WithRow): Patches => ({
  keepPatch: (doc, part, limits) => withRow(doc, (row) => ok(keep(memory, row, part, limits))),
  replacePatch: (doc, id, whole) => withRow(doc, (row) => ok(replace(row, id, whole))),
  patches: (doc) => withRow(doc, (row) => ok(row.patches.map(factsOf))),
  patch: (doc, id) =>
    withRow<readonly Update[] | null>(doc, (row) =>
      ok(row.patches.find((patch) => patch.id === id)?.parts.map(copy) ?? null),
    ),
  removePatch: (doc, id) => withRow(doc, (row) => ok(drop(row, id))),
})
