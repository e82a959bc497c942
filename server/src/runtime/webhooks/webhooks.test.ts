/* Targets that are well, and targets that are not. All of them are real servers. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { millis, sessionId } from '@quire/shared'
import { plainGrant } from '../../auth/plain-grant.ts'
import { nameOf, unwrap } from '../../storage/contract/fixture.ts'
import { late } from '../../storage/contract/outbox-fixture.ts'
import type { Guarded } from '../guard.ts'
import { addressRule } from './addresses.ts'
import { pauseMs } from './retrying.ts'
import { targetOf } from './target.ts'
import { startTarget, type Told } from './testing/target.ts'
import { allTold, eventsOf, eventually, tellerOf } from './testing/told-by.ts'

const status = (code: number, fields: Record<string, string> = {}) =>
  ((response) => void response.writeHead(code, fields).end()) satisfies Parameters<
    typeof startTarget
  >[0]

const documentsOf = (told: readonly Told[]) => told.map(({ data }) => data['document'])

it('tells a target of each event once, in a form that a library for it verifies', async () => {
  const target = await startTarget()
  const teller = await tellerOf([target.url])
  await teller.tell('notes', 'team/📝')
  await allTold(teller)
  const { told } = target
  expect(new Set(documentsOf(told))).toEqual(new Set(['notes', 'team/📝']))
  expect(told).toHaveLength(2)
  expect(told[0]).toEqual({
    id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
    type: 'session.joined',
    timestamp: new Date(teller.clock.wall()).toISOString(),
    data: { document: 'notes', number: 1 },
  })
  const host = `127.0.0.1:${target.port}`
  expect(eventsOf(teller, 'webhook-delivered')).toMatchObject([
    { host, attempts: 1 },
    { host, attempts: 1 },
  ])
  await teller.pass(60_000)
  expect(told).toHaveLength(2)
})

it('tries again under the same id, later each time, until it is taken', async () => {
  const target = await startTarget((response, _, nth) => {
    response.writeHead(nth < 3 ? 500 : 200).end('thanks')
  })
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  for (const [i, pause] of [5_000, 10_000].entries()) {
    await eventually(() => expect(eventsOf(teller, 'webhook-failed')).toHaveLength(i + 1))
    await eventually(async () =>
      expect(unwrap(await teller.webhooks.figures())[0]?.failure?.problem).toBe('status 500'),
    )
    await teller.pass(pause - 1)
    expect(target.told).toHaveLength(i + 1)
    await teller.pass(1)
    await eventually(() => expect(target.told).toHaveLength(i + 2))
  }
  await allTold(teller)
  expect(new Set(target.told.map(({ id }) => id)).size).toBe(1)
  expect(eventsOf(teller, 'webhook-delivered')).toMatchObject([{ attempts: 3 }])
})

it.each(['60', new Date(Date.now() + 60_000).toUTCString()])(
  'waits for as long as a target asks for with Retry-After: %s',
  async (field) => {
    const target = await startTarget(status(429, { 'retry-after': field }), { clock: 'any' })
    const teller = await tellerOf([target.url])
    await teller.tell('notes')
    await eventually(() => expect(eventsOf(teller, 'webhook-failed')).toHaveLength(1))
    target.answer = status(204)
    await teller.pass(50_000)
    expect(target.told).toHaveLength(1)
    await teller.pass(11_000)
    await allTold(teller)
  },
)

it.each([
  ['answers 503', status(503), 'status 503'],
  ['answers 404', status(404), 'status 404'],
  ['answers 304', status(304), 'status 304: redirects are not followed'],
  [
    'resets the connection',
    ((response: { socket: { resetAndDestroy(): void } }) =>
      response.socket.resetAndDestroy()) as never,
    /ECONNRESET/,
  ],
  [
    'closes it without an answer',
    ((response: { socket: { end(): void } }) => response.socket.end()) as never,
    /ECONNRESET|without an answer/,
  ],
  [
    'speaks no HTTP',
    ((response: { socket: { end(text: string): void } }) =>
      response.socket.end('what?\n')) as never,
    /HPE_/,
  ],
] as const)('counts as failed what a target %s to', async (_, answer, problem) => {
  const target = await startTarget(answer)
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  await eventually(() => expect(eventsOf(teller, 'webhook-failed')).toHaveLength(1))
  const [failure] = eventsOf(teller, 'webhook-failed')
  expect(failure).toMatchObject({ attempt: 1, host: `127.0.0.1:${target.port}` })
  expect(failure?.problem).toMatch(problem)
  await eventually(() => expect(target.open).toBe(0))
  expect(await teller.figures()).toEqual({ waiting: 1, dead: 0 })
})

it('follows no redirect', async () => {
  const elsewhere = await startTarget()
  const target = await startTarget(status(307, { location: elsewhere.url }))
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  await eventually(() => expect(eventsOf(teller, 'webhook-failed')).toHaveLength(1))
  expect(eventsOf(teller, 'webhook-failed')[0]?.problem).toBe(
    'status 307: redirects are not followed',
  )
  expect(elsewhere.connections).toBe(0)
})

it('gives up a target that hangs at the deadline, before its answer or in the midst of it', async () => {
  let heads = 0 // that have reached the server: Node tells it of every request
  const count = (): void => void heads++
  subscribe('http.client.response.finish', count)
  onTestFinished(() => void unsubscribe('http.client.response.finish', count))
  const silent = await startTarget(() => undefined)
  const slow = await startTarget((response) => void response.writeHead(500).write('wait'))
  const said = await startTarget((response) => void response.writeHead(200).write('wait'))
  const teller = await tellerOf([silent.url, slow.url, said.url])
  await teller.tell('notes')
  const all = [silent, slow, said]
  await eventually(() => expect(all.map(({ told }) => told.length)).toEqual([1, 1, 1]))
  await eventually(() => expect(heads).toBe(2))
  await teller.pass(9_999)
  expect(teller.events).toEqual([])
  await teller.pass(1)
  await eventually(() => expect(all.map(({ open }) => open)).toEqual([0, 0, 0]))
  await eventually(() => expect(teller.events).toHaveLength(3))
  const problems = eventsOf(teller, 'webhook-failed').map(({ problem }) => problem)
  expect(problems.toSorted()).toEqual(['no answer within 10000 ms', 'status 500'])
  expect(eventsOf(teller, 'webhook-delivered')).toMatchObject([
    { host: `127.0.0.1:${said.port}`, ms: 10_000 },
  ])
})

it.each([200, 500])('reads no more than a little of an answer of %i without end', async (code) => {
  let written = 0
  const target = await startTarget((response) => {
    response.writeHead(code)
    const chunk = Buffer.alloc(16 * 1024, 120)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length
      response.once('drain', more)
    }
    more()
  })
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  const kind = code === 200 ? 'webhook-delivered' : 'webhook-failed'
  await eventually(() => expect(eventsOf(teller, kind)).toHaveLength(1))
  await eventually(() => expect(target.open).toBe(0))
  expect(written).toBeLessThan(8 * 1024 * 1024) // what the system's buffers hold
})

it('lets a target that hangs or fails hold up no other one', async () => {
  const [hanging, failing, well] = [
    await startTarget(() => undefined),
    await startTarget(status(500)),
    await startTarget(),
  ]
  const teller = await tellerOf([hanging.url, failing.url, well.url])
  const documents = Array.from({ length: 100 }, (_, i) => `d${i}`)
  await teller.tell(...documents)
  await eventually(() => expect(well.taken).toHaveLength(100))
  await eventually(() => expect(failing.told).toHaveLength(100))
  expect(hanging.told).toHaveLength(4)
})

it('holds few connections to a target, and tells of one document in order', async () => {
  const held: (() => void)[] = []
  const target = await startTarget((response) => void held.push(() => response.end()))
  const teller = await tellerOf([target.url])
  const documents = Array.from({ length: 200 }, (_, i) => `d${i % 7}`)
  await teller.tell(...documents)
  await eventually(() => expect(held).toHaveLength(4))
  await teller.pass(5_000)
  target.answer = status(204)
  for (const answer of held) answer()
  await allTold(teller)
  expect(target.busiest).toBe(4)
  expect(target.told).toHaveLength(200)
  const ofEach = Map.groupBy(target.told, ({ data }) => data['document'])
  for (const told of ofEach.values()) {
    const numbers = told.map(({ data }) => Number(data['number']))
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
  }
})

it('gives an event up at once that a target is gone for, and goes on with the next', async () => {
  const target = await startTarget((response, _, nth) => {
    response.writeHead(nth === 1 ? 410 : 204).end()
  })
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  await eventually(() => expect(eventsOf(teller, 'webhook-dead')).toHaveLength(1))
  expect(eventsOf(teller, 'webhook-dead')[0]).toMatchObject({
    id: target.told[0]?.id,
    problem: 'status 410: the target is gone',
  })
  await teller.tell('other')
  await allTold(teller)
  expect(await teller.figures()).toEqual({ waiting: 0, dead: 1 })
})

it('buries an event after so many attempts, a day with the default ones, and tells of it when it is replayed', async () => {
  const target = await startTarget(status(500), { clock: 'any' })
  const { key: endpoint } = targetOf(target.url)
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  let ms = 0
  for (let attempt = 1; attempt < 23; attempt++) {
    await eventually(async () => {
      const question = { endpoint, now: late, limit: 1 }
      const [due] = unwrap(await teller.weather.storage.dueDeliveries(question))
      expect(due?.attempts).toBe(attempt)
    })
    const pause = pauseMs(attempt, null, 0.5)
    await teller.pass(pause)
    ms += pause
  }
  await eventually(async () => expect(await teller.figures()).toEqual({ waiting: 0, dead: 1 }))
  expect(target.told).toHaveLength(23)
  expect(Math.round(ms / 3_600_000)).toBe(25)
  const [letter] = unwrap(await teller.weather.storage.deadLetters({ after: 0, limit: 10 }))
  expect(letter).toMatchObject({ attempts: 23, problem: 'status 500' })
  target.answer = status(204)
  expect(unwrap(await teller.webhooks.replay(letter?.delivery ?? 0))).toBe(1)
  await allTold(teller)
  expect(new Set(target.told.map(({ id }) => id)).size).toBe(1)
  expect(await teller.figures()).toEqual({ waiting: 0, dead: 0 })
})

it('gives up what is under way when it is stopped, and another life tells of it under the same id', async () => {
  const target = await startTarget(() => undefined)
  const teller = await tellerOf([target.url])
  await teller.tell('notes')
  await eventually(() => expect(target.told).toHaveLength(1))
  teller.webhooks.stop()
  await eventually(() => expect(target.open).toBe(0))
  expect(teller.events).toEqual([])
  target.answer = status(204)
  const next = await tellerOf([target.url], { memory: teller.memory })
  await next.webhooks.look()
  await allTold(next)
  expect(target.told).toHaveLength(2)
  expect(target.told[1]?.id).toBe(target.told[0]?.id)
  expect(eventsOf(next, 'webhook-delivered')).toMatchObject([{ attempts: 1 }])
})

it('does not tell again what was taken and could not be recorded, until it can be', async () => {
  const target = await startTarget()
  const teller = await tellerOf([target.url])
  teller.weather.fail('recordDeliveries', { kind: 'full', message: 'disk full' }, Infinity)
  await teller.tell('notes')
  await eventually(() => expect(eventsOf(teller, 'webhook-failed')).toHaveLength(1))
  expect(eventsOf(teller, 'webhook-failed')[0]).toMatchObject({ host: '', problem: 'disk full' })
  for (let i = 0; i < 20; i++) await teller.pass(60_000)
  expect(target.told).toHaveLength(1)
  teller.weather.heal('recordDeliveries')
  await teller.pass(500)
  await allTold(teller)
  expect(target.told).toHaveLength(1)
})

it.each([
  ['delivered', 204],
  ['to be tried later', 500],
] as const)(
  'does not tell again what was %s while it was read what else is due',
  async (_, code) => {
    let answer = (): void => undefined
    const target = await startTarget((response) => {
      answer = () => response.writeHead(code).end()
    })
    const teller = await tellerOf([target.url])
    await teller.tell('notes')
    await eventually(() => expect(target.told).toHaveLength(1))
    const { storage } = teller.weather
    const { dueDeliveries } = storage
    const arrival = Promise.withResolvers<void>()
    let reads = 0
    Object.assign(storage, {
      dueDeliveries: async (question: Parameters<typeof dueDeliveries>[0]) => {
        const due = await dueDeliveries(question)
        reads++
        await arrival.promise
        return due
      },
    })
    const looking = teller.webhooks.look()
    await eventually(() => expect(reads).toBe(1))
    answer()
    const kind = code === 204 ? 'webhook-delivered' : 'webhook-failed'
    await eventually(() => expect(eventsOf(teller, kind)).toHaveLength(1))
    arrival.resolve()
    await looking
    await teller.tell('other')
    await eventually(() => expect(documentsOf(target.told)).toContain('other'))
    expect(documentsOf(target.told)).toEqual(['notes', 'other'])
  },
)

it('tells of a storage that throws as a bug, and goes on', async () => {
  const target = await startTarget()
  const teller = await tellerOf([target.url])
  const { storage } = teller.weather
  const { dueDeliveries } = storage
  Object.assign(storage, { dueDeliveries: () => Promise.reject(new Error('no such method')) })
  await teller.tell('notes')
  expect(eventsOf(teller, 'bug')).toMatchObject([{ error: { message: 'webhooks failed' } }])
  Object.assign(storage, { dueDeliveries })
  await eventually(async () => {
    await teller.pass(500)
    expect(target.taken).toHaveLength(1)
  })
})

/** A session, as the guard knows it. */
const visitor = (id: number): Guarded => ({
  document: nameOf('notes'),
  granted: plainGrant({ user: 'ann', access: 'write', expiresAt: null }),
  facts: () => ({
    id: sessionId(id),
    user: 'ann',
    name: null,
    access: 'write',
    family: 'quire',
    address: '',
    transport: 'websocket',
    since: millis(0),
  }),
  reapply: () => undefined,
  dismiss: () => undefined,
})

