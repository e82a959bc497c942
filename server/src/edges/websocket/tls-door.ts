/*
 * TLS in front of an HTTP server that listens itself: connections are counted as they come, TCP first, and only who
 * has a place may shake hands.
 *
 *     TCP ──place──▶ TLS handshake ──▶ HTTP
 *
 * Node's own `https.Server` would make a TLS socket of each connection before anybody can say that there is no place
 * for it. What comes out is the same as of that.
 */
import type { Socket as TcpSocket } from 'node:net'
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import type { Certificate } from './certificate.ts'

/** A door that asks for TLS. */
export interface TlsDoor {
  /** Shakes hands on a connection; `enter` is given what is said over it, if that comes about. */
  open(tcp: TcpSocket, enter: (socket: TLSSocket) => void): void
  /** Shows this certificate to whoever comes from here on. */
  show(certificate: Certificate): void
  /** Drops the connections that are still shaking hands, and whoever comes from here on. Safe to call twice. */
  close(): void
}

/** A connection that shakes hands. */
interface Entering {
  readonly tcp: TcpSocket
  readonly enter: (socket: TLSSocket) => void
}

/** Creates a door; `handshakeMs` is the time for a TLS handshake. */
export const createTlsDoor = (
  { cert, key }: Certificate,
  { handshakeMs }: { readonly handshakeMs: number },
): TlsDoor => {
  const entering = new Map<string, Entering>()
  let isClosed = false
  const server: TlsServer = createServer({
    cert,
    key,
    minVersion: 'TLSv1.2', // RFC 8996
    handshakeTimeout: handshakeMs,
    ALPNProtocols: ['http/1.1'], // WebSockets over HTTP/2 are not spoken
  })
  server.on('secureConnection', (socket) => {
    const name = nameOf(socket)
    const known = entering.get(name)
    entering.delete(name)
    if (known === undefined) socket.destroy() // its connection was gone before it could be told
    else known.enter(socket)
  })
  // whoever speaks no TLS, or another one; that is his to see, as the connection ends
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return {
    open: (tcp, enter) => {
      if (isClosed) return void tcp.destroy()
      const name = nameOf(tcp)
      const one: Entering = { tcp, enter }
      entering.set(name, one)
      tcp.once('close', () => {
        if (entering.get(name) === one) entering.delete(name)
      })
      tcp.allowHalfOpen = false // as for TLS servers of Node: who hangs up before the handshake is gone
      server.emit('connection', tcp) // as documented: connections may be injected
    },
    show: (certificate) =>
      server.setSecureContext({
        cert: certificate.cert,
        key: certificate.key,
        minVersion: 'TLSv1.2',
      }),
    close: () => {
      isClosed = true
      for (const { tcp } of entering.values()) tcp.destroy()
    },
  }
}

/** What two open connections to one server never have in common; a TLS socket has its connection's. */
const nameOf = (socket: TcpSocket): string =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(' ')
