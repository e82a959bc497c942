import type { OutboxKind } from '../ports/outbox.ts'

/**
 * Who is told of documents by HTTP, and how (WEBHOOKS.md); the units and defaults are those of the options table.
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth, type QuireWebhooks } from '@quire/server'
 *
 * const webhooks: QuireWebhooks = {
 *   urls: ['https://example.org/hooks/quire'],
 *   secret: process.env['WEBHOOK_SECRET'] ?? '', // whsec_ and 24 to 64 bytes in base64
 *   events: ['document.changed', 'document.deleted'],
 * }
 *
 * export const quire = createQuire({ storage: memoryStorage(), authorize: openAuth, webhooks })
 * ```
 */
export interface QuireWebhooks {
  /** At most ten; https, unless `allowPrivate` is set. */
  readonly urls: readonly string[]
  readonly secret: string
  /** Absent: all but those of sessions. */
  readonly events?: readonly OutboxKind[] | undefined
  /** Time without a change after which a document is told of, milliseconds. */
  readonly debounceMs?: number | undefined
  /** Time after which a document that never rests is told of, milliseconds. */
  readonly maxWaitMs?: number | undefined
  /** Time for one attempt, milliseconds. */
  readonly timeoutMs?: number | undefined
  /** Lets targets be on this machine or a private network, and without TLS. Absent: false. */
  readonly allowPrivate?: boolean | undefined
}

/** The rows of the options table that they are. */
export const webhookRows = (
  webhooks: QuireWebhooks | undefined,
): Readonly<Record<string, string | number | undefined>> =>
  webhooks === undefined
    ? {}
    : {
        webhookUrls: webhooks.urls.join(),
        webhookSecret: webhooks.secret,
        webhookEvents: webhooks.events?.join(),
        webhookDebounceMs: webhooks.debounceMs,
        webhookMaxWaitMs: webhooks.maxWaitMs,
        webhookTimeoutMs: webhooks.timeoutMs,
        webhookAllowPrivate: webhooks.allowPrivate === true ? 'on' : 'off',
      }

/** What an embedder calls such a row; null for another one. */
export const webhookName = (key: string): string | null => {
  const [, first, rest = ''] = /^webhook([A-Z])(.*)$/.exec(key) ?? []
  return first === undefined ? null : `webhooks.${first.toLowerCase()}${rest}`
}
