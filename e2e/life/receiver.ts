/*
 * Somebody who is told of documents, and is not always well: some deliveries they refuse, some they take and do not say
 * so. Of one event neither happens more than twice, so that the day ends.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { onTestFinished } from 'vitest'
import type { Random } from '../harness/random.ts'
import { withoutDoubles, type Told } from '../webhooks/target.ts'

const TROUBLES_OF_ONE = 2
const REFUSES = 0.08
const FORGETS_TO_ANSWER = 0.08

/** A receiver and what it was told. */
export interface Receiver {
  readonly url: string
  /** As it came, doubles and all. */
  readonly told: readonly Told[]
  /** Deliveries that were refused, and that were taken without an answer. */
  readonly troubles: { refused: number; unanswered: number }
  /** For each document the newest sequence that a `document.changed` told of. */
  changed(): ReadonlyMap<string, number>
}

/** Starts one until the test is over. */
export const receiverDuringTest = async (secret: string, random: Random): Promise<Receiver> => {
  const webhook = new Webhook(secret)
  const told: Told[] = []
  const troubles = { refused: 0, unanswered: 0 }
  const troublesOf = new Map<string, number>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const fields = request.headers as Record<string, string>
      const said = webhook.verify(body, fields) as Omit<Told, 'id'>
      const id = fields['webhook-id'] ?? ''
      const before = troublesOf.get(id) ?? 0
      const mood = before < TROUBLES_OF_ONE ? random() : 1
      if (mood < REFUSES + FORGETS_TO_ANSWER) troublesOf.set(id, before + 1)
      if (mood < REFUSES) {
        troubles.refused++
        response.writeHead(503).end()
        return
      }
      told.push({ ...said, id })
      if (mood < REFUSES + FORGETS_TO_ANSWER) {
        troubles.unanswered++
        request.socket.destroy()
      } else response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return {
    url: `http://127.0.0.1:${port}/hook`,
    told,
    troubles,
    changed() {
      const newest = new Map<string, number>()
      for (const { type, data } of withoutDoubles(told))
        if (type === 'document.changed')
          newest.set(data.document, Math.max(newest.get(data.document) ?? 0, data.sequence))
      return newest
    },
  }
}
