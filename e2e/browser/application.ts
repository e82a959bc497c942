/*
 * An application as y-sweet's users have one: pages of its own origin, and an endpoint that gets them their
 * client tokens from the server of documents.
 *
 *   GET  /                               the page
 *   GET  /development/                   the page as a developer has it: React mounts everything twice
 *   GET  /moving-in/                     what the page for those who move in shows
 *   POST /client-token?userId=…          {docId} → a client token on these terms
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { DocumentManager } from '@y-sweet/sdk'
import { codeOf } from '../harness/code-blocks.ts'
import { buildPage } from './page-build.ts'

/** A running application. */
export interface Application {
  readonly url: string
  /** Client tokens come from this server from now on. */
  use(connectionString: string): void
  close(): Promise<void>
}

/** Builds the pages and serves them on a free port. */
export const startApplication = async (): Promise<Application> => {
  const page = 'y-sweet-react'
  const [block = ''] = codeOf('server/moving-in/from-y-sweet.md', 'jsx')
  const built = [
    await buildPage({ page, base: '/', mode: 'production' }),
    await buildPage({ page, base: '/development/', mode: 'development' }),
    await buildPage({ page, base: '/moving-in/', mode: 'production', main: block }),
  ]
  const files = new Map(built.flat())
  let manager: DocumentManager | null = null
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://application')
    const file = files.get(pathname)
    const tokens = manager
    if (file !== undefined) {
      response.setHeader('Content-Type', pathname.endsWith('/') ? 'text/html' : 'text/javascript')
      response.end(file)
    } else if (pathname === '/client-token' && tokens !== null) {
      const terms = Object.fromEntries(searchParams)
      text(request)
        .then((body) => giveToken(response, tokens, body, terms))
        .catch(() => response.writeHead(502).end()) // the server of documents is away
    } else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    use: (connectionString) => {
      manager = new DocumentManager(connectionString)
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** What the SDK may be asked for. */
type Terms = NonNullable<Parameters<DocumentManager['getClientToken']>[1]>

const giveToken = async (
  response: ServerResponse,
  manager: DocumentManager,
  body: string,
  terms: Terms,
): Promise<void> => {
  const { docId } = JSON.parse(body) as { docId: string } // the page's
  response.end(JSON.stringify(await manager.getOrCreateDocAndToken(docId, terms)))
}
