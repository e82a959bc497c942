/* Bounds over a whole server, as a client and an operator see them. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { isReady, readiness } from '../harness/health.ts'
import { documentUrl, openRaw, type RawClient } from '../harness/raw-client.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const TEST_MS = 60_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const start = async (env: Readonly<Record<string, string>>): Promise<ServerProcess> => {
  const on = await startServer({ env })
  cleanups.push(on.remove)
  return on
}

const enter = async (on: ServerProcess, document: string): Promise<RawClient> => {
  const client = await openRaw(documentUrl(on, document))
  cleanups.push(() => client.socket.terminate())
  return client
}

/** Connects as a client of a proxy on this machine; the status of its handshake. */
const knock = async (on: ServerProcess, address: string): Promise<number> => {
  const headers = { 'X-Forwarded-For': address }
  const socket = new WebSocket(documentUrl(on, 'notes'), { headers, perMessageDeflate: false })
  cleanups.push(() => socket.terminate())
  socket.on('error', () => {}) // a refusal is one
  return Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(
      ([, response]) => (response as IncomingMessage).statusCode ?? 0, // ws, doc/ws.md
    ),
  ])
}

describe('a server', { timeout: TEST_MS }, () => {
  it('that is full refuses newcomers, is not ready, and takes them again when somebody leaves', async () => {
    const on = await start({ QUIRE_MAX_SESSIONS: '2' })
    const first = await enter(on, 'a')
    expect((await readiness(on)).status).toBe(200)
    await enter(on, 'b')
    expect(await knock(on, '')).toBe(503)
    const full = await readiness(on)
    expect(full.status).toBe(503)
    expect(full.reason).toContain('2 sessions are open, which is the limit')
    expect((await fetch(`${on.url}/health/live`)).status).toBe(200)
    await first.close()
    await until('it is ready again', () => isReady(on))
    await enter(on, 'c')
  })

  it('behind a trusted proxy holds each of its clients to the limit of an address', async () => {
    const on = await start({
      QUIRE_TRUSTED_PROXIES: '127.0.0.0/8',
      QUIRE_MAX_SESSIONS_PER_ADDRESS: '2',
    })
    const answers: number[] = []
    for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])
      answers.push(await knock(on, address))
    expect(answers).toEqual([101, 101, 429, 101])
    expect((await readiness(on)).status).toBe(200) // nobody else is refused
  })

  it('that an address connects to in a loop lets it in at its rate, and everybody else at once', async () => {
    const on = await start({
      QUIRE_TRUSTED_PROXIES: '127.0.0.0/8',
      QUIRE_MAX_HANDSHAKES_PER_MINUTE: '60',
    })
    const startedAt = performance.now()
    const answers: number[] = []
    for (let i = 0; i < 80; i++) answers.push(await knock(on, '192.0.2.1'))
    const seconds = (performance.now() - startedAt) / 1000
    expect(answers.slice(0, 60)).toEqual(Array(60).fill(101))
    expect(answers.slice(60)).toContain(429)
    expect(answers.filter((status) => status === 101).length).toBeLessThanOrEqual(61 + seconds)
    expect(await knock(on, '192.0.2.2')).toBe(101)
    await until('it is let in again', async () => (await knock(on, '192.0.2.1')) === 101)
    expect((await readiness(on)).status).toBe(200)
  })

  it('answers an address so many requests at its rate, and everybody else at once', async () => {
    const on = await start({
      QUIRE_TRUSTED_PROXIES: '127.0.0.0/8',
      QUIRE_MAX_REQUESTS_PER_MINUTE: '2',
    })
    const ask = async (address: string): Promise<number> => {
      const headers = { 'X-Forwarded-For': address }
      return (await fetch(`${on.url}/check_store`, { headers })).status
    }
    const answers = [await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')]
    expect(answers).toEqual([200, 200, 429])
    expect(await ask('192.0.2.2')).toBe(200)
    expect(await knock(on, '192.0.2.1')).toBe(101)
    expect((await readiness(on)).status).toBe(200)
  })

  it('opens no more documents than its limit, and tells whoever wants one to come back', async () => {
    const on = await start({ QUIRE_MAX_OPEN_DOCUMENTS: '1' })
    const first = await enter(on, 'a')
    await until('it is open', () => first.heard > 0)
    const second = await enter(on, 'b')
    expect(await second.whenClosed()).toEqual({
      code: 1013,
      reason: '1 documents are open, limit 1',
    })
    expect((await readiness(on)).reason).toContain('1 documents are open, limit 1')
  })

  it('tells of a flood of refusals in a few lines, with the number of those left out', async () => {
    const on = await start({ QUIRE_MAX_SESSIONS: '1', QUIRE_MAX_LOG_LINES_PER_SECOND: '3' })
    await enter(on, 'a')
    const startedAt = performance.now()
    for (let i = 0; i < 100; i++) expect(await knock(on, '')).toBe(503)
    const lines = (): { kind: string; count?: number }[] =>
      on
        .log()
        .split('\n')
        .filter((line) => line.includes('newcomer-refused'))
        .map((line) => JSON.parse(line) as { kind: string; count?: number }) // pino's lines are objects
    await until(
      'all are accounted for',
      () => lines().reduce((sum, { count = 1 }) => sum + count, 0) === 100,
    )
    const seconds = Math.ceil((performance.now() - startedAt) / 1000)
    expect(lines().length).toBeLessThanOrEqual(4 * seconds)
  })
})
