import {
  assertNever,
  closeCodes,
  fitCloseReason,
  limits as protocol,
  type CloseCode,
  ownBytes,
} from '@quire/shared'
import type { Socket as TcpSocket } from 'node:net'
import type WebSocket from 'ws'
import type { Clock } from '../../ports/clock.ts'
import type { Socket, SocketListener } from '../../ports/socket.ts'
import type { Undo } from '../../ports/undo.ts'
import type { ClientAddress } from './client-address.ts'
import { coalesceWrites } from './coalesce.ts'
import type { EdgeLimits } from './limits.ts'
import { answerPings } from './pongs.ts'
import { webSocketWire } from './wire.ts'
import { beatMs, nextPulse, vitalSigns, type Pulse } from './vital-signs.ts'

/*
 * One accepted connection, from 101 to the end of TCP:
 *
 *     open ──▶ closing ──▶ gone
 *       └─────────────────────▲     terminate, or TCP fails
 *
 * `closing` starts with the first close frame of either side and has a deadline; nothing is
 * delivered and nothing is sent in it. `gone` is when the listener is told `closed`.
 */

type Phase =
  | { readonly kind: 'open'; readonly undoBeat: Undo }
  | { readonly kind: 'closing'; readonly undoDeadline: Undo }
  | { readonly kind: 'gone' }

/** A socket that can also send text (RFC 6455 §5.6), for protocols other than Quire's. */
export interface TextSocket extends Socket {
  /** Sends UTF-8 bytes as one text message. The caller vouches for the encoding. */
  sendText(utf8: Uint8Array): void
}

/** The owner of a socket that also takes text. */
export interface TextListener extends SocketListener {
  /** A whole text message as valid UTF-8. The bytes are the listener's to keep. */
  text(utf8: Uint8Array): void
}

/** Who owns a socket: told of text, or closed with 1003 when text comes. */
export type Owner =
  | { readonly kind: 'binary'; readonly listener: SocketListener }
  | { readonly kind: 'text'; readonly listener: TextListener }

/** What `runSocket` needs. */
export interface SocketSetting {
  readonly ws: WebSocket
  readonly tcp: TcpSocket
  /** What tells how much of it the system has taken: of TLS, the connection under it. */
  readonly line: TcpSocket
  /** The client's address; of one behind a trusted proxy not that of `tcp`. */
  readonly client: ClientAddress
  readonly limits: EdgeLimits
  readonly clock: Clock
  /** Asks the route for the owner. It may use the socket at once. */
  readonly open: (socket: TextSocket) => Owner
  readonly onBug: (error: Error) => void
  /** The connection is gone and its owner has been told. */
  readonly onGone: () => void
}

/** What the edge keeps of a socket. */
export interface RunningSocket {
  /** Starts the closing handshake, or does nothing if it has started. */
  close(row: Pick<CloseCode, 'code'>, reason: string, withinMs: number): void
}

