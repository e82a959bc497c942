/*
 * What the page of operations follows: one document, `operations`, whose only writer is the server. It is a single
 * array of entries. New ones are put at its end, and what an entry replaces is deleted: deleted items that stand
 * beside each other are one in Yjs, so the document stays as large as what it holds, however long it lives. A map whose
 * keys are set again and again would not: each value that it ever had stays in it as an item of its own.
 *
 *     feed   [ s… ][ s… ] … [ t… ] … [ s… ][ now ]        s: a sample, t: a trouble, now: this moment
 */

/** The document. */
export const OPERATIONS_DOCUMENT = 'operations'

/** The root array in it. */
export const OPERATIONS_FEED = 'feed'

/** How often there is a sample, milliseconds. */
export const SAMPLE_MS = 2_000

/** Samples that are kept: ten minutes of them. */
export const SAMPLES_KEPT = 300

/** Refusals, denials and errors that are kept. */
export const TROUBLES_KEPT = 100

/** Documents of this moment that are told: those with the most sessions, changes or unsaved bytes. */
export const TOP_DOCUMENTS = 50

/**
 * What a sample holds, in this order; null where there was nothing to measure. Times are milliseconds, sizes bytes,
 * counts those of the time since the sample before.
 */
export const sampleFields = [
  /** Wall-clock time. */
  'at',
  /** How long the interval was, milliseconds. */
  'ms',
  'documents',
  'sessions',
  'updates',
  'bytes',
  'commits',
  'commitP50',
  'commitP99',
  'ackP50',
  'ackP99',
  'relayP50',
  'relayP99',
  /** Accepted, and not on disk. */
  'unsavedBytes',
  /** How long the oldest of them waits. */
  'unsavedMs',
  /** Said to documents that are still being read. */
  'queuedBytes',
  /** Of the process: resident memory, and the part that is JavaScript's. */
  'rssBytes',
  'heapBytes',
  /** By how much turns of the event loop were late. */
  'loopP99',
  'loopMax',
  /** Of one core, 0 to 1 and above: threads count. */
  'cpu',
] as const

/** The name of a figure in a sample. */
export type SampleField = (typeof sampleFields)[number]

/** The figures of one interval. */
export type OperationsSample = Readonly<Record<SampleField, number | null>>

/** A sample as it stands in the document. */
export const encodeSample = (sample: OperationsSample): readonly (number | null)[] =>
  sampleFields.map((field) => sample[field])

/** The sample that stands there; what is no number is null. */
export const decodeSample = (values: readonly unknown[]): OperationsSample =>
  Object.fromEntries(
    sampleFields.map((field, index) => {
      const value = values[index]
      return [field, typeof value === 'number' ? value : null]
    }),
  ) as OperationsSample // each field of the table has its entry

/** Something that an operator may have to look at. */
export interface OperationsTrouble {
  /** Ascending. */
  readonly id: number
  /** Wall-clock time of the last of them, milliseconds. */
  readonly at: number
  /** Whom it meets: somebody was sent away or found no place; had no right; or the server itself failed. */
  readonly kind: 'refusal' | 'denial' | 'error'
  /** The event's own name. */
  readonly event: string
  /** Null where it is about none. */
  readonly document: string | null
  readonly reason: string
  /** How often the same came in one go. */
  readonly times: number
}

/** A reader that is not told of every change, as it does not read what waits for it. */
export interface SlowReader {
  readonly document: string
  readonly session: number
  /** Wall-clock time, milliseconds. */
  readonly since: number
}

/** An open document at this moment. */
export interface BusyDocument {
  readonly name: string
  readonly sessions: number
  /** In a second of the last interval. */
  readonly updatesPerSecond: number
  readonly bytesPerSecond: number
  readonly unsavedBytes: number
}

/** How many sessions there are of a family by a transport. */
export interface SessionCount {
  readonly family: string
  readonly transport: string
  readonly sessions: number
}

/** This moment. */
export interface OperationsNow {
  /** Wall-clock times, milliseconds. */
  readonly at: number
  readonly startedAt: number
  /** Why newcomers or changes are refused at this moment, or null. */
  readonly refusing: string | null
  readonly isDraining: boolean
  /** Documents that could not be written, or not be opened. */
  readonly failing: number
  readonly unopened: number
  readonly sessions: readonly SessionCount[]
  readonly documents: readonly BusyDocument[]
  readonly slow: readonly SlowReader[]
  /** Since the process began. */
  readonly since: {
    readonly updates: number
    readonly bytes: number
    readonly commits: number
    readonly refusals: number
    readonly denials: number
    readonly errors: number
  }
}

/** An entry of the feed. */
export type OperationsEntry =
  | readonly [key: 'now', value: OperationsNow]
  | readonly [key: `s${number}`, value: readonly (number | null)[]]
  | readonly [key: `t${number}`, value: OperationsTrouble]

/** What a page shows of the feed. */
export interface OperationsView {
  readonly now: OperationsNow | null
  readonly samples: readonly OperationsSample[]
  /** The newest last. */
  readonly troubles: readonly OperationsTrouble[]
}

/** Reads the feed: entries are the server's alone, and believed. */
export const readFeed = (entries: readonly unknown[]): OperationsView => {
  let now: OperationsNow | null = null
  const samples: OperationsSample[] = []
  const troubles: OperationsTrouble[] = []
  for (const entry of entries as readonly OperationsEntry[]) {
    const [key, value] = entry
    if (key === 'now') now = value
    else if (key.startsWith('s')) samples.push(decodeSample(value as readonly unknown[]))
    else if (key.startsWith('t')) troubles.push(value as OperationsTrouble)
  }
  samples.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
  troubles.sort((a, b) => a.id - b.id)
  return { now, samples, troubles }
}
