/*
 * A TCP proxy whose traffic can be stopped without closing anything: to both ends the other looks
 * like a machine that lost its power. It can also be slow, for each connection by itself.
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

/** How a proxy works. */
export interface ProxyOptions {
  /** What each connection carries down to its client; without it as much as there is. */
  readonly bytesPerSecond?: number
}

/** Starts a proxy to a port of this machine. */
export const startProxy = async (
  targetPort: number,
  { bytesPerSecond = Infinity }: ProxyOptions = {},
): Promise<TcpProxy> => {
  const sockets = new Set<Socket>()
  let isFrozen = false

  const forward = (from: Socket, to: Socket, rate: number): void => {
    sockets.add(from)
    from.on('data', (bytes: Buffer) => {
      if (isFrozen) return
      to.write(bytes)
      if (rate === Infinity) return
      from.pause() // what is not read here waits at the sender
      setTimeout(() => from.resume(), (bytes.length / rate) * 1_000)
    })
    from.on('end', () => {
      if (!isFrozen) to.end()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    forward(client, target, Infinity)
    forward(target, client, bytesPerSecond)
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
