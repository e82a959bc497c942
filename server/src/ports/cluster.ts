import type { DocName, Seq, Update } from '@quire/shared'
import type { Undo } from './undo.ts'

/**
 * Tells other nodes what has just been committed to the shared log. Only a hint: it may be lost.
 *
 * @example
 * ```ts
 * import type { Hint } from '@quire/server'
 *
 * // a hint as text for a channel that carries text
 * export const textOf = ({ updates, ...rest }: Hint): string =>
 *   JSON.stringify({ ...rest, updates: updates.map((one) => Buffer.from(one).toString('base64')) })
 * ```
 */
export interface Hint {
  readonly first: Seq
  readonly last: Seq
  /** The updates `first` to `last`, in order. */
  readonly updates: readonly Update[]
  /** Who wrote them (ports/storage.ts). */
  readonly writer: number
}

/**
 * Carries hints between the nodes that serve one log. Methods never throw.
 *
 * @example
 * ```ts
 * import type { Cluster, Hint } from '@quire/server'
 *
 * // a bus that the program has; it brings nobody what he has sent himself
 * declare const bus: {
 *   on(topic: string, heard: (hint: Hint) => void): () => void
 *   send(topic: string, hint: Hint): void
 *   end(): Promise<void>
 * }
 *
 * export const cluster: Cluster = {
 *   subscribe: (document, listener) => bus.on(document, listener),
 *   publish: (document, hint) => bus.send(document, hint),
 *   close: () => bus.end(),
 * }
 * ```
 */
export interface Cluster {
  /** Calls `listener` for each hint that *another* node publishes about the document, until undone. */
  subscribe(document: DocName, listener: (hint: Hint) => void): Undo
  /** Publishes a hint; call it only after the commit (R11). */
  publish(document: DocName, hint: Hint): void
  /** Gives connections back. Safe to call twice. */
  close(): Promise<void>
}
