/* The note of a store says how all that is in it is kept: its first byte is one of these. */
import { err, ok, type Result } from '@quire/shared'
import type { Records } from './records.ts'
import type { StoreProblem } from './store.ts'

/** As it is. */
export const PLAIN = 0
/** Encrypted; what follows is for who has the key. */
export const SEALED = 1

/**
 * Makes records that can be used of those of a device, if they are kept in the way that it stands for. What has
 * been begun in one way is `broken` in the other.
 */
export type Keeping = (device: Records) => Promise<Result<Records, StoreProblem>>

/** Keeps all as it is. */
export const plainly: Keeping = async (device) => {
  const note = await device.note(Uint8Array.of(PLAIN))
  if (!note.ok) return note
  if (note.value[0] === PLAIN) return ok(device)
  return err(
    note.value[0] === SEALED ? brokenStore('is encrypted, and opens with its key only') : UNKNOWN,
  )
}

/** Says what is wrong with a store as a whole. */
export const brokenStore = (what: string): StoreProblem => ({
  kind: 'broken',
  message: `the offline store of this device ${what}`,
})

/** Says that the note is of no known kind. */
export const UNKNOWN: StoreProblem = {
  kind: 'newer',
  message: 'the offline store of this device is kept in a way that this version does not know',
}
