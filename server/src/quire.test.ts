import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { millis } from '@quire/shared'
import { WebsocketProvider } from 'y-websocket'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import {
  createQuire,
  jwtAuth,
  memoryStorage,
  openAuth,
  QuireError,
  type DocumentHandle,
  type Quire,
  type QuireEvent,
  type QuireOptions,
} from './index.ts'
import { OWN_SEGMENTS } from './http/own-paths.ts'
import { nameOf } from './storage/contract/fixture.ts'
import { createMemory, createMemoryStorage } from './storage/memory.ts'
import { withWeather } from './storage/testing/weather.ts'

const open = (options: Partial<QuireOptions> = {}): Quire => {
  const quire = createQuire({
    storage: memoryStorage(),
    authorize: openAuth,
    observe: { event: () => undefined },
    ...options,
  })
  onTestFinished(() => quire.close().catch(() => undefined))
  return quire
}

const textOf = async (handle: DocumentHandle): Promise<string> => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, await handle.read({ as: 'update' }))
  return doc.getText('text').toJSON()
}

const write =
  (text: string) =>
  (doc: Y.Doc): void =>
    doc.getText('text').insert(0, text)

/** The host of a test, and a client of it that shares a document. */
const hostOf = async (quire: Quire): Promise<string> => {
  const server = createServer((request, response) => {
    if (!quire.handle(request, response)) response.writeHead(404).end('the host has none')
  })
  server.on('upgrade', (request, socket, head) => {
    if (!quire.upgrade(request, socket, head)) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const join = async (host: string, name: string): Promise<Y.Doc> => {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`ws://${host}/yjs`, name, doc, { disableBc: true })
  onTestFinished(() => provider.destroy())
  await vi.waitFor(() => expect(provider.synced).toBe(true), { timeout: 20_000, interval: 10 })
  return doc
}

const eventually = (holds: () => void): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 10 })

