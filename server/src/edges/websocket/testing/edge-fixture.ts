import type { Frame } from '@quire/shared'
import { Hono, type Env } from 'hono'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Socket, SocketListener } from '../../../ports/socket.ts'
import type { RefusedNewcomer } from '../arrivals.ts'
import { defaultEdgeLimits, type EdgeLimits } from '../limits.ts'
import { createWebSocketEdge, type WebSocketEdge } from '../web-socket-edge.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'

/** What one socket's listener was told, in order. */
export interface Story {
  readonly socket: Socket
  readonly messages: Uint8Array[]
  /** How often it was told that all that waited was taken. */
  drains: number
  readonly closed: { readonly code: number; readonly reason: string }[]
}

/** An edge that listens on a free port of this machine, with the routes of `fixtureApp`. */
export interface EdgeFixture {
  readonly edge: WebSocketEdge
  readonly server: Server
  readonly clock: ManualClock
  readonly port: number
  readonly bugs: Error[]
  readonly refused: RefusedNewcomer[]
  /** One per socket, in the order they opened. */
  readonly stories: Story[]
  stop(): Promise<void>
}

/** What a test may choose. */
export interface FixtureOptions {
  readonly limits?: Partial<EdgeLimits>
  readonly trustedProxies?: readonly string[]
  /** Adds routes and middleware of the test's own, before the fixture's. */
  readonly mount?: (app: Hono<Env>, fixture: EdgeFixture) => void
}

/** Listens; `/binary` and `/text` echo, `/listen` only records, everything else is 404. */
export const startEdge = async (options: FixtureOptions = {}): Promise<EdgeFixture> => {
  const clock = manualClock()
  const bugs: Error[] = []
  const refused: RefusedNewcomer[] = []
  const stories: Story[] = []
  const edge = createWebSocketEdge({
    limits: { ...defaultEdgeLimits, ...options.limits },
    clock,
    trustedProxies: options.trustedProxies ?? [],
    onRefused: (newcomer) => refused.push(newcomer),
    onBug: (error) => bugs.push(error),
  })
  const app = new Hono()
  const server = edge.createServer((request, env) => app.fetch(request, env))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  const fixture: EdgeFixture = {
    edge,
    server,
    clock,
    port,
    bugs,
    refused,
    stories,
    stop: async () => {
      const ended = once(server, 'close')
      server.close()
      server.closeAllConnections()
      const drained = edge.close({ code: 1001, reason: 'the test is over', graceMs: 1 })
      clock.advance(60_000) // grace, and whoever lingers
      await Promise.all([drained, ended])
    },
  }
  options.mount?.(app, fixture)
  app.get(
    '/binary',
    edge.upgrade((socket) => recorder(fixture, socket, (it) => socket.send(it))),
  )
  app.get(
    '/listen',
    edge.upgrade((socket) => recorder(fixture, socket, () => {})),
  )
  app.get(
    '/text',
    edge.upgradeWithText((socket) => ({
      ...recorder(fixture, socket, (bytes) => socket.send(bytes)),
      text: (utf8) => socket.sendText(utf8),
    })),
  )
  return fixture
}

/** A listener that notes what it is told and hands messages on. */
export const recorder = (
  { stories }: EdgeFixture,
  socket: Socket,
  onMessage: (frame: Frame) => void,
): SocketListener => {
  const story: Story = { socket, messages: [], drains: 0, closed: [] }
  stories.push(story)
  return {
    message: (bytes) => {
      story.messages.push(bytes)
      onMessage(bytes as Frame) // an echo's frames mean whatever the peer means
    },
    drained: () => story.drains++,
    closed: (code, reason) => story.closed.push({ code, reason }),
  }
}
