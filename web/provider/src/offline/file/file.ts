import { err, type Result } from '@quire/shared'
import { systemClock } from '../clock.ts'
import { storeOn } from '../device-store.ts'
import { createHub } from '../hub.ts'
import type { Records } from '../records.ts'
import { plainly, type Keeping } from '../note.ts'
import type { OfflineStore, StoreProblem } from '../store.ts'
import { claim } from './claim.ts'
import { nodeDisk, type Disk } from './disk.ts'
import { fileRecords } from './file-records.ts'

/** Where a store of files is. */
export interface FileStoreOptions {
  /** A directory for this store alone; it is made if it is not there. One process can use it at a time. */
  readonly directory: string
  /** As it is, or `encryptWith` a key. */
  readonly keeping?: Keeping
}

/** A store of Node: an append-only file for each document, each change on the disk before it counts as kept. */
export const createFileStore = ({ directory, keeping = plainly }: FileStoreOptions): OfflineStore =>
  storeOn({
    prepare: () => claimedRecords(nodeDisk(directory), keeping),
    join: createHub().join,
    clock: systemClock,
  })

/** The records of a disk that no other store uses, until they are closed. */
export const claimedRecords = async (
  disk: Disk,
  keeping: Keeping,
): Promise<Result<Records, StoreProblem>> => {
  const path = await disk.prepare()
  if (!path.ok) return path
  const claimed = await claim(path.value)
  if (!claimed.ok) return err(claimed.error)
  const records = await keeping({ ...fileRecords(disk), close: claimed.value })
  if (!records.ok) await claimed.value()
  return records
}