describe('a document in the hands of its program', () => {
  it('is written, and what is written is on disk when it resolves', async () => {
    const memory = createMemory()
    const quire = open({ storage: createMemoryStorage(memory) })
    const notes = quire.document('notes')
    expect(await textOf(notes)).toBe('')
    await notes.edit(write('world'))
    expect(memory.byName.get(nameOf('notes'))?.tail).toHaveLength(1)
    await notes.edit(write('hello '))
    expect(await textOf(notes)).toBe('hello world')
    expect(await textOf(quire.document('other'))).toBe('')
  })

  it('is shown to everybody who has it open, and shows what they write', async () => {
    const quire = open()
    const doc = await join(await hostOf(quire), 'notes')
    await quire.document('notes').edit(write('from the program'))
    await eventually(() => expect(doc.getText('text').toJSON()).toBe('from the program'))
    doc.getText('text').insert(0, 'also ')
    await vi.waitFor(async () =>
      expect(await textOf(quire.document('notes'))).toBe('also from the program'),
    )
  })

  it('takes edits that meet: all of them land', async () => {
    const notes = open().document('notes')
    await notes.edit((doc) => doc.getMap('count').set('first', true))
    const names = Array.from({ length: 20 }, (_, index) => `edit ${index}`)
    await Promise.all(names.map((name) => notes.edit((doc) => doc.getMap('count').set(name, true))))
    await notes.edit((doc) => {
      expect([...doc.getMap('count').keys()].toSorted()).toEqual(['first', ...names].toSorted())
    })
  })

  it('writes nothing where the callback changes nothing, throws midway, or is asynchronous', async () => {
    const memory = createMemory()
    const notes = open({ storage: createMemoryStorage(memory) }).document('notes')
    await notes.edit(write('kept'))
    const stored = () => memory.byName.get(nameOf('notes'))?.tail.length
    await notes.edit(() => undefined)
    const broken = notes.edit((doc) => {
      doc.getText('text').insert(0, 'half')
      throw new Error('the program failed')
    })
    await expect(broken).rejects.toThrow('the program failed')
    const slow = async (doc: Y.Doc): Promise<void> => {
      doc.getText('text').insert(0, 'half')
      throw new Error('nobody hears of it')
    }
    const late = notes.edit((doc) => slow(doc) as unknown as void) // as JavaScript has it
    await expect(late).rejects.toThrow('the callback of edit() is asynchronous')
    expect(stored()).toBe(1)
    expect(await textOf(notes)).toBe('kept')
  })

  it('is read and written in formats', async () => {
    const quire = open()
    const notes = quire.document('notes')
    await notes.write({ as: 'markdown', value: '# Title\n\n*text*\n' })
    expect(await notes.read({ as: 'markdown' })).toBe('# Title\n\n*text*\n')
    expect(await notes.read({ as: 'html' })).toContain('<em>text</em>')
    expect(await notes.read({ as: 'text' })).toContain('text')
    expect(await notes.read({ as: 'json' })).toMatchObject({ type: 'doc' })
    const { sequence } = (await notes.facts()) ?? {}
    await notes.write({ as: 'markdown', value: '# Title\n\n*text*\n' })
    expect(await notes.facts()).toMatchObject({ sequence }) // nothing had to change
    const refused = notes.write({ as: 'json', value: { type: 'nothing of the kind' } })
    await expect(refused).rejects.toMatchObject({ kind: 'refused', isTemporary: false })
    expect(await notes.read({ as: 'markdown' })).toBe('# Title\n\n*text*\n')
  })

  it('is read and written without a schema', async () => {
    const notes = open({ content: { schema: 'plain' } }).document('notes')
    await notes.edit((doc) => doc.getMap('settings').set('size', 3))
    await notes.write({ as: 'text', field: 'body', value: 'plain' }, { author: 'ann' })
    expect(await notes.read({ as: 'json' })).toEqual({ settings: { size: 3 }, body: 'plain' })
    expect(await notes.read({ as: 'text', field: 'body' })).toBe('plain')
  })

  it('deletes, and writes what it deletes', async () => {
    const notes = open().document('notes')
    await notes.edit(write('hello'))
    await notes.edit((doc) => doc.getText('text').delete(0, 4))
    expect(await textOf(notes)).toBe('o')
  })

  it('refuses an edit above the bound of a message, and says so', async () => {
    const notes = open({ limits: { maxMessageBytes: 2_000 } }).document('notes')
    const large = notes.edit(write('x'.repeat(3_000)))
    await expect(large).rejects.toThrow(/notes: the edit is 30\d\d bytes, limit 2000/)
    await expect(large).rejects.toMatchObject({ kind: 'messageTooBig', isTemporary: false })
    expect(await textOf(notes)).toBe('')
  })

  it('says that nothing was answered in time where the disk hangs', async () => {
    const weather = withWeather(memoryStorage())
    const notes = open({ storage: weather.storage, limits: { maxLoadMs: 200 } }).document('notes')
    await notes.edit(write('first'))
    weather.hold('append')
    await expect(notes.edit(write('second'))).rejects.toMatchObject({
      kind: 'tryAgainLater',
      isTemporary: true,
    })
    weather.release('append')
  })

  it('says what is known of it, and makes none by that', async () => {
    const notes = open().document('notes')
    expect([await notes.exists(), await notes.facts()]).toEqual([false, null])
    const before = Date.now()
    await notes.edit(write('one'))
    await notes.edit(write('two'))
    const facts = await notes.facts()
    expect(facts).toMatchObject({ name: 'notes', sequence: 2 })
    expect(facts?.changedAt.getTime()).toBeGreaterThanOrEqual(before)
    expect(facts?.bytes).toBeGreaterThan(6)
    expect(await notes.exists()).toBe(true)
  })

  it('says who has it open, and sends one of them away', async () => {
    const quire = open()
    const host = await hostOf(quire)
    const notes = quire.document('notes')
    const [doc, other] = [await join(host, 'notes'), await join(host, 'notes')]
    await join(host, 'another')
    const [first, second, ...more] = notes.connections()
    expect(more).toEqual([])
    expect(first).toMatchObject({ user: null, access: 'write', family: 'y-websocket' })
    expect(first).toMatchObject({ transport: 'websocket', address: '127.0.0.1' })
    expect(quire.document('another').kick(first?.id ?? 0)).toBe(false)
    expect(notes.kick(first?.id ?? 0)).toBe(true)
    await eventually(() => expect(notes.connections()).toEqual([second]))
    other.getText('text').insert(0, 'without the first')
    await eventually(() => expect(notes.connections()).toHaveLength(1))
    expect(doc.getText('text').toJSON()).toBe('')
  })

  it('stamps what it writes with its author', async () => {
    const storage = memoryStorage()
    const quire = open({ storage })
    await quire.document('notes').edit(write('by ann'), { author: 'ann' })
    await quire.document('notes').edit(write('by nobody'))
    const found = await storage.find(nameOf('notes'))
    const authors = found.ok && found.value ? await storage.authors(found.value.id) : null
    expect(authors?.ok ? authors.value.map(({ user }) => user) : null).toEqual(['ann'])
  })

  it('has a name that is one', () => {
    const quire = open()
    expect(() => quire.document('')).toThrow(QuireError)
    expect(() => quire.broadcastStateless('', 'text')).toThrow(QuireError)
    expect(quire.document('team/notes').name).toBe('team/notes')
    expect(quire.broadcastStateless('team/notes', 'nobody is here')).toBe(false)
  })
})

describe('createQuire', () => {
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
    await join(host, 'notes')
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
