/*
 * The close codes that Quire sends, one table (RFC 6455 §7.4). `advice` is what a client should do:
 * `retry` after a pause, or `stop` because the same attempt would end the same way. y-websocket 3.1
 * stops by itself on 4400-4499 and retries on everything else, so a private code that asks for a
 * retry lies outside that range.
 */

import { limits } from './limits.ts'

/** What the client should do after a close. */
export type Advice = 'retry' | 'stop'

/** One row of the table. */
export interface CloseCode {
  readonly code: number
  readonly advice: Advice
  readonly meaning: string
}

/** Every close code that Quire sends, by the name the code is used under. */
export const closeCodes = {
  normal: { code: 1000, advice: 'stop', meaning: 'the session ended as asked' },
  goingAway: { code: 1001, advice: 'retry', meaning: 'the server is stopping' },
  protocolError: { code: 1002, advice: 'stop', meaning: 'the peer broke RFC 6455' },
  unsupportedData: { code: 1003, advice: 'stop', meaning: 'text frame on the binary protocol' },
  invalidUtf8: { code: 1007, advice: 'stop', meaning: 'text that is not UTF-8' },
  messageTooBig: { code: 1009, advice: 'stop', meaning: 'message over the byte limit' },
  internalError: {
    code: 1011,
    advice: 'retry',
    meaning: 'the server failed; what was not acknowledged may be lost',
  },
  serviceRestart: { code: 1012, advice: 'retry', meaning: 'the server restarts' },
  tryAgainLater: { code: 1013, advice: 'retry', meaning: 'the server cannot serve this now' },
  badFrame: { code: 4400, advice: 'stop', meaning: 'a frame that does not decode' },
  unauthorized: { code: 4401, advice: 'stop', meaning: 'no valid login' },
  forbidden: { code: 4403, advice: 'stop', meaning: 'the login does not grant this document' },
  badName: { code: 4404, advice: 'stop', meaning: 'not a document name' },
  replaced: {
    code: 4409,
    advice: 'stop',
    meaning: 'the document was replaced since the client was here; what it has is of another one',
  },
  deleted: { code: 4410, advice: 'stop', meaning: 'the document was deleted' },
} as const satisfies Record<string, CloseCode>

/** The name of a row of `closeCodes`. */
export type CloseName = keyof typeof closeCodes

/** The name of the row that has this code, null for a code that Quire does not send. */
export const closeNameOf = (code: number): CloseName | null => {
  const names = Object.keys(closeCodes) as readonly CloseName[] // they are the table's
  return names.find((name) => closeCodes[name].code === code) ?? null
}

/** Cuts a close reason to the bytes that fit a close frame, never inside a character. */
export const fitCloseReason = (
  reason: string,
  maxBytes: number = limits.closeReasonBytes,
): string => {
  const wellFormed = reason.toWellFormed() // a lone surrogate has no UTF-8
  const { read } = new TextEncoder().encodeInto(wellFormed, new Uint8Array(maxBytes))
  return wellFormed.slice(0, read)
}
