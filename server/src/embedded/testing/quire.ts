/* A Quire in a host, and clients of it. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebsocketProvider } from 'y-websocket'
import { expect, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { openAuth } from '../../auth/open.ts'
import { createQuire, type Quire, type QuireOptions } from '../../quire.ts'
import { memoryStorage } from '../storage.ts'
import type { DocumentHandle } from '../document-handle.ts'

/** A Quire that is closed as the test ends, and reports nothing. */
export const open = (options: Partial<QuireOptions> = {}): Quire => {
  const quire = createQuire({
    storage: memoryStorage(),
    authorize: openAuth,
    observe: { event: () => undefined },
    ...options,
  })
  onTestFinished(() => quire.close().catch(() => undefined))
  return quire
}

/** The shared text of a document as its program reads it. */
export const textOf = async (handle: DocumentHandle): Promise<string> => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, await handle.read({ as: 'update' }))
  return doc.getText('text').toJSON()
}

/** An edit that types into the shared text. */
export const write =
  (text: string) =>
  (doc: Y.Doc): void =>
    doc.getText('text').insert(0, text)

/** A server of node:http: its name and port. */
export const listen = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  upgrade: Quire['upgrade'] = () => false,
): Promise<string> => {
  const server = createServer((request, response) => void answer(request, response))
  server.on('upgrade', (request, socket, head) => {
    if (!upgrade(request, socket, head)) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A host of node:http with a Quire inside: its name and port. */
export const hostOf = (quire: Quire): Promise<string> =>
  listen((request, response) => {
    if (!quire.handle(request, response)) response.writeHead(404).end('the host has none')
  }, quire.upgrade)

/** A stock client that has the document. */
export const joinHost = async (host: string, name: string): Promise<Y.Doc> => {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`ws://${host}/yjs`, name, doc, { disableBc: true })
  onTestFinished(() => provider.destroy())
  await vi.waitFor(() => expect(provider.synced).toBe(true), { timeout: 20_000, interval: 10 })
  return doc
}

/** Waits until something holds. */
export const eventually = (holds: () => void): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 10 })
