/* A target of webhooks that verifies what it is told, and remembers it over the deaths of who tells it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { Webhook } from 'standardwebhooks'

/** What is told. */
export interface Told {
  readonly id: string
  readonly type: string
  readonly data: {
    readonly document: string
    readonly id: number
    readonly epoch: number
    readonly sequence: number
    readonly authors?: readonly string[]
    readonly version?: { readonly id: number }
  }
}

/** A secret as an operator makes one. */
export const SECRET = `whsec_${Buffer.from('thirty-two bytes of a secret key').toString('base64')}`

/** Starts a target until the test is over; it takes everything, in as many milliseconds. */
export const targetDuringTest = async (
  answerMs = 0,
): Promise<{ readonly url: string; readonly told: readonly Told[] }> => {
  const webhook = new Webhook(SECRET)
  const told: Told[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const fields = request.headers as Record<string, string>
      const said = webhook.verify(body, fields) as Omit<Told, 'id'>
      told.push({ ...said, id: fields['webhook-id'] ?? '' })
      setTimeout(() => response.writeHead(204).end(), answerMs)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return { url: `http://127.0.0.1:${port}/hook`, told }
}

/** What is told, each event once: the last time that it was. */
export const withoutDoubles = (told: readonly Told[]): readonly Told[] => [
  ...new Map(told.map((one) => [one.id, one])).values(),
]
