/* `@y/websocket-server` as its own server.js has it, on a port that is told. Argument: port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setupWSConnection } from '@y/websocket-server/utils'
import { WebSocketServer } from 'ws'

const http = createServer()
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
sockets.on('connection', (socket, request) => setupWSConnection(socket, request))
http.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = http.address() as AddressInfo // listens on a port, not on a pipe
  process.stdout.write(`listening on ${port}\n`)
})