it('writes of a crowd that comes in commits that hold up nobody, and after one that fails only what is left', async () => {
  const target = await startTarget(() => undefined)
  const teller = await tellerOf([target.url], { maxBacklog: 10_000 })
  const { storage } = teller.weather
  const { putNotices } = storage
  const sizes: number[] = []
  Object.assign(storage, {
    putNotices: (notices: Parameters<typeof putNotices>[0]) => {
      sizes.push(notices.length)
      if (sizes.length === 3 || sizes.length === 30)
        return Promise.reject(new Error('it went away'))
      return putNotices(notices)
    },
  })
  for (let id = 0; id < 1_020; id++) teller.webhooks.entered(visitor(id))
  await teller.webhooks.look()
  expect(eventsOf(teller, 'bug')).toHaveLength(1)
  expect(await teller.figures()).toEqual({ waiting: 100, dead: 0 })
  await teller.webhooks.finish()
  expect(Math.max(...sizes)).toBeLessThanOrEqual(50)
  expect(await teller.figures()).toEqual({ waiting: 1_020, dead: 0 })
  while (sizes.length < 29) sizes.push(0)
  teller.webhooks.left(visitor(1))
  await teller.webhooks.finish()
  expect(eventsOf(teller, 'bug')).toHaveLength(2)
  expect(eventsOf(teller, 'webhook-dropped')).toMatchObject([{ count: 1 }])
})

