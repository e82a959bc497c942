/* What becomes of documents, as targets are told of it, and how who runs the server sees that. */
import { WebsocketProvider } from 'y-websocket'
import { expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { QuireApiError } from './client.ts'
import type { QuireWebhooks } from './embedded/webhooks.ts'
import { createQuire } from './quire.ts'
import { openAuth } from './auth/open.ts'
import { memoryStorage, sqliteStorage } from './embedded/storage.ts'
import {
  SECRET,
  startTarget,
  type TargetServer,
  type Told,
} from './runtime/webhooks/testing/target.ts'
import { withWeather } from './storage/testing/weather.ts'
import { temporaryDir } from './storage/sqlite/testing/temporary-dir.ts'
import { startApi, tokenFor, type ApiServer } from './testing/api-server.ts'

vi.setConfig({ testTimeout: 30_000 })

const eventually = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 10 })

/** Tells soon: tests have no time. */
const soon = (target: TargetServer, more: Partial<QuireWebhooks> = {}): QuireWebhooks => ({
  urls: [target.url],
  secret: SECRET,
  allowPrivate: true,
  debounceMs: 40,
  ...more,
})

const providerOf = ({ url }: ApiServer, token: string): WebsocketProvider => {
  const options = { disableBc: true, params: { token } }
  const at = `${url.replace('http', 'ws')}/yjs`
  const provider = new WebsocketProvider(at, 'notes', new Y.Doc(), options)
  onTestFinished(() => provider.destroy())
  return provider
}

/** The document of somebody who has it. */
const clientOf = async (server: ApiServer, token: string): Promise<Y.Doc> => {
  const provider = providerOf(server, token)
  await eventually(() => expect(provider.synced).toBe(true))
  return provider.doc
}

const saying = ({ type, data }: Told) => ({ type, ...data })

const typesOf = (target: TargetServer): readonly string[] => target.told.map(({ type }) => type)

it('tells what becomes of a document by the API, with whose changes these are', async () => {
  const target = await startTarget()
  const server = await startApi({ webhooks: soon(target) })
  const api = await server.client()
  await api.create('notes', { author: 'ann', content: { format: 'text', value: 'one' } })
  const notes = api.document('notes')
  // without the versions that are kept by themselves, when everybody has left
  const heard = () =>
    target.told.filter(({ data }) => (data['version'] as { name: unknown })?.name !== null)
  await eventually(() => expect(heard()).toHaveLength(1))
  await notes.write('text', 'two', { author: 'bob' })
  await eventually(() => expect(heard()).toHaveLength(2))
  const version = await notes.keepVersion('Draft', { author: 'ann' })
  await eventually(() => expect(heard()).toHaveLength(3))
  await notes.write('text', '', { author: 'eve' }) // nothing but deletions
  await eventually(() => expect(heard()).toHaveLength(4))
  await notes.restore(version.id, { author: 'cyd' })
  await eventually(() => expect(heard()).toHaveLength(5))
  await notes.delete()
  await eventually(() => expect(heard()).toHaveLength(6))
  await notes.undelete()
  await eventually(() => expect(heard()).toHaveLength(7))
  const { id, epoch } = (await notes.facts()) ?? {}
  const [made] = heard()
  expect(heard().map(saying)).toEqual([
    {
      type: 'document.created',
      document: 'notes',
      id,
      epoch: made?.data['epoch'],
      sequence: 1,
      authors: ['ann'],
    },
    { ...told('document.changed'), sequence: 2, authors: ['bob'] },
    {
      type: 'version.created',
      document: 'notes',
      id,
      epoch: made?.data['epoch'],
      version: {
        id: version.id,
        sequence: 2,
        name: 'Draft',
        author: 'ann',
        bytes: version.bytes,
      },
    },
    { ...told('document.changed'), sequence: 3, authors: ['eve'] },
    { ...told('document.changed'), sequence: 4, authors: ['cyd'] },
    { ...told('document.deleted'), sequence: 4 },
    { type: 'document.restored', document: 'notes', id, epoch, sequence: 4 },
  ])
  expect(new Set(target.taken).size).toBe(target.told.length)
  function told(type: string) {
    return { type, document: 'notes', id, epoch: made?.data['epoch'] }
  }
})

