/* A target as somebody would write one: a server that verifies what it is told with the library for that. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { onTestFinished } from 'vitest'

/** A secret as an operator makes one. */
export const SECRET = `whsec_${Buffer.from('thirty-two bytes of a secret key').toString('base64')}`

/** What a target was told. */
export interface Told {
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

/** How a target answers; `nth` counts its requests from 1. */
export type Answer = (
  response: ServerResponse,
  told: Told,
  nth: number,
  request: IncomingMessage,
) => void

/** A target on a port of this machine. */
export interface TargetServer {
  readonly url: string
  readonly port: number
  /** Everything, also what it did not take. */
  readonly told: readonly Told[]
  /** Ids that it has taken, in order. */
  readonly taken: readonly string[]
  /** Connections that were made, whatever came of them. */
  readonly connections: number
  /** Connections that are open. */
  readonly open: number
  /** Most requests that were under way at a time. */
  readonly busiest: number
  /** What it says from here on. */
  answer: Answer
  end(): Promise<void>
}

const takes: Answer = (response) => void response.writeHead(204).end()

/** Starts one until the test is over. `clock: 'any'`: also takes what is signed for a time long ago, or ahead. */
export const startTarget = async (
  answer: Answer = takes,
  { clock = 'own', path = '/hook' }: { clock?: 'own' | 'any'; path?: string } = {},
): Promise<TargetServer> => {
  const webhook = new Webhook(SECRET)
  const told: Told[] = []
  const taken: string[] = []
  let [connections, busy, busiest, open] = [0, 0, 0, 0]
  const server = createServer((request, response) => {
    busy++
    busiest = Math.max(busiest, busy)
    response.on('close', () => busy--)
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const fields = request.headers as Record<string, string>
      const id = fields['webhook-id'] ?? ''
      const said = clock === 'own' ? webhook.verify(body, fields) : JSON.parse(body)
      const one: Told = { id, ...said }
      told.push(one)
      response.on('finish', () => {
        if (response.statusCode < 300) taken.push(id)
      })
      target.answer(response, one, told.length, request)
    })
  })
  server.on('connection', (socket) => {
    connections++
    open++
    socket.on('close', () => open--)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  const end = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(end)
  const target: TargetServer = {
    url: `http://127.0.0.1:${port}${path}`,
    port,
    told,
    taken,
    get connections() {
      return connections
    },
    get open() {
      return open
    },
    get busiest() {
      return busiest
    },
    answer,
    end,
  }
  return target
}
