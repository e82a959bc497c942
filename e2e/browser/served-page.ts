/* Pages that tests work in, at an origin of their own. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import type { BuiltFile } from './page-build.ts'

/** A page that is served. */
export interface ServedPage {
  readonly url: string
  close(): Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
}

/** Serves built files on a free port. */
export const serveFiles = async (built: readonly BuiltFile[]): Promise<ServedPage> => {
  const files = new Map(built)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page')
    const file = files.get(pathname)
    if (file === undefined) return void response.writeHead(404).end()
    response.setHeader('Content-Type', TYPES[extname(pathname)] ?? 'text/html')
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
