import type { CloseName, DocName, Seq } from '@quire/shared'
import type { Denial } from './auth.ts'
import type { Transport } from './socket.ts'

/**
 * Whose words a client speaks; `direct`: it is in this process.
 *
 * @example
 * ```ts
 * import type { Family } from '@quire/server'
 *
 * // families whose clients wait for the server to say that it is still there
 * export const isImpatient = (family: Family): boolean => family !== 'direct'
 * ```
 */
export type Family = 'quire' | 'y-websocket' | 'hocuspocus' | 'y-sweet' | 'direct'

/**
 * What happened, for logs and figures: never document content, tokens or presence.
 *
 * @example
 * ```ts
 * import type { QuireEvent } from '@quire/server'
 *
 * // what somebody is to be woken for
 * export const isAlarming = (event: QuireEvent): boolean =>
 *   event.kind === 'bug' || event.kind === 'append-failed' || event.kind === 'quarantined'
 * ```
 */
export type QuireEvent =
  | { readonly kind: 'room-opened'; readonly document: DocName; readonly loadMs: number }
  | { readonly kind: 'room-evicted'; readonly document: DocName }
  | { readonly kind: 'load-failed'; readonly document: DocName; readonly problem: string }
  | {
      readonly kind: 'session-joined'
      readonly document: DocName
      readonly session: number
      readonly family: Family
      readonly transport: Transport
    }
  | {
      readonly kind: 'session-left'
      readonly document: DocName
      readonly session: number
      readonly family: Family
      readonly transport: Transport
      /** How long it was in, milliseconds. */
      readonly ms: number
    }
  /** A client of quire.v1 says what it is, and both keep to this revision. */
  | { readonly kind: 'client-named'; readonly agent: string; readonly revision: number }
  /** R9: a session does not read as fast as others write; it is to get what it misses at once, later. */
  | { readonly kind: 'session-held'; readonly document: DocName; readonly session: number }
  /** R9: a session that was held has read what waited for it, and is given what it missed. */
  | { readonly kind: 'session-resynced'; readonly document: DocName; readonly session: number }
  /** Somebody was not let in, or not any more. `document` is null where it is not about one. */
  | {
      readonly kind: 'login-denied'
      readonly document: DocName | null
      /** `api`: by HTTP, without a session. */
      readonly family: Family | 'api'
      readonly denial: Denial['kind']
    }
  | MeasuringEvent
  /** The server closed a session. `document` is null where none was named. */
  | {
      readonly kind: 'session-closed'
      readonly document: DocName | null
      readonly close: CloseName
      readonly reason: string
    }
  /** A connection, a handshake or a request found no place, or came too often. `address` is the client's, '' where there is none. */
  | {
      readonly kind: 'newcomer-refused'
      readonly bound:
        | 'connections'
        | 'handshakes'
        | 'handshakes-per-minute'
        | 'requests-per-minute'
        | 'sockets'
      readonly of: 'server' | 'address'
      readonly limit: number
      readonly address: string
    }
  /** A request was not answered as it was asked, for a reason that its sender is not told. `id` is the request's. */
  | { readonly kind: 'request-failed'; readonly id: string; readonly problem: string }
  /** Documents that were deleted long ago have gone for good. */
  | { readonly kind: 'purged'; readonly documents: number }
  | { readonly kind: 'purge-failed'; readonly problem: string }
  /** Events of a kind that were not told, because there were too many in a second. */
  | { readonly kind: 'events-left-out'; readonly of: QuireEventKind; readonly count: number }
  | { readonly kind: 'unknown-message'; readonly document: DocName; readonly type: number }
  | { readonly kind: 'missing-dependencies'; readonly document: DocName; readonly session: number }
  | { readonly kind: 'presence-ignored'; readonly document: DocName; readonly entries: number }
  | { readonly kind: 'append-failed'; readonly document: DocName; readonly problem: string }
  | { readonly kind: 'append-recovered'; readonly document: DocName; readonly attempts: number }
  /** The document was kept as it is, by itself. */
  | { readonly kind: 'version-kept'; readonly document: DocName; readonly bytes: number }
  | { readonly kind: 'version-failed'; readonly document: DocName; readonly problem: string }
  /** What was denied was kept as a patch. */
  | { readonly kind: 'patch-kept'; readonly document: DocName }
  /** What was denied was not kept: its user's patch, or the number of patches, is at its bound. */
  | { readonly kind: 'patch-full'; readonly document: DocName }
  /** What was denied could not be kept; it is tried again, where that may help. */
  | { readonly kind: 'patch-failed'; readonly document: DocName; readonly problem: string }
  | {
      readonly kind: 'compacted'
      readonly document: DocName
      readonly folded: number
      readonly bytes: number
    }
  /** Updates that nothing could be folded with were taken out of the document, and kept. */
  | {
      readonly kind: 'quarantined'
      readonly document: DocName
      /** Their numbers in the log. */
      readonly updates: readonly Seq[]
      /** What the first of them broke. */
      readonly problem: string
    }
  | { readonly kind: 'compact-failed'; readonly document: DocName; readonly problem: string }
  | { readonly kind: 'answer-failed'; readonly document: DocName; readonly problem: string }
  | { readonly kind: 'corrupt-update'; readonly document: DocName; readonly problem: string }
  | { readonly kind: 'bug'; readonly document: DocName | null; readonly error: Error }
  /** The keys that tokens are signed with could not be read; those that are known go on being used. */
  | { readonly kind: 'keys-failed'; readonly problem: string }
  /** They could be read again. */
  | { readonly kind: 'keys-recovered' }
  /** The certificate was read anew, and is shown to whoever connects from here on. */
  | { readonly kind: 'tls-reloaded'; readonly validTo: string }
  /** The certificate that is shown has ended, or not begun: whoever connects is warned, or refuses to. */
  | { readonly kind: 'tls-outdated'; readonly problem: string }
  /** The certificate could not be read anew, or is not valid now; the one from before is still shown. */
  | { readonly kind: 'tls-reload-failed'; readonly problem: string }
  /** A database of an earlier schema version is copied, so many bytes at most, and then brought to this one. */
  | {
      readonly kind: 'migrating'
      readonly from: number
      readonly to: number
      readonly bytes: number
    }
  /** It was. `backup` is the path of the copy; null where none was wanted. */
  | {
      readonly kind: 'migrated'
      readonly from: number
      readonly to: number
      readonly backup: string | null
      readonly backupMs: number
      readonly migrateMs: number
    }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'draining'; readonly rooms: number; readonly sessions: number }
  | { readonly kind: 'drained'; readonly left: number }
  /** A target took an event, with so many attempts; the last one took `ms`. */
  | {
      readonly kind: 'webhook-delivered'
      readonly host: string
      readonly attempts: number
      readonly ms: number
    }
  /** An attempt failed; `host` is '' and `attempt` 0 where the outbox itself could not be read or written. */
  | {
      readonly kind: 'webhook-failed'
      readonly host: string
      readonly attempt: number
      readonly problem: string
    }
  /** An event was given up at a target: it is a dead letter. */
  | {
      readonly kind: 'webhook-dead'
      readonly host: string
      readonly id: string
      readonly problem: string
    }
  /** So many deliveries or dead letters were dropped at a bound. */
  | { readonly kind: 'webhook-dropped'; readonly count: number }

