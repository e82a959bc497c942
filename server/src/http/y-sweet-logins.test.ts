/* Who may use the routes of y-sweet, as servers of other kinds decide it. */
import { err, ok } from '@quire/shared'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import WebSocket from 'ws'
import { plainGrant } from '../auth/plain-grant.ts'
import type { Access, Auth, Grant } from '../ports/auth.ts'
import {
  auth,
  during,
  isSaved,
  managerOf,
  openClient,
  start,
  textOf,
  tokenFor,
  until,
  updateOf,
} from './testing/y-sweet.ts'

/** Knows two words, and makes tokens that it does not explain. */
const ownAuth = (over: Partial<Auth> = {}): Auth => ({
  needsToken: true,
  authorizeAll: () => Promise.resolve(err({ kind: 'forbidden', message: 'nobody lists' })),
  authorize: ({ token }) => {
    const access: Access | undefined = ({ look: 'read', work: 'write' } as const)[token ?? '']
    if (access === undefined)
      return Promise.resolve(err({ kind: 'unauthorized', message: 'not one of ours' }))
    return Promise.resolve(ok(plainGrant({ access, user: 'eve', expiresAt: null })))
  },
  issue: (_, { access }) => Promise.resolve(ok(access === 'write' ? 'work' : 'look')),
  ...over,
})

describe('an open server', () => {
  it('gives a read-only client a token that it is held to', async () => {
    const app = await start()
    const manager = managerOf(app)
    const readOnly = { authorization: 'read-only' } as const
    const made = await during(app, manager.getOrCreateDocAndToken('mine', readOnly))
    expect(made).toMatchObject({ token: 'read-only', authorization: 'read-only' })
    const reader = openClient(app, 'mine', made.token)
    await until(app, 'it is connected', () => isSaved(reader))
    reader.text.insert(0, 'mine alone')
    await during(app, manager.updateDoc('mine', updateOf('for all ')))
    await until(app, 'it reads', () => reader.text.toJSON().includes('for all '))
    expect(reader.provider.hasLocalChanges).toBe(true)
    expect(textOf(await during(app, manager.getDocAsUpdate('mine')))).toBe('for all ')
    // and it gets no other one
    const itself = managerOf(app, made.token)
    await expect(during(app, itself.getClientToken('mine'))).rejects.toThrow('403')
    expect((await during(app, itself.getClientToken('mine', readOnly))).token).toBe('read-only')
  })
})

describe('a server that decides itself', () => {
  it('is asked, and its tokens are given out', async () => {
    const app = await start({ auth: ownAuth() })
    const manager = managerOf(app, 'work')
    const { docId } = await during(app, manager.createDocWithContent(updateOf('hello')))
    expect(await during(app, manager.getClientToken(docId))).toMatchObject({ token: 'work' })
    const reader = managerOf(app, 'look')
    await expect(during(app, reader.getClientToken(docId))).rejects.toThrow('403')
    const readOnly = { authorization: 'read-only' } as const
    expect(await during(app, reader.getClientToken(docId, readOnly))).toMatchObject({
      token: 'look',
    })
    await expect(during(app, managerOf(app, 'other').createDoc())).rejects.toThrow('Invalid')
  })

  it.each([
    ['a grant', { authorize: () => Promise.reject(new Error('its database is gone')) }],
    ['a token', { issue: () => Promise.reject(new Error('its database is gone')) }],
  ])('and throws over %s costs that request', async (_, over) => {
    const app = await start({ auth: ownAuth(over) })
    await expect(during(app, managerOf(app, 'work').getClientToken('mine'))).rejects.toThrow('500')
    expect(app.server.events).toMatchObject([
      { kind: 'bug', document: 'mine' },
      { kind: 'login-denied', document: 'mine', family: 'y-sweet', denial: 'internalError' },
    ])
  })

  it('and grants what is no grant costs that request, and is told of where all is told of', async () => {
    const complaint = vi.spyOn(console, 'error')
    onTestFinished(() => complaint.mockRestore())
    const nothing = ok(undefined as unknown as Grant) // as an embedder without types may answer
    const app = await start({ auth: ownAuth({ authorize: () => Promise.resolve(nothing) }) })
    const response = await during(app, fetch(`${app.url}/doc/mine/auth`, { method: 'POST' }))
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ error: 'the server failed to answer' })
    expect(app.events).toMatchObject([{ kind: 'bug', document: null }])
    expect(complaint).not.toHaveBeenCalled()
  })

  it.each([
    ['a grant', { authorize: () => new Promise<never>(() => undefined) }],
    ['a token', { issue: () => new Promise<never>(() => undefined) }],
  ])('and never comes to an end with %s is waited for only so long', async (_, over) => {
    const app = await start({ auth: ownAuth(over) })
    const path = `${app.url}/doc/mine/auth?token=work`
    const asked = fetch(path, { method: 'POST' })
    const response = await during(app, asked) // 10 s of the documents' clock
    expect(response.status).toBe(503)
    expect(await response.text()).toContain('the login was not checked within 10000 ms')
  })
})