it('has written of everybody when it has finished, also where it is stopped in the midst of a crowd', async () => {
  const target = await startTarget(() => undefined)
  const teller = await tellerOf([target.url], { maxBacklog: 10_000 })
  const { storage } = teller.weather
  const { putNotices } = storage
  Object.assign(storage, {
    putNotices: async (notices: Parameters<typeof putNotices>[0]) => {
      await new Promise((resolve) => setImmediate(resolve))
      return putNotices(notices)
    },
  })
  for (let id = 0; id < 1_000; id++) teller.webhooks.entered(visitor(id))
  void teller.webhooks.look()
  teller.webhooks.stop()
  for (let id = 0; id < 70; id++) teller.webhooks.left(visitor(id))
  await teller.webhooks.finish()
  expect(await teller.figures()).toEqual({ waiting: 1_070, dead: 0 })
  teller.webhooks.left(visitor(70))
  teller.weather.fail('putNotices', { kind: 'full', message: 'disk full' })
  await teller.webhooks.finish()
  expect(eventsOf(teller, 'webhook-dropped')).toMatchObject([{ count: 1 }])
})

it('goes on behind attempts that cannot be made, and makes them later', async () => {
  const target = await startTarget(status(204), { clock: 'any' })
  const rule = addressRule('all')
  let broken = 4
  const allows = (host: string): boolean => {
    if (broken-- > 0) throw new Error(`no rule for ${host}`)
    return rule.allows(host)
  }
  const teller = await tellerOf([target.url], { addresses: { ...rule, allows } })
  await teller.tell('a', 'b', 'c', 'd', 'e')
  await eventually(() => expect(documentsOf(target.told)).toEqual(['e']))
  expect(eventsOf(teller, 'bug')).toHaveLength(4)
  expect(eventsOf(teller, 'webhook-failed')).toHaveLength(4)
  await eventually(async () => expect(await teller.figures()).toEqual({ waiting: 4, dead: 0 }))
  await teller.pass(5_000)
  await allTold(teller)
  expect(new Set(documentsOf(target.told))).toEqual(new Set(['a', 'b', 'c', 'd', 'e']))
  expect(target.told).toHaveLength(5)
})