/** Runs one accepted connection. Call it in the turn of the `connection` event, or frames are lost. */
export const runSocket = (setting: SocketSetting): RunningSocket => {
  const { ws, tcp, line, limits, clock, client, onBug, onGone } = setting // not `open`: it holds the request
  const coalesce = coalesceWrites(tcp)
  const everyMs = beatMs(limits.silenceMs)
  let phase: Phase = { kind: 'open', undoBeat: clock.every(everyMs, () => beat()) }
  let owner: Owner | null = null
  let pulse: Pulse | null = null // null until the first ping, and after a pause
  let isPaused = false

  const leaveOpen = (next: Phase): void => {
    switch (phase.kind) {
      case 'open':
        phase.undoBeat()
        break
      case 'closing':
        phase.undoDeadline()
        break
      case 'gone':
        break
      default:
        assertNever(phase)
    }
    phase = next
  }

  const resume = (): void => {
    if (!isPaused) return
    isPaused = false
    pulse = null // it could not show life
    ws.resume()
  }

  const startClosing = (withinMs: number): void => {
    if (phase.kind !== 'open') return
    resume() // its half of the closing handshake is behind what was not read
    leaveOpen({ kind: 'closing', undoDeadline: clock.after(withinMs, () => ws.terminate()) })
  }

  const close: RunningSocket['close'] = ({ code }, reason, withinMs) => {
    if (phase.kind !== 'open') return
    startClosing(withinMs)
    ws.close(code, fitCloseReason(reason, protocol.closeReasonBytes))
  }

  const fail = (row: CloseCode, reason: string): void => close(row, reason, limits.closeMs)

  /** What the owner's code throws is its bug and costs it this socket. */
  const blame = (told: string, cause: unknown): void => {
    onBug(new Error(`the owner of a socket threw in ${told}`, { cause }))
    fail(closeCodes.internalError, closeCodes.internalError.meaning)
  }

  const guarded = (told: string, call: () => void): void => {
    try {
      call()
    } catch (cause) {
      blame(told, cause)
    }
  }

  /** False where nothing can be sent: it is over, or is with this. */
  const hasPlace = (): boolean => {
    if (phase.kind !== 'open') return false
    if (ws.bufferedAmount <= limits.queuedBytes) return true
    fail(closeCodes.tryAgainLater, `over ${limits.queuedBytes} bytes wait to be read`)
    return false
  }

  const send = (bytes: Uint8Array, binary: boolean): void => {
    if (hasPlace()) coalesce(() => ws.send(bytes, { binary }))
  }

  const receive = (view: Buffer, isBinary: boolean): void => {
    if (phase.kind !== 'open' || owner === null) return
    const { listener } = owner
    if (isBinary) guarded('message', () => listener.message(ownBytes(view)))
    else if (owner.kind === 'text') {
      const { listener: reader } = owner
      guarded('text', () => reader.text(ownBytes(view)))
    } else fail(closeCodes.unsupportedData, closeCodes.unsupportedData.meaning)
  }

  const beat = (): void => {
    if (isPaused) return // whoever paused it has a deadline; what is not read shows no life
    pulse = nextPulse(pulse, vitalSigns(line, ws.bufferedAmount))
    if (pulse !== null) return ws.ping()
    // whoever is shown as present is not waited for twice
    const withinMs = Math.min(limits.closeMs, everyMs / 4)
    close(closeCodes.tryAgainLater, `no sign of life for ${limits.silenceMs} ms`, withinMs)
  }

  const socket: TextSocket = {
    address: client.address,
    addressGroup: client.group,
    wire: webSocketWire,
    queuedBytes: () => (phase.kind === 'gone' ? 0 : ws.bufferedAmount),
    send: (frame) => send(frame, true),
    sendWire: (bytes) => {
      if (hasPlace()) tcp.write(bytes)
    },
    sendText: (utf8) => send(utf8, false),
    pause: () => {
      if (phase.kind !== 'open') return
      isPaused = true
      ws.pause()
    },
    resume: () => {
      if (phase.kind === 'open') resume()
    },
    get isPaused() {
      return isPaused && phase.kind === 'open'
    },
    close: (code, reason) => close({ code }, reason, limits.closeMs),
    terminate: () => {
      startClosing(limits.closeMs) // nothing more is delivered, even before TCP is gone
      ws.terminate()
    },
  }

  ws.on('message', receive)
  ws.on('closing', () => startClosing(limits.closeMs))
  ws.on('close', (code: number, reason: Buffer) => {
    leaveOpen({ kind: 'gone' })
    const last = owner
    owner = null
    if (last !== null) guarded('closed', () => last.listener.closed(code, reason.toString()))
    onGone()
  })
  tcp.on('drain', () => {
    if (phase.kind === 'open' && owner !== null) {
      const { listener } = owner
      guarded('drained', () => listener.drained())
    }
  })
  // before ws, which would end our half without a close frame (RFC 6455 §7.1.7)
  tcp.prependListener('end', () =>
    fail(closeCodes.protocolError, 'the connection ended without a close frame'),
  )
  answerPings(ws)
  try {
    owner = setting.open(socket) // not in a closure, which would keep `open` as long as the socket
  } catch (cause) {
    blame('open', cause)
  }
  return { close }
}