/**
 * What is measured of every change, as often as people type: told to those alone that ask for it (`Observe.measures`).
 * Times are milliseconds with fractions.
 *
 * @example
 * ```ts
 * import type { MeasuringEvent } from '@quire/server'
 *
 * // how late somebody learned of something, null where the event does not say
 * export const lateMs = (event: MeasuringEvent): number | null =>
 *   event.kind === 'update-accepted' ? null : event.ms
 * ```
 */
export type MeasuringEvent =
  | {
      readonly kind: 'update-accepted'
      readonly document: DocName
      readonly family: Family
      readonly bytes: number
    }
  /**
   * Updates were handed to the sockets of those they are for, in one write to each. `ms`: since the oldest of them was
   * accepted.
   */
  | {
      readonly kind: 'relayed'
      readonly document: DocName
      readonly recipients: number
      /** Of the updates, once. */
      readonly bytes: number
      /** Of each update as often as it was handed over; its author is not given it. */
      readonly deliveredBytes: number
      readonly ms: number
    }
  /** One commit; `ms`: from its start to its end on disk. */
  | {
      readonly kind: 'committed'
      readonly documents: number
      readonly updates: number
      readonly bytes: number
      readonly ms: number
    }
  /** A sender was told that what it wrote is on disk. `ms`: since the oldest of that was accepted. */
  | { readonly kind: 'acknowledged'; readonly document: DocName; readonly ms: number }

/**
 * The kind of an event.
 *
 * @example
 * ```ts
 * import type { Observe, QuireEventKind } from '@quire/server'
 *
 * export const counts = new Map<QuireEventKind, number>()
 *
 * export const observe: Observe = {
 *   event: ({ kind }) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
 * }
 * ```
 */
export type QuireEventKind = QuireEvent['kind']

/**
 * A sink for events. It must not throw and must not block.
 *
 * @example
 * ```ts
 * import { createLog, type Observe } from '@quire/server'
 *
 * const log = createLog('info')
 *
 * // a log, without the versions that are kept by themselves
 * export const observe: Observe = {
 *   event(event) {
 *     if (event.kind !== 'version-kept') log.event(event)
 *   },
 * }
 * ```
 */
export interface Observe {
  /** True where it wants what is measured of every change as well (`MeasuringEvent`); absent: none of that is told. */
  readonly measures?: boolean
  event(event: QuireEvent): void
}
