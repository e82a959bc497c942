import type { Frame } from '@quire/shared'
import { Hono } from 'hono'
import { parseArgs } from 'node:util'
import { systemClock } from '../../runtime/system-clock.ts'
import { defaultEdgeLimits } from './limits.ts'
import { createWebSocketEdge } from './web-socket-edge.ts'

/*
 * The edge with nothing behind it, for conformance suites such as Autobahn:
 *
 *     node --conditions=quire-source server/src/edges/websocket/echo.ts --port 9001
 *
 * /        echoes binary and text, so that text cases can run
 * /binary  echoes binary and closes with 1003 on text, as the document routes do
 */

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9001' },
    host: { type: 'string', default: '127.0.0.1' },
  },
})

const edge = createWebSocketEdge({
  // Autobahn 9.3.1 sends 4 MiB in frames of 64 bytes
  limits: { ...defaultEdgeLimits, fragments: 64 * 1024 },
  clock: systemClock,
  trustedProxies: [],
  onRefused: (newcomer) => console.error(newcomer),
  onBug: (error) => console.error(error),
})

const app = new Hono()
app.get(
  '/',
  edge.upgradeWithText((socket) => ({
    message: (bytes) => socket.send(bytes as Frame), // an echo's frames mean whatever the peer means
    text: (utf8) => socket.sendText(utf8),
    drained: () => {},
    closed: () => {},
  })),
)
app.get(
  '/binary',
  edge.upgrade((socket) => ({
    message: (bytes) => socket.send(bytes as Frame),
    drained: () => {},
    closed: () => {},
  })),
)

const server = edge.createServer(app.fetch)
server.listen(Number(values.port), values.host, () => {
  console.log(`echo on ws://${values.host}:${values.port}`)
})
