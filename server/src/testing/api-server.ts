import { once } from 'node:events'
import { createServer, request as ask, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { createJwtAuth } from '../auth/jwt.ts'
import { createApiClient, type ApiClient } from '../client.ts'
import type { QuireLimits } from '../embedded/options.ts'
import { memoryStorage } from '../embedded/storage.ts'
import type { QuireWebhooks } from '../embedded/webhooks.ts'
import type { QuireEvent } from '../ports/observe.ts'
import type { Storage } from '../ports/storage.ts'
import { createQuire, type Quire } from '../quire.ts'

const SECRET = 'a secret of more than thirty-two bytes'

/** What a token of the tests says. */
export interface Said {
  /** Absent: it is an application's. */
  readonly sub?: string
  readonly name?: string
  readonly access?: 'read' | 'comment' | 'write'
  /** Absent: all documents. */
  readonly docs?: string
  readonly jti?: string
  readonly iat?: number
  /** What it grants of the server itself; absent: nothing. */
  readonly operations?: 'read' | 'write'
}

/** A token, signed as the server wants it. */
export const tokenFor = ({
  sub,
  name,
  access = 'write',
  docs = '*',
  jti,
  iat,
  operations,
}: Said = {}): Promise<string> => {
  const claims = {
    docs: [{ name: docs, access }],
    ...(sub === undefined ? {} : { sub }),
    ...(name === undefined ? {} : { name }),
    ...(jti === undefined ? {} : { jti }),
    ...(operations === undefined ? {} : { operations }),
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(iat)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))
}

/** A server of the API on a free port of this machine. */
export interface ApiServer {
  readonly url: string
  readonly quire: Quire
  readonly events: readonly QuireEvent[]
  /** What it listens with. */
  readonly http: Server
  /** A client with a login of its own. */
  client(said?: Said): Promise<ApiClient>
  /** Asks for a target as it is written: `fetch` would tidy it up first. */
  raw(
    target: string,
    options?: {
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly body?: string
    },
  ): Promise<{
    readonly status: number
    readonly headers: Record<string, unknown>
    readonly text: string
  }>
}

/** Starts one until the test is over, or until what is given to `keep` is called. */
export const startApi = async (
  options: {
    readonly limits?: QuireLimits
    readonly storage?: Storage
    readonly allowedOrigins?: readonly string[]
    readonly basePath?: string
    /** Is told of each event as it happens. */
    readonly told?: (event: QuireEvent) => void
    readonly webhooks?: QuireWebhooks
    readonly operations?: boolean
  } = {},
  keep: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<ApiServer> => {
  const events: QuireEvent[] = []
  const { told, ...rest } = options
  const quire = createQuire({
    storage: memoryStorage(),
    authorize: createJwtAuth({ secret: createSecretKey(SECRET, 'utf8') }),
    observe: {
      event: (event) => {
        events.push(event)
        told?.(event)
      },
    },
    ...rest,
  })
  const server = createServer((request, response) => {
    if (!quire.handle(request, response)) response.writeHead(404).end()
  })
  server.on('upgrade', (request, socket, head) => {
    if (!quire.upgrade(request, socket, head)) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  keep(async () => {
    await quire.close()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  const url = `http://127.0.0.1:${port}${options.basePath ?? ''}`
  return {
    url,
    quire,
    events,
    http: server,
    client: async (said) => createApiClient({ url, token: await tokenFor(said) }),
    raw: (target, { method = 'GET', headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const asked = ask(
          { port, path: target, host: '127.0.0.1', method, headers },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('error', reject)
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                text: Buffer.concat(chunks).toString(),
              }),
            )
          },
        )
        asked.on('error', reject).end(body)
      }),
  }
}
