import type { Frame } from '@quire/shared'
import {
  DRAIN_BYTES,
  type Socket,
  type SocketListener,
  type Wire,
  type WireBytes,
} from '../../ports/socket.ts'

const LENGTH_BYTES = 4

/** Four bytes of length, then the frame. */
export const memoryWire: Wire = {
  transport: 'websocket',
  lengthOf: (frame) => LENGTH_BYTES + frame.length,
  write(frame, into, at) {
    new DataView(into.buffer, into.byteOffset).setUint32(at, frame.length)
    into.set(frame, at + LENGTH_BYTES)
  },
}

/** How a connection ended. */
export interface Ending {
  readonly code: number
  readonly reason: string
}

/** The far end of a memory socket: what a test does as the client, and sees as the client. */
export interface Peer {
  /** Every frame that was sent to it, in order. */
  readonly frames: readonly Frame[]
  /** What was written with `sendWire`, each as it was given. */
  readonly writes: readonly WireBytes[]
  /** How the connection ended, null while it is open. */
  readonly ending: Ending | null
  /** Hands the connection to its owner; `onFrame` is told of each frame, in a later microtask. */
  open(listener: SocketListener, onFrame?: (frame: Frame) => void): void
  /** True while the server does not read. */
  readonly isPaused: boolean
  /** Sends a message, unless the connection has ended; it waits here while the server does not read. */
  say(frame: Uint8Array): void
  /** Reads nothing more: what is sent to it waits on the server's side. `frames` has it all the same. */
  stall(): void
  /** Reads everything that waits. */
  wake(): void
  /** Sends messages that the server reads at once, whatever it wants after the first of them. */
  sayAtOnce(all: Iterable<Uint8Array>): void
  /** Goes away. */
  hangUp(): void
}

/** A connection without a network: frames arrive in order, in a later microtask than they were sent. */
export const createMemorySocket = (
  address = '127.0.0.1',
): { readonly socket: Socket; readonly peer: Peer } => {
  const frames: Frame[] = []
  const writes: WireBytes[] = []
  let ending: Ending | null = null
  let listener: SocketListener | null = null
  let queued = 0
  let isStalled = false
  let onFrame: (frame: Frame) => void = () => undefined
  let isPaused = false
  const unread: Uint8Array[] = []

  const next = (): Uint8Array | undefined =>
    isPaused || ending !== null ? undefined : unread.shift()
  const deliver = (): void => {
    for (let frame = next(); frame !== undefined; frame = next()) listener?.message(frame)
  }

  const receive = (frame: Frame): void => {
    if (ending !== null) return
    if (isStalled) queued += frame.length
    frames.push(frame)
    queueMicrotask(() => onFrame(frame))
  }

  const end = (code: number, reason: string): void => {
    if (ending !== null) return
    ending = { code, reason }
    queueMicrotask(() => listener?.closed(code, reason))
  }

  return {
    socket: {
      address,
      addressGroup: null,
      wire: memoryWire,
      queuedBytes: () => queued,
      send(frame) {
        receive(frame)
      },
      sendWire(bytes) {
        writes.push(bytes)
        const view = new DataView(bytes.buffer, bytes.byteOffset)
        for (let at = 0; at < bytes.length;) {
          const end = at + LENGTH_BYTES + view.getUint32(at)
          receive(bytes.slice(at + LENGTH_BYTES, end) as Uint8Array as Frame)
          at = end
        }
      },
      pause: () => {
        isPaused = true
      },
      resume: () => {
        isPaused = false
        queueMicrotask(deliver)
      },
      get isPaused() {
        return isPaused
      },
      close: end,
      terminate: () => end(1006, ''),
    },
    peer: {
      frames,
      writes,
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
      stall() {
        isStalled = true
      },
      wake() {
        isStalled = false
        const waited = queued
        queued = 0
        if (waited >= DRAIN_BYTES) listener?.drained()
      },
      hangUp: () => end(1001, ''),
    },
  }
}
