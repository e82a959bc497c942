/*
 * A TCP proxy whose traffic can be stopped without closing anything: to both ends the other looks
 * like a machine that lost its power.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy on a free port. */
export interface TcpProxy {
  /** Base for y-websocket clients. */
  readonly yjsUrl: string
  /** From now on nothing is forwarded, and nothing is closed. */
  freeze(): void
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

/** Starts a proxy to a port of this machine. */
export const startProxy = async (targetPort: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>()
  let isFrozen = false

  const forward = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', (bytes) => {
      if (!isFrozen) to.write(bytes)
    })
    from.on('end', () => {
      if (!isFrozen) to.end()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    forward(client, target)
    forward(target, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return {
    yjsUrl: `ws://127.0.0.1:${port}/yjs`,
    freeze() {
      isFrozen = true
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
