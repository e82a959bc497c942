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
  /** Sends a message, unless the connection has ended. */
  say(frame: Uint8Array): void
  /** Goes away. */
  hangUp(): void
}

/** A connection without a network: frames arrive in order, in a later microtask than they were sent. */
export const createMemorySocket = (): { readonly socket: Socket; readonly peer: Peer } => {
  const frames: Frame[] = []
  let ending: Ending | null = null
  let listener: SocketListener | null = null
  let onFrame: (frame: Frame) => void = () => undefined

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
      say(frame) {
        if (ending === null) listener?.message(frame)
      },
      hangUp: () => end(1001, ''),
    },
  }
}
