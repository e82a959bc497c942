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
    const underWay: { readonly say: () => void; readonly dueAt: number }[] = []
    const sayNext = (): void => {
      const [next] = underWay
      if (next === undefined) return
      setTimeout(
        () => {
          underWay.shift()
          if (!to.destroyed) next.say()
          sayNext()
        },
        Math.max(0, next.dueAt - performance.now()),
      )
    }
    /** In order, though the weather may clear up meanwhile. */
    const send = (length: number, say: () => void): void => {
      if (weather.kind === 'dead') return
      const now = performance.now()
      const costMs = weather.kind === 'slow' ? (length / weather.bytesPerSecond) * 1000 : 0
      const lateMs = weather.kind === 'late' ? weather.ms : 0
      freeAt = Math.max(now, freeAt) + costMs // no faster than the line
      const dueAt = freeAt + lateMs
      if (dueAt <= now && underWay.length === 0) return say()
      underWay.push({ say, dueAt })
      if (underWay.length === 1) sayNext()
    }
    from.on('data', (bytes: Buffer) => send(bytes.length, () => to.write(bytes)))
    from.on('end', () => send(0, () => to.end()))
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
