/*
 * What is accepted and not yet on disk. One append is in flight at a time; what arrives meanwhile
 * waits for the next. Nothing leaves this state but by a commit (R4).
 */
import { millis, type Millis, type SessionId, type Update } from '@quire/shared'
import type { AuthorStamp } from '../ports/storage.ts'
import { NO_AUTHORS } from './authorship.ts'
import type { Receipt } from './message.ts'

/** One accepted message: who sent it, what to acknowledge, and what of it is to be written. */
export interface Pending {
  readonly session: SessionId
  readonly receipt: Receipt
  /** Null if the log already holds it or is about to: then it waits only for what came before (R5). */
  readonly update: Update | null
  /** Who brought what is new in it; absent: there is nothing to stamp. */
  readonly authors?: readonly AuthorStamp[]
  /** When it was accepted, where that is measured. */
  readonly acceptedAt?: number | undefined
  /** Whose change it is; absent: nobody with a name has changed anything. */
  readonly user?: string
}

/** Accepted messages in order, and what they hold in memory. Grows in place. */
export interface Batch {
  readonly items: Pending[]
  bytes: number
}

/** What a message that waits costs in memory besides its own bytes, about: tiny ones are bounded, too. */
const PER_MESSAGE_BYTES = 128

/** What a stamp that waits takes in memory, bytes, about. */
const PER_STAMP_BYTES = 64

/** What a message of this size costs in memory while it waits, bytes. */
export const waitingCost = (bytes: number): number => bytes + PER_MESSAGE_BYTES

/** What stamps cost besides, bytes. */
export const stampsCost = (stamps: readonly AuthorStamp[]): number =>
  stamps.length * PER_STAMP_BYTES

/** Where the accepted and not yet committed messages are. */
export type Saving =
  | { readonly kind: 'clean' }
  | {
      readonly kind: 'appending'
      readonly inFlight: Batch
      readonly meanwhile: Batch
      /** Failed attempts at what is in flight. */
      readonly attempts: number
    }
  | {
      readonly kind: 'retrying'
      readonly unsaved: Batch
      readonly attempts: number
      readonly retryAt: Millis
    }

/** Nothing to save. */
export const CLEAN: Saving = { kind: 'clean' }
const nothing = (): Batch => ({ items: [], bytes: 0 })

/** Pause before a retry: 100 ms doubled per attempt, at most 5 s; a disk is local, so no jitter. */
export const retryDelayMs = (attempts: number): number => Math.min(5_000, 100 * 2 ** attempts)

/** Bytes in memory that are accepted and not committed. */
export const unsavedBytes = (saving: Saving): number => {
  switch (saving.kind) {
    case 'clean':
      return 0
    case 'appending':
      return saving.inFlight.bytes + saving.meanwhile.bytes
    case 'retrying':
      return saving.unsaved.bytes
  }
}

/** Updates accepted and not committed, in order. */
export const unsavedUpdates = (saving: Saving): readonly Update[] => {
  switch (saving.kind) {
    case 'clean':
      return []
    case 'appending':
      return [...updatesOf(saving.inFlight), ...updatesOf(saving.meanwhile)]
    case 'retrying':
      return updatesOf(saving.unsaved)
  }
}

/** The updates of a batch, in order. */
export const updatesOf = (batch: Batch): readonly Update[] =>
  batch.items.flatMap((item) => (item.update === null ? [] : [item.update]))

/** Who brought what is new in a batch, in order. */
export const authorsOf = (batch: Batch): readonly AuthorStamp[] =>
  batch.items.some((item) => item.authors !== undefined)
    ? batch.items.flatMap((item) => item.authors ?? NO_AUTHORS)
    : NO_AUTHORS

/** The users whose changes are in a batch, each once. */
export const usersOf = (batch: Batch): readonly string[] => {
  const [first, ...others] = batch.items
  if (others.length === 0) return first?.user === undefined ? [] : [first.user]
  const users = new Set<string>()
  for (const { user } of batch.items) if (user !== undefined) users.add(user)
  return [...users]
}

/** Adds an accepted message. A clean room has it in flight at once; else it waits for the next append. */
export const add = (saving: Saving, item: Pending): Saving => {
  switch (saving.kind) {
    case 'clean':
      return { kind: 'appending', inFlight: batchOf(item), meanwhile: nothing(), attempts: 0 }
    case 'appending':
      extend(saving.meanwhile, item)
      return saving
    case 'retrying':
      extend(saving.unsaved, item)
      return saving
  }
}

/** A session waits for nothing of what it has said so far: its receipts count no more (counting.ts). */
export const uncounted = (saving: Saving, session: SessionId): Saving => {
  switch (saving.kind) {
    case 'clean':
      return saving
    case 'appending':
      return {
        ...saving,
        inFlight: uncountedIn(saving.inFlight, session),
        meanwhile: uncountedIn(saving.meanwhile, session),
      }
    case 'retrying':
      return { ...saving, unsaved: uncountedIn(saving.unsaved, session) }
  }
}

const uncountedIn = ({ items, bytes }: Batch, session: SessionId): Batch => ({
  bytes,
  items: items.map((item) =>
    item.session === session ? { ...item, receipt: uncount(item.receipt) } : item,
  ),
})

/** The same, of a client that does not count it any more. */
export const uncount = (receipt: Receipt): Receipt =>
  'isCounted' in receipt ? { ...receipt, isCounted: false } : receipt

/** After the commit of what was in flight: what waited is in flight now, or all is clean. */
export const committed = (saving: Saving & { kind: 'appending' }): Saving =>
  saving.meanwhile.items.length === 0
    ? CLEAN
    : { kind: 'appending', inFlight: saving.meanwhile, meanwhile: nothing(), attempts: 0 }

/** After a failure: everything waits for one retry. */
export const failed = (saving: Saving & { kind: 'appending' }, now: Millis): Saving => ({
  kind: 'retrying',
  unsaved: {
    items: [...saving.inFlight.items, ...saving.meanwhile.items],
    bytes: saving.inFlight.bytes + saving.meanwhile.bytes,
  },
  attempts: saving.attempts + 1,
  retryAt: millis(now + retryDelayMs(saving.attempts)),
})

/** Puts everything in flight again. */
export const retry = (saving: Saving & { kind: 'retrying' }): Saving => ({
  kind: 'appending',
  inFlight: saving.unsaved,
  meanwhile: nothing(),
  attempts: saving.attempts,
})

const extend = (batch: Batch, item: Pending): void => {
  batch.items.push(item)
  // known or new: the receipt holds the bytes
  batch.bytes += receiptCost(item.receipt) + stampsCost(item.authors ?? NO_AUTHORS)
}

/** What a receipt that waits takes, bytes. */
export const receiptCost = (receipt: Receipt): number =>
  waitingCost(receipt.kind === 'mark' ? receipt.mark.length : receipt.update.length)

const batchOf = (item: Pending): Batch => {
  const batch = nothing()
  extend(batch, item)
  return batch
}

/** When the oldest of what is to be written was accepted, where that is measured; null: nothing is. */
export const oldestIn = (saving: Saving): number | null => {
  if (saving.kind === 'clean') return null
  const { items } = saving.kind === 'appending' ? saving.inFlight : saving.unsaved
  return items.find(({ acceptedAt }) => acceptedAt !== undefined)?.acceptedAt ?? null
}

/** True if the last attempt to write failed and nothing has been committed since. */
export const isFailing = (saving: Saving): boolean =>
  saving.kind === 'retrying' || (saving.kind === 'appending' && saving.attempts > 0)
