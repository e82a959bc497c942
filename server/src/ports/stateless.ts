import type { DocName } from '@quire/shared'

/**
 * What a client says beside its document: Hocuspocus calls it stateless. It is neither stored nor relayed.
 *
 * @example
 * ```ts
 * import type { StatelessMessage } from '@quire/server'
 *
 * export const lineOf = ({ document, user, text }: StatelessMessage): string =>
 *   `${user ?? 'somebody'} at ${document}: ${text}`
 * ```
 */
export interface StatelessMessage {
  readonly document: DocName
  /** Who says it, by its login; null for an anonymous user. */
  readonly user: string | null
  readonly text: string
}

/**
 * How an embedder speaks to the clients of the document. Each is heard by those who have words for it.
 *
 * @example
 * ```ts
 * import type { StatelessReply } from '@quire/server'
 *
 * export const answer = (text: string, to: StatelessReply): void => {
 *   if (text === 'ping') to.reply('pong')
 *   else to.broadcast(text)
 * }
 * ```
 */
export interface StatelessReply {
  /** To the one who spoke. */
  reply(text: string): void
  /** To everybody at the document, the one who spoke included. */
  broadcast(text: string): void
}

/**
 * Hears what clients say beside their documents, in order. Must not throw and must not block; it may be
 * asynchronous, and then must not reject. The next message does not wait for it.
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth, type Stateless } from '@quire/server'
 *
 * const stateless: Stateless = {
 *   received: ({ user, text }, client) => client.broadcast(JSON.stringify({ user, text })),
 * }
 *
 * export const quire = createQuire({ storage: memoryStorage(), authorize: openAuth, stateless })
 * ```
 */
export interface Stateless {
  received(message: StatelessMessage, reply: StatelessReply): void | Promise<void>
}