describe('behind a proxy that ends TLS', () => {
  const addresses = async (trustedProxies: readonly string[], scheme = 'https') => {
    const app = await start({ trustedProxies })
    const response = await during(
      app,
      fetch(`${app.url}/doc/mine/auth`, {
        method: 'POST',
        // no proxy is asked for a host: what it says of that is the client's own `Host`
        headers: { 'X-Forwarded-Proto': scheme, 'X-Forwarded-Host': 'evil.example' },
      }),
    )
    const { url, baseUrl } = (await response.json()) as { url: string; baseUrl: string }
    return [url, baseUrl].map((address) => address.replace(/:\d+/, ''))
  }

  it.each(['https', 'HTTPS', 'https, http', ' Https ,http'])(
    'addresses are secure where it is trusted and says %j',
    async (scheme) => {
      expect(await addresses(['127.0.0.1'], scheme)).toEqual([
        'wss://127.0.0.1/d/mine/ws',
        'https://127.0.0.1/d/mine',
      ])
    },
  )

  it.each(['http', 'http, https', 'httpsx', ''])(
    'addresses are what they are where it says %j',
    async (scheme) => {
      expect((await addresses(['127.0.0.1'], scheme))[0]).toBe('ws://127.0.0.1/d/mine/ws')
    },
  )

  it('addresses are what they are where nobody is trusted', async () => {
    expect(await addresses([])).toEqual(['ws://127.0.0.1/d/mine/ws', 'http://127.0.0.1/d/mine'])
  })
})

describe('a page of another site', () => {
  it('that is listed may ask, and is told nothing of other sites', async () => {
    const app = await start({ auth, allowedOrigins: ['https://app.example'] })
    for (const [origin, allowed] of [
      ['https://app.example', 'https://app.example'],
      ['https://evil.example', null],
    ] as const) {
      const asked = fetch(`${app.url}/d/mine/as-update`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      })
      const response = await during(app, asked)
      expect(response.headers.get('access-control-allow-origin')).toBe(allowed)
      expect(response.headers.get('vary')).toMatch(/origin/i)
    }
    const headers = {
      origin: 'https://app.example',
      authorization: `Bearer ${await tokenFor('mine')}`,
    }
    const read = await during(app, fetch(`${app.url}/d/mine/as-update`, { headers }))
    expect(read.status).toBe(200)
    expect(read.headers.get('access-control-allow-origin')).toBe('https://app.example')
  })

  it('that is listed can read that it asks too often, though it asks whether it may as well', async () => {
    const origin = 'https://app.example'
    const app = await start({
      trustedProxies: ['127.0.0.1'],
      allowedOrigins: [origin],
      edgeLimits: { requestsPerMinute: 1 },
    })
    const ask = (method: string) =>
      fetch(`${app.url}/check_store`, {
        method,
        headers: { origin, 'x-forwarded-for': '192.0.2.1' },
      })
    const told: unknown[] = []
    for (const method of ['OPTIONS', 'POST', 'OPTIONS', 'POST', 'OPTIONS']) {
      const { status, headers } = await ask(method)
      told.push([status, headers.get('access-control-allow-origin')])
    }
    expect(told).toEqual([204, 200, 204, 429, 204].map((status) => [status, origin]))
  })

  it('opens no socket unless it is listed', async () => {
    const app = await start({ allowedOrigins: ['https://app.example'] })
    const url = `${app.url.replace('http', 'ws')}/d/mine/ws/mine`
    const refused = new WebSocket(url, { origin: 'https://evil.example' })
    const problem = await new Promise<string>((resolve) =>
      refused.on('error', (error) => resolve(error.message)),
    )
    expect(problem).toContain('403')
    const listed = new WebSocket(url, { origin: 'https://app.example' })
    await new Promise((resolve) => listed.on('open', resolve))
    listed.terminate()
  })
})
