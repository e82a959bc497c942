/* The page that tests of the offline store work in, at an origin of its own. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildPage } from './page-build.ts'

/** A page that is served. */
export interface ServedPage {
  readonly url: string
  close(): Promise<void>
}

/** Builds the page and serves it on a free port. */
export const serveOfflinePage = async (): Promise<ServedPage> => {
  const files = new Map(await buildPage({ page: 'offline', base: '/', mode: 'production' }))
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const file = files.get(path)
    if (file === undefined) return void response.writeHead(404).end()
    response.setHeader('Content-Type', path.endsWith('/') ? 'text/html' : 'text/javascript')
    response.setHeader('Access-Control-Allow-Origin', '*') // for frames without an origin
    response.end(file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
