/*
 * The floor: passes every message on to everybody else at the same address, and knows nothing of it.
 * Arguments: port, and optionally n: it then loses the n-th message to one of those who should have it.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

const [port = '0', lost = '0'] = process.argv.slice(2)
let toLose = Number(lost)
const rooms = new Map<string, Set<WebSocket>>()
const http = createServer()
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
sockets.on('connection', (socket, request) => {
  const name = request.url ?? ''
  const room = rooms.get(name) ?? new Set()
  rooms.set(name, room.add(socket))
  socket.on('close', () => room.delete(socket))
  socket.on('error', () => {}) // its close follows
  socket.on('message', (message) => {
    let isLost = --toLose === 0
    for (const other of room) {
      if (other === socket) continue
      if (!isLost) other.send(message)
      isLost = false
    }
  })
})
http.listen(Number(port), '127.0.0.1', () => {
  const address = http.address() as AddressInfo // listens on a port, not on a pipe
  process.stdout.write(`listening on ${address.port}\n`)
})