it('says how many were dropped where a target takes nothing for too long', async () => {
  const target = await startTarget(() => undefined)
  const teller = await tellerOf([target.url], { maxBacklog: 10 })
  await teller.tell(...Array.from({ length: 25 }, (_, i) => `d${i}`))
  await teller.pass(500)
  expect(eventsOf(teller, 'webhook-dropped')).toEqual([{ kind: 'webhook-dropped', count: 15 }])
  expect(await teller.figures()).toEqual({ waiting: 10, dead: 0 })
})

it.each([
  'https://127.0.0.1:PORT/',
  'https://0x7f000001:PORT/',
  'https://127.1:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://localhost:PORT/',
  'https://10.0.0.1:PORT/',
  'https://[fd00::1]:PORT/',
])('connects to no private address: %s', async (form) => {
  let connections = 0
  const server = createServer().on('connection', () => connections++)
  server.listen(0)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const url = form.replace('PORT', String(port))
  const teller = await tellerOf([url], { allowPrivate: false, maxAttempts: 1 })
  await teller.tell('notes')
  await eventually(() => expect(eventsOf(teller, 'webhook-dead')).toHaveLength(1))
  expect(eventsOf(teller, 'webhook-dead')[0]?.problem).toBe(
    'the target is on a private address, which is not told (QUIRE_WEBHOOK_ALLOW_PRIVATE)',
  )
  expect(connections).toBe(0)
})
