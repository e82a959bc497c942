import type { HeldLimits } from './held-bytes.ts'
import type { ThrottleLimits } from './throttle.ts'

/** What a client may do before its login is checked: tighter than after, as anybody can get that far. */
export interface LoginLimits {
  /** Time for the login to be checked. */
  readonly loginMs: number
  /** Bytes that are kept of what a client says meanwhile. */
  readonly loginBytes: number
  /** The same in messages. */
  readonly loginMessages: number
  /** Newcomers whose login is being checked, of the whole server. An open session's new login is none of these. */
  readonly loginsAtOnce: number
}

/** Bounds of one server beside those of each room. Defaults and reasons stand in config.ts. */
export interface ServerLimits extends HeldLimits, LoginLimits, ThrottleLimits {
  /** Sessions on all documents, and those of one address. */
  readonly sessions: number
  readonly sessionsPerAddress: number
  /** Documents that are open, or being opened, written or folded after everybody has left. */
  readonly openDocuments: number
}