it('tells of a thousand changes a few times, and of the last one', async () => {
  const target = await startTarget()
  const storage = await sqliteStorage({ dataDir: temporaryDir() })
  const webhooks = soon(target, { debounceMs: 200, maxWaitMs: 600 })
  const server = await startApi({ webhooks, storage })
  const doc = await clientOf(server, await tokenFor({ sub: 'ann' }))
  const startedAt = Date.now()
  for (let i = 0; i < 1_000; i++) {
    doc.getText('t').insert(0, 'x')
    await new Promise(setImmediate) // each is a message of its own
  }
  await eventually(() => expect(target.told.at(-1)?.data['sequence']).toBe(1_000))
  const took = Date.now() - startedAt
  const changes = target.told.filter(({ type }) => type === 'document.changed')
  expect(changes.length).toBeLessThanOrEqual(2 + took / 600)
  for (const { data } of changes) expect(data['authors']).toEqual(['ann'])
  expect(typesOf(target).filter((type) => type === 'document.created')).toHaveLength(1)
})

it('tells who comes and who leaves where that is asked for, and of the server’s own visits nothing', async () => {
  const target = await startTarget()
  const server = await startApi({
    webhooks: soon(target, { events: ['session.joined', 'session.left'] }),
  })
  const api = await server.client()
  await api.create('notes', { content: { format: 'text', value: 'one' } })
  const token = await tokenFor({ sub: 'ann' })
  const provider = providerOf(server, token)
  await eventually(() => expect(target.told).toHaveLength(1))
  provider.destroy()
  await eventually(() => expect(target.told).toHaveLength(2))
  const session = target.told[0]?.data['session']
  const about = { document: 'notes', session, user: 'ann' }
  const way = { family: 'y-websocket', transport: 'websocket' }
  expect(target.told.map(saying)).toEqual([
    { type: 'session.joined', ...about, ...way },
    { type: 'session.left', ...about, ...way, ms: expect.any(Number) },
  ])
})

it('without webhooks asks its storage for nothing of them', async () => {
  const { storage, calls } = withWeather(memoryStorage())
  const quire = createQuire({ storage, authorize: openAuth })
  await quire.document('notes').edit((doc) => doc.getText('t').insert(0, 'x'))
  await quire.close()
  const { openOutbox, settleOutbox, putNotices, dueDeliveries, recordDeliveries } = calls
  expect([openOutbox, settleOutbox, putNotices, dueDeliveries, recordDeliveries]).toEqual([
    0, 0, 0, 0, 0,
  ])
})

it('closes at once whatever a target does, and tells of it in its next life', async () => {
  const target = await startTarget(() => undefined)
  const dataDir = temporaryDir()
  const start = async () =>
    createQuire({
      storage: await sqliteStorage({ dataDir }),
      authorize: openAuth,
      webhooks: soon(target, { events: ['document.created', 'document.changed'] }),
    })
  const first = await start()
  await first.document('notes').edit((doc) => doc.getText('t').insert(0, 'x'))
  await eventually(() => expect(target.open).toBe(1))
  const startedAt = Date.now()
  await first.close()
  expect(Date.now() - startedAt).toBeLessThan(2_000)
  await eventually(() => expect(target.open).toBe(0))
  target.answer = (response) => void response.writeHead(204).end()
  const second = await start()
  onTestFinished(() => second.close())
  await eventually(() => expect(new Set(target.taken).size).toBe(2))
  const taken = target.told.filter(({ id }) => target.taken.includes(id))
  expect(new Set(taken.map(({ type }) => type))).toEqual(
    new Set(['document.created', 'document.changed']),
  )
})

