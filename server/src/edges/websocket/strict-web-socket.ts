import { closeCodes, fitCloseReason, limits as protocol, type CloseCode } from '@quire/shared'
import WebSocket from 'ws'
import type { EdgeLimits } from './limits.ts'

/*
 * ws finds every breach of RFC 6455, but closes with a bare code and tells the reason only to its
 * owner, after the close frame is out. All its ways into the closing handshake, a breach, the peer's
 * close frame and ours, go through the method `close`; this class gives the first a reason there.
 */

/** How ws names what it found (ws 8.23, doc/ws.md, "Error codes"). */
interface Breach extends Error {
  readonly code?: string
}

/** The close code and the reason for a breach that ws found. */
export const closeForBreach = (
  breach: Breach,
  limits: EdgeLimits,
): { readonly row: CloseCode; readonly reason: string } => {
  switch (breach.code) {
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return {
        row: closeCodes.messageTooBig,
        reason: `message is over ${limits.messageBytes} bytes`,
      }
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return {
        row: closeCodes.messageTooBig,
        reason: `message comes in too many pieces, limit ${limits.fragments} frames`,
      }
    case 'WS_ERR_INVALID_UTF8':
      return { row: closeCodes.invalidUtf8, reason: 'text or close reason is not UTF-8' }
    case undefined:
    default: // the rest are breaches of §5, and their messages say which
      return {
        row: closeCodes.protocolError,
        reason: breach.message.replace('Invalid WebSocket frame: ', ''),
      }
  }
}

/** The class for a `WebSocketServer`: emits `closing` once per way into the closing handshake. */
export const strictWebSocket = (limits: EdgeLimits): typeof WebSocket =>
  class StrictWebSocket extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      const breach = this.readyState === WebSocket.OPEN ? breachOf(this) : null
      if (breach === null) super.close(code, reason)
      else {
        const { row, reason: words } = closeForBreach(breach, limits)
        super.close(row.code, fitCloseReason(words, protocol.closeReasonBytes))
      }
      this.emit('closing')
    }
  }

/** The breach that ws found, if any: it keeps it as the `errored` of its receiver stream. */
const breachOf = (ws: WebSocket): Breach | null => {
  // ws 8.23.0, lib/websocket.js: `_receiver` is a Writable from `setSocket` on, null before
  const { _receiver: receiver } = ws as unknown as {
    readonly _receiver: { readonly errored: Error | null } | null
  }
  return receiver?.errored ?? null
}
