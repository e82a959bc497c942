import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { Hono } from 'hono'
import { millis } from '@quire/shared'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { selfSigned } from './edges/websocket/testing/self-signed.ts'
import { hostOf, joinHost, listen, open, write } from './embedded/testing/quire.ts'
import {
  createQuire,
  jwtAuth,
  memoryStorage,
  openAuth,
  QuireError,
  type QuireEvent,
} from './index.ts'
import { OWN_SEGMENTS } from './http/own-paths.ts'
import { createMemory, createMemoryStorage } from './storage/memory.ts'
import { temporaryDir } from './storage/sqlite/testing/temporary-dir.ts'
import { withWeather } from './storage/testing/weather.ts'

/** Of a test's own certificate there is no authority. */
const TRUSTING = { host: 'localhost', rejectUnauthorized: false }

describe('createQuire', () => {
  it('holds up no program that has nothing more to do', async () => {
    const program = `
      import { createQuire, memoryStorage, openAuth } from './index.ts'
      const quire = createQuire({ storage: memoryStorage(), authorize: openAuth })
      const document = quire.document('notes')
      await document.edit((doc) => void doc.getText('text').insert(0, 'here'))
      console.log(await document.read({ as: 'text', field: 'text' }))`
    const flags = ['--conditions=quire-source', '--input-type=module-typescript', '--eval', program]
    const run = promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname })
    expect((await run).stdout).toBe('here\n') // and it has ended
  })

  const make = (options: object) => () =>
    createQuire({ storage: memoryStorage(), authorize: openAuth, ...options })

  it('says what is wrong with its options', () => {
    expect(make({ authorize: undefined })).toThrow(/authorize is missing/)
    expect(make({ storage: undefined })).toThrow(/storage is missing/)
    expect(make({ storage: Promise.resolve(memoryStorage()) })).toThrow(/storage is missing/)
    expect(make({ basePath: '/collab/' })).toThrow(/basePath must be/)
    expect(make({ basePath: 'collab' })).toThrow(/basePath must be/)
    expect(make({ basePath: '/collab', editor: '.' })).toThrow(/made for the root/)
    expect(make({ durability: 'never' })).toThrow(/^createQuire: durability: must be ack or relay/)
    expect(make({ allowedOrigins: ['example.org'] })).toThrow(/allowedOrigins: must be origins/)
    expect(make({ limits: { maxMessageBytes: 1 } })).toThrow(
      /limits\.maxMessageBytes: must be a whole number from 1024 to \d+, not "1"/,
    )
    expect(make({ limits: { maxMessageBytes: 1.5 } })).toThrow(/limits\.maxMessageBytes: must be/)
    expect(make({ limits: { maxMessagesBytes: 1 } })).toThrow('there is no such limit')
    expect(make({ limits: { maxDrainMs: 1_000 } })).toThrow('there is no such limit')
    expect(make({ limits: { maxSessions: 30_000 } })).toThrow(
      'createQuire: limits.maxConnections: 20000 is less than limits.maxSessions, 30000',
    )
  })

  it('asks a function who may open what, and tells it what the client came with', async () => {
    const asked: unknown[] = []
    const quire = open({
      authorize: ({ document, token, request }) => {
        asked.push([document, token, request?.headers.get('cookie'), request?.address])
        return token === 'ann' ? { access: 'read', user: 'ann' } : { deny: 'unauthorized' }
      },
    })
    const url = `http://${await hostOf(quire)}/d/notes/as-update`
    expect((await fetch(url, { headers: { cookie: 'a=1' } })).status).toBe(401)
    expect((await fetch(`${url}?token=ann`)).status).toBe(200)
    expect((await fetch(url.replace('as-', '') + '?token=ann', { method: 'POST' })).status).toBe(
      403,
    )
    expect(asked.slice(0, 2)).toEqual([
      ['notes', null, 'a=1', '127.0.0.1'],
      ['notes', 'ann', null, '127.0.0.1'],
    ])
  })

  it('holds logins to what was revoked before it was made', async () => {
    const memory = createMemory()
    const before = createMemoryStorage(memory)
    const [at, until] = [millis(Date.now()), null]
    await before.revoke({ user: 'ann', document: null, token: null, access: 'none', at, until })
    const authorize = () => ({ access: 'write', user: 'ann', issuedAt: at }) as const
    const quire = open({ storage: createMemoryStorage(memory), authorize })
    const answer = await fetch(`http://${await hostOf(quire)}/d/notes/as-update`)
    expect([answer.status, await answer.json()]).toEqual([403, { error: 'this login was revoked' }])
    await quire.document('notes').edit(write('for ann'), { author: 'ann' }) // no login of hers
  })

  it('without observe warns of bugs, and says nothing that looks like a token', async () => {
    const error = new Error('cannot read {"cookie":"sid=hush"}')
    const authorize = () => Promise.reject(error)
    const quire = createQuire({ storage: memoryStorage(), authorize })
    onTestFinished(() => quire.close())
    const host = await hostOf(quire)
    const warned = once(process, 'warning')
    expect((await fetch(`http://${host}/d/a/as-update`)).status).toBe(500)
    const [warning] = (await warned) as [Error]
    expect(warning.message).toBe('cannot read {"cookie":"[redacted]"}')
    expect(warning.stack).not.toContain('hush')
  })

  it('says what is wrong with what tokens are checked with', () => {
    expect(() => jwtAuth({ secret: 'short' })).toThrow('jwtAuth: secret: must be at least 32 bytes')
    expect(() => jwtAuth({})).toThrow('jwtAuth: secret: ')
    expect(() => jwtAuth({ jwksUrl: 'http://example.org/keys' })).toThrow('jwtAuth: jwksUrl: must')
    expect(jwtAuth({ secret: 'x'.repeat(32) }).needsToken).toBe(true)
  })

  it('knows all of its routes as its own', () => {
    const { app } = open()
    const segments = app.routes.map(({ path }) => path.split('/')[1] ?? '')
    const known = new Set<string>(['*', ...OWN_SEGMENTS])
    expect(segments.filter((segment) => !known.has(segment))).toEqual([])
    expect(segments.filter((segment) => segment === '*')).toEqual([])
  })

  it('leaves Request and Response of its host alone', () => {
    const before = [globalThis.Request, globalThis.Response]
    open()
    expect([globalThis.Request, globalThis.Response]).toEqual(before)
  })

  it('says that a body was read before it came, and waits for none', async () => {
    const errors: string[] = []
    const observe = {
      event: (event: QuireEvent) => void (event.kind === 'bug' && errors.push(event.error.message)),
    }
    const quire = open({ observe })
    const url = await listen(async (request, response) => {
      for await (const _ of request) continue // as express.json() does
      quire.handle(request, response)
    })
    const asked = await fetch(`http://${url}/doc/new`, { method: 'POST', body: '{"docId":"a"}' })
    expect([asked.status, await asked.text()]).toEqual([500, `${errors[0]}\n`])
    expect(errors).toEqual([expect.stringContaining('mount Quire before what reads bodies')])
    expect((await fetch(`http://${url}/health/live`)).status).toBe(200)
  })

  it('is served over TLS by a host that speaks it', async () => {
    const quire = open()
    const server = createServer(selfSigned('localhost'), quire.handle)
    server.on('upgrade', quire.upgrade)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo // TCP: not a pipe
    const asked = request({ port, path: '/doc/notes/auth', method: 'POST', ...TRUSTING }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    expect(await json(answer)).toMatchObject({ url: `wss://localhost:${port}/d/notes/ws` })
    const socket = new WebSocket(`wss://localhost:${port}/yjs/notes`, TRUSTING)
    onTestFinished(() => socket.terminate())
    await once(socket, 'message')
    expect(quire.document('notes').connections()).toHaveLength(1)
  })

  it('serves the editor page from a directory, at the root', async () => {
    const editor = temporaryDir()
    writeFileSync(join(editor, 'index.html'), '<title>Quire</title>')
    const url = await hostOf(open({ editor }))
    for (const path of ['/', '/p/notes'])
      expect(await (await fetch(`http://${url}${path}`)).text()).toBe('<title>Quire</title>')
    expect((await fetch(`http://${url}/nothing`)).status).toBe(404)
    const none = await hostOf(open())
    expect(await (await fetch(`http://${none}/`)).text()).toBe('the host has none')
  })

  it('says who its app can be asked by', async () => {
    const host = new Hono().route('/', open().app).onError(({ message }, c) => c.text(message, 500))
    const asked = await host.request('/health/live')
    expect(await asked.text()).toMatch(/^quire.app answers requests of @hono\/node-server/)
  })

  it('closes once, sends everybody away, and takes nobody after that', async () => {
    const events: QuireEvent[] = []
    const quire = open({ observe: { event: (event) => events.push(event) } })
    const host = await hostOf(quire)
    await quire.document('notes').edit(write('kept'))
    await joinHost(host, 'notes')
    await Promise.all([quire.close({ graceMs: 4_000 }), quire.close()])
    await quire.close()
    expect(events.filter(({ kind }) => kind === 'drained')).toHaveLength(1)
    await expect(quire.document('notes').edit(write('late'))).rejects.toMatchObject({
      kind: 'serviceRestart',
    })
    expect((await fetch(`http://${host}/health/ready`)).status).toBe(503)
    expect((await fetch(`http://${host}/`)).status).toBe(404)
    await expect(quire.close({ graceMs: 1 })).rejects.toThrow('close: graceMs: must be')
  })

  it('says what it could not save in time', async () => {
    const weather = withWeather(memoryStorage())
    const quire = open({ storage: weather.storage })
    await quire.document('notes').edit(write('kept'))
    weather.hold('append')
    const lost = quire.document('notes').edit(write('lost'))
    const caught = lost.catch((error: unknown) => error)
    await weather.called('append', 2)
    await expect(quire.close({ graceMs: 200 })).rejects.toThrow(
      '1 documents could not be saved within 200 ms',
    )
    expect(await caught).toBeInstanceOf(QuireError)
    weather.release('append')
  })
})
