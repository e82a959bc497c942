import type { Frame } from '@quire/shared'
import type { Socket, SocketListener } from '../../ports/socket.ts'

/** How a connection ended. */
export interface Ending {
  readonly code: number
  readonly reason: string
}

/** The far end of a memory socket: what a test does as the client, and sees as the client. */
export interface Peer {
  /** Every frame that was sent to it, in order. */
  readonly frames: readonly Frame[]
  /** How the connection ended, null while it is open. */
  readonly ending: Ending | null
  /** Hands the connection to its owner; `onFrame` is told of each frame, in a later microtask. */
  open(listener: SocketListener, onFrame?: (frame: Frame) => void): void
  /** True while the server does not read. */
  readonly isPaused: boolean
  /** Sends a message, unless the connection has ended; it waits here while the server does not read. */
  say(frame: Uint8Array): void
  /** Sends messages that the server reads at once, whatever it wants after the first of them. */
  sayAtOnce(all: Iterable<Uint8Array>): void
  /** Goes away. */
  hangUp(): void
}

/** A connection without a network: frames arrive in order, in a later microtask than they were sent. */
export const createMemorySocket = (): { readonly socket: Socket; readonly peer: Peer } => {
  const frames: Frame[] = []
  let ending: Ending | null = null
  let listener: SocketListener | null = null
  let onFrame: (frame: Frame) => void = () => undefined
  let isPaused = false
  const unread: Uint8Array[] = []

  const next = (): Uint8Array | undefined =>
    isPaused || ending !== null ? undefined : unread.shift()
  const deliver = (): void => {
    for (let frame = next(); frame !== undefined; frame = next()) listener?.message(frame)
  }

  const end = (code: number, reason: string): void => {
    if (ending !== null) return
    ending = { code, reason }
    queueMicrotask(() => listener?.closed(code, reason))
  }

  return {
    socket: {
      address: '127.0.0.1',
      queuedBytes: () => 0,
      send(frame) {
        if (ending !== null) return
        frames.push(frame)
        queueMicrotask(() => onFrame(frame))
      },
      pause: () => {
        isPaused = true
      },
      resume: () => {
        isPaused = false
        queueMicrotask(deliver)
      },
      close: end,
      terminate: () => end(1006, ''),
    },
    peer: {
      frames,
      get ending() {
        return ending
      },
      open(owner, told) {
        listener = owner
        if (told !== undefined) onFrame = told
      },
      get isPaused() {
        return isPaused
      },
      say(frame) {
        unread.push(frame)
        deliver()
      },
      sayAtOnce(all) {
        for (const frame of all) if (ending === null) listener?.message(frame)
      },
      hangUp: () => end(1001, ''),
    },
  }
}