it('shows who runs the server how targets stand and what they did not take, and has it told again', async () => {
  const target = await startTarget((response) => void response.writeHead(500).end())
  const limits = { maxWebhookAttempts: 1 }
  const server = await startApi({ webhooks: soon(target), limits })
  const api = await server.client()
  for (const name of ['a', 'b', 'c']) await api.create(name)
  const operator = await server.client({ operations: 'write' })
  const host = `127.0.0.1:${target.port}`
  await eventually(async () => {
    const [endpoint] = await operator.webhooks()
    expect(endpoint).toEqual({
      host,
      configured: true,
      waiting: 0,
      oldestAt: null,
      dead: 3,
      deliveredAt: null,
      failure: { at: expect.any(String), problem: 'status 500' },
    })
  })
  const { deadLetters, next } = await operator.deadLetters({ limit: 2 })
  const rest = await operator.deadLetters({ after: next ?? 0 })
  expect(rest.next).toBeNull()
  const all = [...deadLetters, ...rest.deadLetters]
  expect(all.map(({ document }) => document).toSorted()).toEqual(['a', 'b', 'c'])
  expect(all[0]).toEqual({
    id: expect.any(Number),
    event: expect.stringMatching(/^msg_/),
    type: 'document.created',
    document: expect.any(String),
    host,
    attempts: 1,
    problem: 'status 500',
    at: expect.any(String),
    diedAt: expect.any(String),
  })
  const [first, second] = all.map(({ id }) => id) as [number, number]
  await operator.dropDeadLetter(first)
  await expect(operator.dropDeadLetter(first)).rejects.toMatchObject({ kind: 'not-found' })
  await expect(operator.replayDeadLetter(first)).rejects.toMatchObject({ kind: 'not-found' })
  target.answer = (response) => void response.writeHead(204).end()
  await operator.replayDeadLetter(second)
  await eventually(() => expect(target.taken).toEqual([all[1]?.event]))
  expect(await operator.replayDeadLetters()).toBe(1)
  await eventually(() => expect(target.taken).toEqual([all[1]?.event, all[2]?.event]))
  await eventually(async () => {
    const [endpoint] = await operator.webhooks()
    expect(endpoint).toMatchObject({ waiting: 0, dead: 0, deliveredAt: expect.any(String) })
  })
})

it('shows it to nobody else, and lets who may only look change nothing', async () => {
  const server = await startApi()
  const kindOf = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => 'done',
      (error: unknown) => (error instanceof QuireApiError ? error.kind : String(error)),
    )
  const asked = (api: Awaited<ReturnType<typeof server.client>>) => [
    api.webhooks(),
    api.deadLetters(),
    api.replayDeadLetter(1),
    api.replayDeadLetters(),
    api.dropDeadLetter(1),
  ]
  const kinds = async (api: Awaited<ReturnType<typeof server.client>>) =>
    Promise.all(asked(api).map(kindOf))
  expect(await kinds(await server.client())).toEqual(Array(5).fill('forbidden'))
  const [looks, pages, ...changes] = await kinds(await server.client({ operations: 'read' }))
  expect([looks, pages, ...changes]).toEqual(['done', 'done', ...Array(3).fill('forbidden')])
  const { status } = await server.raw('/api/v1/webhooks')
  expect(status).toBe(401)
})

it.each([
  [{ urls: ['http://example.org/'] }, /^createQuire: webhooks\.urls: .*webhooks\.allowPrivate/],
  [{ urls: ['https://ann:pw@example.org/'] }, /^createQuire: webhooks\.urls: (?!.*pw)/],
  [{ secret: 'hidden' }, /^createQuire: webhooks\.secret: must be whsec_(?!.*hidden)/],
  [{ secret: '' }, /^createQuire: webhooks\.secret: there are webhooks\.urls/],
  [{ events: ['document.read'] }, /^createQuire: webhooks\.events: must be some of/],
  [{ debounceMs: 2_000, maxWaitMs: 1_000 }, /^createQuire: webhooks\.maxWaitMs: 1000 is less/],
])('refuses options that cannot be: %o', (wrong, problem) => {
  const right = { urls: ['https://example.org/'], secret: SECRET }
  const webhooks = { ...right, ...wrong } as QuireWebhooks // a program in JavaScript has no compiler
  const make = () => createQuire({ storage: memoryStorage(), authorize: openAuth, webhooks })
  expect(make).toThrow(problem)
})

it('says that nobody is to be told where that is not said', () => {
  const webhooks = { secret: SECRET } as unknown as QuireWebhooks // a program in JavaScript
  const make = () => createQuire({ storage: memoryStorage(), authorize: openAuth, webhooks })
  expect(make).toThrow('createQuire: webhooks.urls is missing')
})
