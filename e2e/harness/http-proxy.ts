/*
 * A proxy for HTTP as they stand in offices, hotels and clouds: it may refuse WebSockets or let them hang, cut what takes
 * long, hand a request or an answer on only when it has it whole, refuse what is large, or speak HTTP/2 to its other half.
 *
 *     client ──HTTP/1.1──▶ front ─────────HTTP/1.1─────────▶ target
 *                            └──HTTP/2──▶ back ──HTTP/1.1──▶ target
 */
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import * as http2 from 'node:http2'
import { connect, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** What a proxy does to what passes. */
export interface HttpProxyOptions {
  /** What becomes of WebSocket handshakes; `cut`: they are let through, and end after `cutAfterMs`. */
  readonly webSockets: 'pass' | 'refuse' | 'hang' | 'cut'
  /** Every answer ends after so long, whole or not. */
  readonly cutAfterMs?: number
  /** Hands a request on when its body is whole. */
  readonly buffersRequests?: boolean
  /** Hands an answer on when it is whole. */
  readonly buffersAnswers?: boolean
  /** Refuses larger bodies with 413. */
  readonly bodyBytes?: number
  readonly usesHttp2?: boolean
}

/** A proxy on a free port. */
export interface HttpProxy {
  readonly port: number
  readonly url: string
  /** What it was asked for so far; `openings`: of event streams, without those that go on. */
  readonly asked: { handshakes: number; openings: number; posts: number }
  /** WebSockets that are open through it. */
  readonly webSockets: ReadonlySet<Socket>
  /** What becomes of WebSocket handshakes from now on. */
  setWebSockets(become: HttpProxyOptions['webSockets']): void
  close(): Promise<void>
}

/** How an answer begins. */
interface Head {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

/** Asks the target; calls back with the answer. What it returns takes the body. */
type Ask = (
  { method, path, headers }: { method: string; path: string; headers: IncomingHttpHeaders },
  onAnswer: (head: Head, body: Readable) => void,
) => Writable & { destroy(): unknown }

/** Fields of one connection only (RFC 9110 §7.6.1), which HTTP/2 does not have. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host'])

const plain = (headers: IncomingHttpHeaders): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(':') || OF_CONNECTION.has(name) || value === undefined
        ? []
        : [[name, value] as const],
    ),
  )

const overHttp1 =
  (port: number): Ask =>
  ({ method, path, headers }, onAnswer) => {
    const host = `127.0.0.1:${port}`
    const asked = request({
      port,
      method,
      path,
      host: '127.0.0.1',
      headers: { ...plain(headers), host },
    })
    asked.once('response', (answer) =>
      onAnswer({ status: answer.statusCode ?? 0, headers: answer.headers }, answer),
    )
    return asked
  }

const overHttp2 =
  (session: http2.ClientHttp2Session): Ask =>
  ({ method, path, headers }, onAnswer) => {
    const asked = session.request({ ...plain(headers), ':method': method, ':path': path })
    asked.once('response', (head) =>
      onAnswer({ status: Number(head[':status']), headers: head }, asked),
    )
    return asked
  }

/** Answers a request with what `ask` is answered. */
const forwarder =
  (ask: Ask, options: HttpProxyOptions) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = incoming
    const { buffersRequests = false, buffersAnswers = false, bodyBytes = Infinity } = options
    const { cutAfterMs = null } = options
    const drop = (): void => void outgoing.destroy()
    outgoing.on('error', () => undefined)
    const cut = cutAfterMs === null ? undefined : setTimeout(drop, cutAfterMs)
    outgoing.once('close', () => clearTimeout(cut))
    if (Number(headers['content-length'] ?? 0) > bodyBytes) {
      outgoing.writeHead(413, { 'Content-Type': 'text/html' }).end('<html>too large</html>')
      return void incoming.resume()
    }
    const whole = buffersRequests ? await buffer(incoming) : null
    const asked = ask({ method, path: url, headers }, (head, body) => {
      body.on('error', drop)
      const start = (): ServerResponse => outgoing.writeHead(head.status, plain(head.headers))
      if (buffersAnswers) return void buffer(body).then((all) => start().end(all), drop)
      start().flushHeaders()
      body.on('aborted', drop)
      body.pipe(outgoing)
    })
    asked.on('error', drop)
    outgoing.once('close', () => asked.destroy())
    if (whole === null) incoming.pipe(asked)
    else asked.end(whole)
  }

/** Starts a proxy to a port of this machine. */
export const startHttpProxy = async (
  targetPort: number,
  options: HttpProxyOptions,
): Promise<HttpProxy> => {
  const asked = { handshakes: 0, openings: 0, posts: 0 }
  const sockets = new Set<Socket>()
  const webSockets = new Set<Socket>()
  let becoming = options.webSockets
  const closing: (() => unknown)[] = []
  let ask = overHttp1(targetPort)
  if (options.usesHttp2 === true) {
    const back = http2.createServer((incoming, outgoing) => {
      const forward = forwarder(overHttp1(targetPort), { webSockets: 'refuse' })
      // the classes of HTTP/2 have what is used of those of HTTP/1.1
      void forward(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse)
    })
    const session = http2.connect(`http://127.0.0.1:${await listen(back)}`)
    session.on('error', () => undefined)
    ask = overHttp2(session)
    closing.push(
      () => session.destroy(),
      () => back.close(),
    )
  }
  const forward = forwarder(ask, options)
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST') asked.posts++
    else if (incoming.method === 'GET' && incoming.headers['quire-stream'] === undefined)
      asked.openings++
    forward(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    asked.handshakes++
    socket.on('error', () => undefined)
    const { cutAfterMs = 0 } = options
    if (becoming === 'hang') return
    if (becoming === 'refuse') {
      const body = '<html>blocked</html>'
      return void socket.end(
        `HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      )
    }
    const target = connect(targetPort, '127.0.0.1')
    target.on('error', () => socket.destroy())
    const fields = incoming.rawHeaders.reduce(
      (all, field, i) => (i % 2 === 0 ? `${all}${field}: ` : `${all}${field}\r\n`),
      '',
    )
    target.write(`GET ${incoming.url} HTTP/1.1\r\n${fields}\r\n`)
    target.write(head)
    target.pipe(socket).pipe(target)
    socket.once('close', () => target.destroy())
    target.once('close', () => socket.destroy())
    webSockets.add(socket)
    socket.once('close', () => webSockets.delete(socket))
    if (becoming === 'cut') setTimeout(() => socket.destroy(), cutAfterMs)
  })
  const port = await listen(server)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    webSockets,
    setWebSockets: (become) => void (becoming = become),
    close: async () => {
      for (const close of closing) close()
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // TCP: not a pipe
}
