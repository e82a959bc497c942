/* An outbox as the suite asks it. */
import { millis, type Millis } from '@quire/shared'
import { type Delivery, type OutboxPlan, outboxKinds } from '../../ports/outbox.ts'
import type { Storage } from '../../ports/storage.ts'
import { noon, textUpdate, unwrap } from './fixture.ts'
import type { DocId } from '@quire/shared'

/** All events, for two endpoints. */
export const fullPlan: OutboxPlan = {
  kinds: outboxKinds,
  endpoints: [
    { key: 'a', host: 'a.example' },
    { key: 'b', host: 'b.example:8443' },
  ],
  backlog: 1_000,
  deadLetters: 1_000,
}

/** Some time after noon. */
export const after = (ms: number): Millis => millis(noon + ms)

/** Later than any event of a test, whose creations may have the time of the machine. */
export const late = millis(8_000_000_000_000)

/** What is due at an endpoint by then. */
export const dueAt = async (
  storage: Storage,
  endpoint = 'a',
  now: Millis = late,
): Promise<readonly Delivery[]> =>
  unwrap(await storage.dueDeliveries({ endpoint, now, limit: 1_000 }))

/** What a delivery tells, without what is random in it; fails where it does not tell its own document. */
export const toldBy = ({ kind, document, data }: Delivery) => {
  const told = { kind, ...JSON.parse(data) }
  if (told.document !== document) throw new Error(`an event of ${document} tells ${data}`)
  delete told.epoch
  delete told.id
  return told
}

/** Tells of all that was changed by then, as if it had rested since. */
export const settle = async (storage: Storage, now: Millis = late) =>
  unwrap(await storage.settleOutbox({ now, restMs: 1_000, waitMs: 5_000 }))

/** Appends an update of these users. */
export const write = async (
  storage: Storage,
  doc: DocId,
  at: Millis,
  users: readonly string[] = [],
): Promise<void> => {
  unwrap(await storage.append([{ doc, updates: [textUpdate('x')], users }], at))
}
