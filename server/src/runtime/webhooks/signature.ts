/* What is sent, as Standard Webhooks has it (https://www.standardwebhooks.com, specification 1.0.0). */
import { createHmac } from 'node:crypto'
import type { Millis } from '@quire/shared'
import type { OutboxEvent } from '../../ports/outbox.ts'

/** The key in a secret that was checked (config.ts): the bytes behind `whsec_`. */
export const keyOf = (secret: string): Buffer => Buffer.from(secret.replace('whsec_', ''), 'base64')

/** The body that an event is told in: the same in every attempt. */
export const bodyOf = ({ kind, at, data }: OutboxEvent): string =>
  `{"type":${JSON.stringify(kind)},"timestamp":"${new Date(at).toISOString()}","data":${data}}`

/** The header fields that say which event this is, and that it comes from who has the key. `now`: of this attempt. */
export const signedFields = (
  key: Buffer,
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: Millis },
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(now / 1_000))
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
}
