import { pino, stdSerializers } from 'pino'
import { assertNever } from '@quire/shared'
import type { Observe, QuireEvent, QuireEventKind } from '../ports/observe.ts'
import { redacted } from './redacted.ts'

/**
 * Levels of `createLog`, least first.
 *
 * @example
 * ```ts
 * import { createLog, type LogLevel } from '@quire/server'
 *
 * const level: LogLevel = process.env['NODE_ENV'] === 'production' ? 'warn' : 'debug'
 *
 * export const observe = createLog(level)
 * ```
 */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Most that is kept of what could not be written, for when it can be; of more, what comes later is left out. */
const KEPT_BYTES = 1024 * 1024

/**
 * Writes events as JSON lines to standard error: standard output is the command's own.
 *
 * @example
 * ```ts
 * import { createLog, createQuire, memoryStorage, openAuth } from '@quire/server'
 *
 * export const quire = createQuire({
 *   storage: memoryStorage(),
 *   authorize: openAuth,
 *   observe: createLog('warn'),
 * })
 * ```
 */
export const createLog = (level: LogLevel): Observe => {
  const serializers = { error: stdSerializers.err } // an Error has no JSON of its own
  const destination = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES })
  // a log that cannot be written, on a full disk above all, must not take what is unsaved with it
  destination.on('error', () => undefined)
  destination.on('drop', () => void destination.write('')) // by itself it would not try again from here on
  const hooks = { streamWrite: redacted } // whatever an error of another program says
  const log = pino({ level, base: null, serializers, hooks }, destination)
  return { event: (event) => log[levelOfEvent(event)](event, event.kind) }
}

/** What was left out is told at the level of what it is about. */
const levelOfEvent = (event: QuireEvent): Exclude<LogLevel, 'silent'> =>
  levelOf(event.kind === 'events-left-out' ? event.of : event.kind)

/** The level of a kind of event. */
export const levelOf = (kind: QuireEventKind): Exclude<LogLevel, 'silent'> => {
  switch (kind) {
    case 'presence-ignored':
    case 'unknown-message':
    case 'update-accepted':
    case 'relayed':
    case 'committed':
    case 'acknowledged':
      return 'trace'
    case 'room-opened':
    case 'room-evicted':
    case 'client-named':
    case 'session-held':
    case 'session-joined':
    case 'session-left':
    case 'session-resynced':
    case 'session-closed':
    case 'missing-dependencies':
    case 'compacted':
    case 'webhook-delivered':
      return 'debug'
    case 'migrating':
    case 'migrated':
    case 'listening':
    case 'draining':
    case 'drained':
    case 'append-recovered':
    case 'purged':
    case 'tls-reloaded':
    case 'keys-recovered':
    case 'patch-kept':
    case 'version-kept':
      return 'info'
    case 'newcomer-refused':
    case 'events-left-out':
    case 'login-denied':
    case 'load-failed':
    case 'append-failed':
    case 'patch-full':
    case 'patch-failed':
    case 'version-failed':
    case 'compact-failed':
    case 'answer-failed':
    case 'request-failed':
    case 'purge-failed':
    case 'keys-failed':
    case 'tls-outdated':
    case 'tls-reload-failed':
    case 'webhook-failed':
    case 'webhook-dropped':
      return 'warn'
    case 'corrupt-update':
    case 'quarantined':
    case 'webhook-dead':
    case 'bug':
      return 'error'
    default:
      return assertNever(kind)
  }
}
