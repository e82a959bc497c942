import type { PresenceBounds } from './presence.ts'

/** When the log is folded. */
export interface FoldingLimits {
  /** Updates after the snapshot from which on they are folded into it. */
  readonly compactUpdates: number
  /** Bytes after the snapshot from which on they are folded, if the snapshot is not larger. */
  readonly compactBytes: number
  /** Updates after the snapshot from which on they are folded when nobody writes any more. */
  readonly compactIdleUpdates: number
  /** Bytes for the same, if they are a good part of the snapshot's. */
  readonly compactIdleBytes: number
  /** How long nobody has to have written in an open document for that. */
  readonly compactQuietMs: number
}

/** What a server folds by; DESIGN.md has what it costs on disk. */
export const foldingLimits: FoldingLimits = {
  compactUpdates: 2_000,
  compactBytes: 256 * 1024,
  compactIdleUpdates: 100,
  compactIdleBytes: 8 * 1024,
  compactQuietMs: 30_000,
}

/** Bounds of one room. Each has its unit in its name; defaults and reasons stand in config.ts. */
export interface RoomLimits extends PresenceBounds, FoldingLimits {
  /** Bytes that wait for a load, per session: what a client may say before it is answered. */
  readonly loadQueueBytes: number
  /** How long a load may take before its joiners are refused. */
  readonly loadMs: number
  /** How long a room that failed to load refuses joins before it tries again. */
  readonly coolDownMs: number
  /** Bytes accepted and not yet on disk; above it, writes are refused. */
  readonly unsavedBytes: number
  /** Sessions attached to one document. */
  readonly sessionsPerDocument: number
}

/** When others see an update: at once (`ack`), or only after its commit (`relay`). */
export type Durability = 'ack' | 'relay'
