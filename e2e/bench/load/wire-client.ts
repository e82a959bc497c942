/*
 * One simulated client: a TCP socket that speaks just enough WebSocket. `ws` would cost the generator as
 * much for each message as the server that is measured; this reads hundreds of sockets into one buffer.
 */
import { connect, type Socket } from 'node:net'
import { clientFrame, CLOSE, FrameReader, PING, PONG } from './frames.ts'

/** Told a message. The bytes are only valid during the call. */
export type Hear = (bytes: Uint8Array, from: number, to: number) => void

const READ_BYTES = 256 * 1024
/** All sockets read into it, one after the other. */
const shared = Buffer.allocUnsafe(READ_BYTES)
const HANDSHAKE_MS = 60_000

/** A connection to a server on this machine. */
export class WireClient {
  /** Resolves when the handshake is done. */
  readonly opened: Promise<void>
  /** Resolves with the reason when the other side has ended it. */
  readonly ending: Promise<string>
  readonly #socket: Socket
  readonly #reader: FrameReader
  #handshake: Buffer | null = Buffer.alloc(0)
  #open: () => void = () => {}
  #fail: (error: Error) => void = () => {}
  #tellEnd: (why: string) => void = () => {}
  #ended: string | null = null

  constructor({ port, path }: { readonly port: number; readonly path: string }, hear: Hear) {
    this.ending = new Promise((resolve) => (this.#tellEnd = resolve))
    this.#reader = new FrameReader((opcode, bytes, from, to) => {
      if (opcode === PING) this.write(clientFrame(bytes.subarray(from, to), PONG))
      else if (opcode === CLOSE) this.#end(closeReason(Buffer.from(bytes.subarray(from, to))))
      else hear(bytes, from, to)
    })
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve
      this.#fail = reject
    })
    this.opened.catch(() => {}) // who waits is told; who does not, reads `ended`
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (bytes) => {
          this.#take(shared.subarray(0, bytes))
          return true
        },
      },
    })
    this.#socket.setTimeout(HANDSHAKE_MS, () => this.#end('no handshake in time'))
    this.#socket.on('error', (error) => this.#end(error.message))
    this.#socket.on('close', () => this.#end('the connection ended'))
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
  }

  /** Why it has ended; null while it has not. */
  get ended(): string | null {
    return this.#ended
  }

  /** Writes a whole frame, which must not change any more. */
  write(frame: Buffer): void {
    this.#socket.write(frame)
  }

  /** Reads no more, so that the server's bytes pile up. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume()
  }

  /** Ends the connection at once, as a lost network would. Safe to call twice. */
  close(): void {
    this.#ended ??= 'closed here'
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    if (this.#ended !== null) return
    if (this.#handshake === null) {
      try {
        this.#reader.push(bytes)
      } catch (error) {
        this.#end(error instanceof Error ? error.message : String(error))
      }
      return
    }
    this.#handshake = Buffer.concat([this.#handshake, bytes])
    const end = this.#handshake.indexOf('\r\n\r\n')
    if (end < 0) return
    const rest = this.#handshake.subarray(end + 4)
    const status = this.#handshake.toString('latin1', 0, this.#handshake.indexOf('\r\n'))
    this.#handshake = null
    if (!status.includes(' 101 ')) return this.#end(`the server answered ${status}`)
    this.#socket.setTimeout(0)
    this.#open()
    this.#take(rest)
  }

  #end(why: string): void {
    if (this.#ended !== null) return
    this.#ended = why
    this.#fail(new Error(why))
    this.#tellEnd(why)
    this.#socket.destroy()
  }
}

const closeReason = (body: Buffer): string =>
  body.length < 2
    ? 'the server closed'
    : `the server closed: ${body.readUInt16BE(0)} ${body.toString('utf8', 2)}`
