/* A TCP proxy that counts what passes, and can be away: then it ends what is open and takes nobody in. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy on a free port. */
export interface MeteredProxy {
  readonly url: string
  /** Base for y-websocket clients. */
  readonly yjsUrl: string
  /** Bytes in both directions so far. */
  bytes(): number
  /** Ends all connections, and refuses new ones until `comeBack`. */
  goAway(): void
  comeBack(): void
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

/** Starts a proxy to a port of this machine. */
export const startMeteredProxy = async (targetPort: number): Promise<MeteredProxy> => {
  const sockets = new Set<Socket>()
  let bytes = 0
  let isAway = false

  const forward = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      to.write(chunk)
    })
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.on('error', () => {}) // its close follows
  }
  const server = createServer((client) => {
    if (isAway) return void client.destroy()
    const target = connect(targetPort, '127.0.0.1')
    forward(client, target)
    forward(target, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on TCP
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    yjsUrl: `ws://127.0.0.1:${port}/yjs`,
    bytes: () => bytes,
    goAway: () => {
      isAway = true
      endAll()
    },
    comeBack: () => {
      isAway = false
    },
    close: () =>
      new Promise((resolve) => {
        endAll()
        server.close(() => resolve())
      }),
  }
}
