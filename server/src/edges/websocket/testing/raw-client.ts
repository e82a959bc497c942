import { createConnection, type Socket } from 'node:net'
import { decodeFrame, type ServerFrame } from './frames.ts'

/** An HTTP response as the bytes had it. Field names are lower case, repeated fields joined by `, `. */
export interface RawResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * A TCP connection that sends what a test says and reads back responses and frames, one by one. A
 * read that the server ends first fails with what was there instead.
 */
export interface RawClient {
  readonly tcp: Socket
  /** Sends all parts in one TCP write; strings as latin1. */
  write(...parts: readonly (string | Uint8Array)[]): void
  /** The next HTTP response with its body. */
  response(): Promise<RawResponse>
  /** The next frame. */
  frame(): Promise<ServerFrame>
  /** Resolves when the server has ended the connection, with the bytes that nobody read. */
  ended(): Promise<Buffer>
}

/** A well-formed handshake for a path; `fields` replace or, as null, remove header fields. */
export const handshakeRequest = (
  path: string,
  fields: Readonly<Record<string, string | null>> = {},
): string => {
  const all: Record<string, string | null> = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', // RFC 6455 §1.3
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  )
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

/** Connects to a port of this machine. */
export const connectRaw = async (port: number): Promise<RawClient> => {
  // no Nagle: a split into writes shall be a split into reads
  const tcp = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const client = rawClient(tcp)
  await new Promise<void>((resolve, reject) => tcp.once('connect', resolve).once('error', reject))
  return client
}

/** Connects and completes the opening handshake. */
export const openRaw = async (
  port: number,
  path: string,
  fields: Readonly<Record<string, string | null>> = {},
): Promise<RawClient> => {
  const client = await connectRaw(port)
  client.write(handshakeRequest(path, fields))
  const { status, body } = await client.response()
  if (status !== 101) throw new Error(`handshake answered ${status}: ${body}`)
  return client
}

const rawClient = (tcp: Socket): RawClient => {
  const inbox = byteQueue()
  const over = Promise.withResolvers<void>()
  let open = true
  let wake = (): void => {}
  tcp.on('data', (chunk) => {
    inbox.push(chunk)
    wake()
  })
  const end = (): void => {
    open = false
    over.resolve()
    tcp.end() // our half, as a client does when the server has closed (RFC 6455 §7.1.1)
    wake()
  }
  tcp.on('end', end)
  tcp.on('close', end)
  tcp.on('error', end) // a reset is an end too

  const read = async <T>(
    decode: (bytes: Buffer) => { readonly value: T; readonly size: number } | null,
  ): Promise<T> => {
    for (;;) {
      const found = decode(inbox.bytes())
      if (found !== null) {
        inbox.drop(found.size)
        return found.value
      }
      if (!open)
        throw new Error(`the server ended after ${inbox.bytes().toString('latin1', 0, 200)}`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  return {
    tcp,
    write: (...parts) => {
      tcp.write(
        Buffer.concat(
          parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
        ),
      )
    },
    response: () => read(decodeResponse),
    frame: () =>
      read((bytes) => {
        const decoded = decodeFrame(bytes)
        return decoded && { value: decoded.frame, size: decoded.size }
      }),
    ended: async () => {
      await over.promise
      return inbox.bytes()
    },
  }
}

interface ByteQueue {
  push(chunk: Buffer): void
  /** A view of what is queued, until the next `push`. */
  bytes(): Buffer
  drop(count: number): void
}

/** A queue that grows by doubling: messages of megabytes come in chunks of kilobytes. */
const byteQueue = (): ByteQueue => {
  let memory = Buffer.alloc(1024)
  let start = 0
  let end = 0
  return {
    push: (chunk) => {
      if (end + chunk.length > memory.length) {
        const larger = Buffer.alloc(2 * (end - start + chunk.length))
        memory.copy(larger, 0, start, end)
        memory = larger
        end -= start
        start = 0
      }
      chunk.copy(memory, end)
      end += chunk.length
    },
    bytes: () => memory.subarray(start, end),
    drop: (count) => {
      start += count
    },
  }
}

const decodeResponse = (
  bytes: Buffer,
): { readonly value: RawResponse; readonly size: number } | null => {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? []
    const key = name.toLowerCase()
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value
  }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1])
  const length = status === 101 ? 0 : Number(headers['content-length'])
  if (!(length >= 0)) throw new Error(`a response without Content-Length: ${statusLine}`)
  const size = headEnd + 4 + length
  if (bytes.length < size) return null
  return { value: { status, headers, body: bytes.toString('utf8', headEnd + 4, size) }, size }
}
