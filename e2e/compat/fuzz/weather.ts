/*
 * A line between a client and a server that may be bad: late, slow, cut, or dead without a word. What was
 * lost on a dead line never comes: when the line is well again, its old connections are gone.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** How a line is. */
export type Weather =
  | { readonly kind: 'fine' }
  /** Every chunk comes so much later, in both directions. */
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Nothing is forwarded, and nothing is closed. */
  | { readonly kind: 'dead' }

/** A line. Its port stays the same, whatever happens behind it. */
export interface Line {
  readonly port: number
  set(weather: Weather): void
  /** Resets all connections. */
  cut(): void
  /**
   * Resets the clients' ends of all connections, of which the server is not told until what is returned is
   * called.
   */
  strand(): () => void
  /** How many connections were made so far. */
  readonly connections: number
  close(): Promise<void>
}

const FINE: Weather = { kind: 'fine' }

/** Opens a line to a port of this machine. */
export const openLine = async (targetPort: number): Promise<Line> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let connections = 0
  let weather: Weather = FINE

  const forward = (from: Socket, to: Socket): void => {
    let freeAt = 0
    let waiting = 0
    from.on('data', (bytes: Buffer) => {
      if (weather.kind === 'dead') return
      const now = performance.now()
      const costMs = weather.kind === 'slow' ? (bytes.length / weather.bytesPerSecond) * 1000 : 0
      const lateMs = weather.kind === 'late' ? weather.ms : 0
      freeAt = Math.max(now, freeAt) + costMs // in order, and no faster than the line
      const inMs = freeAt + lateMs - now
      if (inMs <= 0 && waiting === 0) return void to.write(bytes)
      waiting++
      setTimeout(() => {
        waiting--
        if (!to.destroyed) to.write(bytes)
      }, inMs)
    })
    from.on('end', () => {
      if (weather.kind !== 'dead') to.end()
    })
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    const pair = [client, target] as const
    connections++
    pairs.add(pair)
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', () => cutPair(pair))
      socket.on('close', () => {
        if (weather.kind !== 'dead') cutPair(pair)
      })
    }
    forward(client, target)
    forward(target, client)
  })
  const cutPair = (pair: readonly [Socket, Socket]): void => {
    if (!pairs.delete(pair)) return // stranded, or cut already
    for (const socket of pair) socket.destroy()
  }
  const cut = (): void => {
    for (const pair of pairs) cutPair(pair)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return {
    port,
    set(next) {
      const wasDead = weather.kind === 'dead'
      weather = next
      if (wasDead && next.kind !== 'dead') cut() // what it swallowed is missing in the middle
    },
    cut,
    strand() {
      const stranded = [...pairs]
      pairs.clear()
      for (const [client] of stranded) client.destroy()
      return () => {
        for (const [, target] of stranded) target.destroy()
      }
    },
    get connections() {
      return connections
    },
    close: () =>
      new Promise((resolve) => {
        cut()
        server.close(() => resolve())
      }),
  }
}
