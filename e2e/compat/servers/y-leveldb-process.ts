/* `@y/websocket-server` with y-leveldb's persistence, as its README sets it up. Arguments: directory, port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setPersistence, setupWSConnection } from '@y/websocket-server/utils'
import { WebSocketServer } from 'ws'
import { LeveldbPersistence } from 'y-leveldb'
import { applyUpdate, encodeStateAsUpdate, type Doc } from 'yjs'

const [directory = '', port = '0'] = process.argv.slice(2)
const database = new LeveldbPersistence(directory)
const bind = async (name: string, doc: Doc): Promise<void> => {
  const stored = await database.getYDoc(name)
  // not waited for, or what comes meanwhile would be stored by nobody
  void database.storeUpdate(name, encodeStateAsUpdate(doc))
  applyUpdate(doc, encodeStateAsUpdate(stored))
  doc.on('update', (update: Uint8Array) => void database.storeUpdate(name, update))
}
setPersistence({
  provider: database,
  bindState: (name: string, doc: Doc) => void bind(name, doc),
  writeState: () => Promise.resolve(),
})

const http = createServer()
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
sockets.on('connection', (socket, request) => setupWSConnection(socket, request))
http.listen(Number(port), '127.0.0.1', () => {
  const address = http.address() as AddressInfo // listens on a port, not on a pipe
  process.stdout.write(`listening on ${address.port}\n`)
})
process.once('SIGTERM', () => {
  void database.destroy().then(() => process.exit(0)) // behind what it was told to store
})
