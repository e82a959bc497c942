import { request } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createAuthorizeAuth } from '../auth/authorize.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { startApp, type TestApp } from './testing/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ editorRoot: '/nowhere', allowedOrigins: ['https://app.example'] })
})
afterAll(() => app.stop())

const ask = async (method: string, fields: Record<string, string>, path = '/api/v1/documents') => {
  const { port } = new URL(app.url)
  // not `fetch`, which sets Host by itself
  const asked = request({ method, path, port, host: '127.0.0.1', headers: fields, agent: false })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

describe('/api/v1', () => {
  it.each(['GET', 'PUT', 'POST', 'PATCH', 'DELETE'])(
    'does nothing that a page of another site asks for by %s',
    async (method) => {
      for (const origin of [
        'https://evil.example',
        'null',
        'https://app.example.evil.example',
        'x',
      ]) {
        const { status, headers, body } = await ask(method, { Origin: origin })
        expect([status, headers['content-type']]).toEqual([403, 'application/problem+json'])
        expect(headers['access-control-allow-origin']).toBeUndefined()
        expect(JSON.parse(body)).toEqual({
          type: 'urn:quire:problem:forbidden',
          title: 'The login does not allow this',
          status: 403,
          detail: `the list of allowed origins does not list ${origin}`,
        })
      }
    },
  )

  it('takes no name that somebody has pointed here for its own', async () => {
    const fields = { Host: 'rebound.example', Origin: 'http://rebound.example' }
    expect((await ask('POST', fields)).status).toBe(403)
    const host = `rebound.example:${new URL(app.url).port}`
    // as Chromium has it; by http to a name, no browser says more than that
    for (const path of ['/api/v1/export', '/d/notes/as-update', '/sync/stream', '/check_store'])
      expect([path, (await ask('GET', { Host: host }, path)).status]).toEqual([path, 403])
    expect((await ask('GET', { Host: 'app.example' })).status).not.toBe(403)
    for (const path of ['/health/live', '/health/ready', '/ready'])
      expect([path, (await ask('GET', { Host: host }, path)).status]).toEqual([path, 200])
  })

  it('answers no image, script or frame of another site, which say no origin', async () => {
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['no-cors', 'script'],
      ['navigate', 'iframe'],
    ] as const)
      for (const site of ['cross-site', 'same-site']) {
        const fields = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest }
        for (const path of ['/api/v1/documents', '/d/notes/as-update', '/sync/stream'])
          expect((await ask('GET', fields, path)).status).toBe(403)
      }
    expect(app.server.memory.byName.size).toBe(0)
  })

  it('says nothing of itself to other sites that ask whether they may', async () => {
    const fields = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'DELETE' }
    const { headers } = await ask('OPTIONS', fields)
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('lets pages of listed sites ask, and read what they have to', async () => {
    const fields = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'PATCH' }
    const { status, headers } = await ask('OPTIONS', fields)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET,HEAD,PUT,POST,PATCH,DELETE',
      'access-control-allow-headers': expect.stringContaining('If-Match'),
      vary: expect.stringContaining('Origin'),
    })
    expect(headers['access-control-allow-credentials']).toBeUndefined()
    const answer = await ask('GET', { Origin: 'https://app.example' })
    expect(answer.status).not.toBe(403)
    expect(answer.headers['access-control-allow-origin']).toBe('https://app.example')
    expect(answer.headers['access-control-expose-headers']).toBe(
      'ETag,Location,X-Request-Id,RateLimit,RateLimit-Policy,Retry-After',
    )
  })

  it('is open to programs, which say no origin, and to pages of its own address', async () => {
    expect((await ask('GET', {})).status).not.toBe(403)
    expect((await ask('GET', { Origin: app.url })).status).not.toBe(403)
  })
})

describe('who needs no login', () => {
  it('is counted by his address, whatever tokens he makes up, and nobody by that of the machine', async () => {
    const open = await startApp({
      editorRoot: '/nowhere',
      trustedProxies: ['127.0.0.1'],
      maxApiRequestsPerMinute: 3,
    })
    onTestFinished(() => open.stop())
    const ask = async (token: number, from?: string) => {
      const headers = {
        Authorization: `Bearer made-up-${token}`,
        ...(from === undefined ? {} : { 'X-Forwarded-For': from }),
      }
      const answer = await fetch(`${open.url}/api/v1/documents`, { headers })
      await answer.text()
      return answer
    }
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await ask(i, '192.0.2.1')).status)
    expect(statuses).toEqual([200, 200, 200, 429])
    expect((await ask(9, '192.0.2.2')).headers.get('ratelimit')).toMatch(/^"login";r=2;/)
    for (let i = 0; i < 5; i++) expect((await ask(0)).status).toBe(200)
    expect((await ask(0)).headers.get('ratelimit')).toBeNull()
  })
})

describe('who is not let in', () => {
  it('is told of no rate, and counts towards that of his address', async () => {
    const auth = createAuthorizeAuth(
      ({ token }) =>
        token === 'good'
          ? { access: 'write', user: 'ann' }
          : { deny: 'unauthorized', message: 'log in' },
      { clock: systemClock, observe: { event: () => undefined }, deadlineMs: 10_000 },
    )
    const guarded = await startApp({
      editorRoot: '/nowhere',
      auth,
      trustedProxies: ['127.0.0.1'],
      edgeLimits: { requestsPerMinute: 3 },
    })
    onTestFinished(() => guarded.stop())
    const ask = async (token: string) => {
      const headers = { Authorization: `Bearer ${token}`, 'X-Forwarded-For': '192.0.2.1' }
      const answer = await fetch(`${guarded.url}/api/v1/documents/notes`, { headers })
      await answer.text()
      return [answer.status, answer.headers.has('ratelimit'), answer.headers.has('x-request-id')]
    }
    expect(await ask('bad')).toEqual([401, false, true])
    expect(await ask('good')).toEqual([404, true, true])
    expect(await ask('bad')).toEqual([401, false, true])
    expect(await ask('good')).toEqual([429, false, true])
  })
})
