/*
 * Servers that Quires are mounted in, each as its guide says (server/EMBEDDING.md), and what every host has of its
 * own: a page at /own, sockets at /own-socket that say everything back, and nothing anywhere else.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import type { Quire } from '@quire/server'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'

/** A Quire, and where it is mounted. */
export interface Mounted {
  readonly quire: Quire
  readonly basePath: string
}

/** Makes a server that answers requests as a host does that has these inside; upgrades are the caller's. */
type MakeServer = (mounted: readonly Mounted[]) => Server | Promise<Server>

/** What the hosts answer on paths that are their own, and on those that are nobody's. */
export const OWN_PAGE = 'the host has this'
export const NOBODYS = 'the host has no such page'

const honoServer: MakeServer = (mounted) => {
  const app = new Hono()
  for (const { quire, basePath } of mounted) app.route(basePath, quire.app)
  app.get('/own', (c) => c.text(OWN_PAGE))
  app.post('/own', async (c) => c.json(await c.req.json()))
  app.notFound((c) => c.text(NOBODYS, 404))
  return createAdaptorServer({ fetch: app.fetch }) as Server // without options it is one of node:http
}

const nodeServer: MakeServer = (mounted) =>
  createServer((request, response) => {
    if (mounted.some(({ quire }) => quire.handle(request, response))) return
    if (request.url !== '/own') response.writeHead(404).end(NOBODYS)
    else if (request.method === 'POST') request.pipe(response)
    else response.end(OWN_PAGE)
  })

const expressServer: MakeServer = (mounted) => {
  const app = express()
  // before whatever reads bodies; a path of its own is stripped by Express, and known all the same
  for (const { quire, basePath } of mounted)
    app.use(basePath, (request, response, next) => {
      if (!quire.handle(request, response)) next()
    })
  app.use(express.json())
  app.get('/own', (_, response) => void response.send(OWN_PAGE))
  app.post('/own', (request, response) => void response.json(request.body))
  app.use((_, response) => void response.status(404).send(NOBODYS))
  return createServer(app)
}

const fastifyServer: MakeServer = async (mounted) => {
  const app = fastify()
  // before bodies are read
  app.addHook('onRequest', (request, reply, done) => {
    const isTaken = mounted.some(({ quire }) => quire.handle(request.raw, reply.raw))
    if (isTaken) reply.hijack()
    else done()
  })
  app.get('/own', () => OWN_PAGE)
  app.post('/own', (request) => request.body)
  app.setNotFoundHandler((_, reply) => reply.code(404).send(NOBODYS))
  await app.ready()
  return app.server
}

/** The kinds of host. */
export const HOSTS: Readonly<Record<string, MakeServer>> = {
  Hono: honoServer,
  'node:http': nodeServer,
  'Express 5': expressServer,
  'Fastify 5': fastifyServer,
}

/** A host that listens. */
export interface Host {
  readonly url: string
  stop(): Promise<void>
}

/** Starts a host with Quires inside, on a free port. */
export const startHost = async (make: MakeServer, mounted: readonly Mounted[]): Promise<Host> => {
  const server = await make(mounted)
  const own = new WebSocketServer({ noServer: true })
  own.on('connection', (socket) =>
    socket.on('message', (bytes, isBinary) => socket.send(bytes, { binary: isBinary })),
  )
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (mounted.some(({ quire }) => quire.upgrade(request, socket, head))) return
    if (request.url !== '/own-socket') return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    own.handleUpgrade(request, socket, head, (taken) => own.emit('connection', taken, request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      for (const socket of own.clients) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
