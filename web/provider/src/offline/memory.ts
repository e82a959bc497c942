import { ok, type Result } from '@quire/shared'
import { systemClock, type OfflineClock } from './clock.ts'
import { adopt, append, fold, hasEnded, type Changed } from './contents.ts'
import { storeOn } from './device-store.ts'
import { createHub } from './hub.ts'
import { NOTHING_KEPT, type Contents, type DocumentRecords, type Records } from './records.ts'
import { plainly } from './note.ts'
import type { JoinSiblings } from './siblings.ts'
import type { OfflineStore, StoreProblem } from './store.ts'

interface Row {
  readonly label: Uint8Array
  readonly contents: Contents
}

/** What memory stores keep into; hand it to the next store to play another tab, or a restart. */
export interface OfflineMemory {
  readonly rows: Map<string, Row>
  readonly join: JoinSiblings
  note: Uint8Array | null
  lives: number
}

/** Memory without documents. */
export const createOfflineMemory = (): OfflineMemory => ({
  rows: new Map(),
  join: createHub().join,
  note: null,
  lives: 0,
})

/**
 * A store that keeps documents for as long as `memory` lives: for tests, and where there is no other and tabs
 * need not outlive their page.
 */
export const createMemoryStore = (
  memory: OfflineMemory = createOfflineMemory(),
  clock: OfflineClock = systemClock,
): OfflineStore => {
  const records = memoryRecords(memory)
  return storeOn({ prepare: () => plainly(records), join: memory.join, clock })
}

/** The records in a memory. */
export const memoryRecords = (memory: OfflineMemory): Records => ({
  note: async (proposed) => ok((memory.note ??= proposed)),
  document: async (key, label) => ok(documentIn(memory, key, label)),
  labels: async () => ok([...memory.rows.values()].map(({ label }) => label)),
  close: async () => undefined,
})

const documentIn = (memory: OfflineMemory, key: string, label: Uint8Array): DocumentRecords => {
  const { rows } = memory
  const contents = (): Contents => rows.get(key)?.contents ?? NOTHING_KEPT
  const asked = () => ({ document: key, contents: contents() })
  const keep = <T>(changed: Changed<T>): Result<T, StoreProblem> => {
    if (!changed.ok) return changed
    if (changed.value.contents.life !== null)
      rows.set(key, { label, contents: changed.value.contents })
    return ok(changed.value.answer)
  }
  return {
    read: async () => ok(contents()),
    write: async (batch) => keep(append(asked(), batch, `life ${++memory.lives}`)),
    adopt: async (adoption) => keep(adopt(asked(), adoption)),
    fold: async (life, numbers, bytes) =>
      hasEnded(life, contents()) ? ok(null) : keep(ok(fold(contents(), numbers, bytes))),
    clear: async () => {
      const { life } = contents()
      rows.delete(key)
      return ok(life)
    },
    close: async () => undefined,
  }
}
