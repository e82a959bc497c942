/*
 * `@y/websocket-server` as its own server.js has it, with a store that is bound as its authors bind LevelDB:
 * every update is appended, and a document is read when it opens. Arguments: directory, port, `waits` for a
 * store that answers once there was an HTTP request, which then waits for its answers, `login` or nothing.
 */
import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setPersistence, setupWSConnection } from '@y/websocket-server/utils'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocketServer } from 'ws'
import { applyUpdate, type Doc } from 'yjs'
import { accessOf } from './login.ts'

const [directory = '', port = '0', store = '', login = ''] = process.argv.slice(2)

const released = Promise.withResolvers<void>()
if (store !== 'waits') released.resolve()
const bindings: Promise<void>[] = []

const fileOf = (name: string): string => join(directory, Buffer.from(name).toString('hex'))

const stored = async (name: string): Promise<readonly Uint8Array[]> => {
  await released.promise
  const log = await readFile(fileOf(name)).catch(() => new Uint8Array()) // nothing was stored yet
  const reader = decoding.createDecoder(new Uint8Array(log))
  const updates: Uint8Array[] = []
  while (decoding.hasContent(reader)) updates.push(decoding.readVarUint8Array(reader))
  return updates
}

const bind = async (name: string, doc: Doc): Promise<void> => {
  for (const update of await stored(name)) applyUpdate(doc, update, 'store')
  doc.on('update', (update: Uint8Array) =>
    appendFileSync(
      fileOf(name),
      encoding.encode((out) => encoding.writeVarUint8Array(out, update)),
    ),
  )
}

setPersistence({
  bindState: (name, doc) => void bindings.push(bind(name, doc)),
  writeState: async () => undefined,
  provider: null,
})

const http = createServer((_, response) => {
  released.resolve()
  void Promise.all(bindings).then(() => response.end())
})
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
sockets.on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'ws://of.it')
  const document = decodeURIComponent(pathname.slice(1))
  // it has no logins of its own: this is what its client from 3.1 on takes for a refusal
  if (login === 'login' && accessOf(searchParams.get('token') ?? '', document) === null)
    socket.close(4401, 'denied')
  else setupWSConnection(socket, request)
})
http.listen(Number(port), '127.0.0.1', () => {
  const address = http.address() as AddressInfo // listens on a port, not on a pipe
  process.stdout.write(`listening on ${address.port}\n`)
})
