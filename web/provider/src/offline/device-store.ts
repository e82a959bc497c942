/*
 * An OfflineStore on a device: whatever can keep records, and knows who else has a document open.
 */
import { err, ok, parseDocName, type Result, type Update } from '@quire/shared'
import type { OfflineClock } from './clock.ts'
import { unpackLog } from './fold-log.ts'
import { OpenDocument } from './kept-document.ts'
import {
  ownerOf,
  type Contents,
  type DocumentRecords,
  type Records,
  type UnsavedEntry,
} from './records.ts'
import type { JoinSiblings, SiblingEvent, Siblings } from './siblings.ts'
import type { KeptDocument, KeptListener, OfflineStore, StoreProblem } from './store.ts'

/** What a store is made of. */
export interface Device {
  /** The records, once it is known that they can be read; asked again where that failed. */
  prepare(): Promise<Result<Records, StoreProblem>>
  readonly join: JoinSiblings
  readonly clock: OfflineClock
}

const utf8 = new TextEncoder()

/** A store on this device, which is the store's from now on. */
export const storeOn = (device: Device): OfflineStore => {
  let prepared: Promise<Result<Records, StoreProblem>> | null = null
  let closing: Promise<void> | null = null
  const documents = new Set<KeptDocument>()
  const closed: StoreProblem = { kind: 'unavailable', message: 'the offline store is closed' }

  const prepare = async (): Promise<Result<Records, StoreProblem>> => {
    if (closing !== null) return err(closed)
    prepared ??= device.prepare()
    const attempt = prepared
    const records = await attempt
    if (!records.ok && prepared === attempt) prepared = null
    return records
  }

  const close = async (): Promise<void> => {
    const records = await prepared
    await Promise.all([...documents].map((document) => document.close()))
    if (records?.ok) await records.value.close()
  }

  return {
    async open(name, listener) {
      const parsed = parseDocName(name)
      if (!parsed.ok) return err({ kind: 'io', message: parsed.error.message })
      const records = await prepare()
      if (!records.ok) return records
      const opened = await openDocument(device, records.value, {
        name,
        listener,
        onClosed: (document) => documents.delete(document),
      })
      if (!opened.ok) return opened
      documents.add(opened.value)
      if (closing === null) return opened
      await opened.value.close() // the store was closed meanwhile
      return err(closed)
    },
    async documents() {
      const records = await prepare()
      if (!records.ok) return records
      const labels = await records.value.labels()
      return labels.ok ? ok(labels.value.map((label) => new TextDecoder().decode(label))) : labels
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

interface Asked {
  readonly name: string
  readonly listener: KeptListener
  readonly onClosed: (document: KeptDocument) => void
}

const openDocument = async (
  { join, clock }: Device,
  records: Records,
  { name, listener, onClosed }: Asked,
): Promise<Result<KeptDocument, StoreProblem>> => {
  const document = await records.document(name, utf8.encode(name))
  if (!document.ok) return document
  // from here on all that happens is heard; what happens before `hear` is set waits
  const early: SiblingEvent[] = []
  let hear = (event: SiblingEvent): void => void early.push(event)
  const siblings = await join(name, (event) => hear(event))
  if (!siblings.ok) {
    await document.value.close()
    return siblings
  }
  const found = await find(name, document.value, siblings.value)
  if (!found.ok) {
    siblings.value.leave()
    await document.value.close()
    return found
  }
  const { contents, updates, unsaved, gone } = found.value
  const ports = { name, records: document.value, siblings: siblings.value, clock, listener }
  const open: OpenDocument = new OpenDocument(
    { ...ports, onClosed: () => onClosed(open) },
    { contents, unsaved, updates: [...updates, ...early.flatMap(updatesIn)] },
  )
  // the owner has what was opened before it hears what has happened since
  clock.after(0, () => {
    hear = (event) => open.hear(event)
    for (const event of [...gone.map(leftEvent), ...early]) open.hear(event)
  })
  return ok(open)
}

interface Found {
  readonly contents: Contents
  readonly updates: readonly Update[]
  /** Taken over from those who are gone. */
  readonly unsaved: readonly UnsavedEntry[]
  /** Those of whom it could not be taken over yet. */
  readonly gone: readonly string[]
}

const find = async (
  name: string,
  document: DocumentRecords,
  siblings: Siblings,
): Promise<Result<Found, StoreProblem>> => {
  const read = await document.read()
  if (!read.ok) return read
  const contents = read.value
  const updates = unpackLog(contents.log)
  if (updates === null)
    return err({ kind: 'broken', message: `what is kept of ${name} on this device does not read` })
  // asked after the reading: whoever has written by then and does not live now is gone for good
  const owners = new Set(contents.unsaved.map(({ origin }) => ownerOf(contents, origin)))
  const gone = await siblings.gone([...owners])
  if (!gone.ok) return gone
  if (gone.value.length === 0) return ok({ contents, updates, unsaved: [], gone: [] })
  const { life, next } = contents
  const adopted = await document.adopt({
    life,
    owner: siblings.self,
    gone: gone.value,
    known: contents,
  })
  if (!adopted.ok) return ok({ contents, updates, unsaved: [], gone: gone.value })
  const { unsaved } = adopted.value
  // written by one who died between the reading and the asking
  const late = unsaved.filter(({ key }) => key.number >= next)
  const lateUpdates = late.map(({ bytes }) => bytes as Update) // kept as one
  return ok({ contents, updates: [...updates, ...lateUpdates], unsaved, gone: [] })
}

const updatesIn = (event: SiblingEvent): readonly Update[] =>
  event.kind === 'heard' && event.message.kind !== 'cleared' ? event.message.updates : []

const leftEvent = (opener: string): SiblingEvent => ({ kind: 'left', opener })
