import { inspect } from 'node:util'
import { err, millis, ok } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import type { Auth } from '../ports/auth.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createSlowAuth, WRITER } from './testing/logins.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { createMemorySocket } from './testing/memory-socket.ts'
import {
  pass,
  settle,
  startTestServer,
  testLimits,
  testServerLimits,
  until,
} from './testing/server.ts'

const notes = nameOf('notes')
const noToken = () => Promise.resolve(ok(null))

describe('a socket before it is let in', () => {
  it('is heard afterwards, in the order in which it spoke', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = server.connect(notes)
    ann.type('one ')
    ann.type('two ')
    ann.type('three')
    await settle()
    expect(server.documents.figures().rooms).toBe(0)
    asked[0]?.resolve(ok(WRITER))
    await settle()
    expect(ann.isSynced).toBe(true)
    expect(ann.peer.ending).toBeNull()
    const bob = server.connect(notes)
    asked[1]?.resolve(ok(WRITER))
    await settle()
    expect(bob.text()).toBe('one two three')
    expect(server.events.filter(({ kind }) => kind === 'missing-dependencies')).toEqual([])
  })

  it('is not read until then, so that what it says stays with it', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = server.connect(notes)
    expect(ann.peer.isPaused).toBe(true)
    ann.type('x'.repeat(testServerLimits.loginBytes + 1_000))
    asked[0]?.resolve(ok(WRITER))
    await settle()
    expect([ann.peer.isPaused, ann.peer.ending]).toEqual([false, null])
    const bob = server.connect(notes)
    asked[1]?.resolve(ok(WRITER))
    await until('bob has all of it', () => bob.isSynced)
    expect(bob.text()).toHaveLength(testServerLimits.loginBytes + 1_000)
  })

  it.each([
    ['as many bytes as the limit', [testServerLimits.loginBytes], null],
    [
      'one byte more',
      [testServerLimits.loginBytes + 1],
      'said 32769 bytes before the login was checked, limit 32768',
    ],
    ['as many messages as the limit', Array.from({ length: 100 }, () => 1), null],
    [
      'one message more',
      Array.from({ length: 101 }, () => 1),
      'said 101 messages before the login was checked, limit 100',
    ],
  ])('may have %s read already', async (_, sizes, refusal) => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = server.connect(notes)
    ann.peer.sayAtOnce(sizes.map((size) => new Uint8Array(size).fill(3)))
    expect(ann.peer.ending).toEqual(refusal === null ? null : { code: 1013, reason: refusal })
    asked[0]?.resolve(ok(WRITER))
    await settle()
    expect(server.documents.figures().sessions).toBe(refusal === null && sizes.length > 1 ? 1 : 0)
  })

  it('counts small messages for more than their bytes', async () => {
    const { auth } = createSlowAuth()
    const serverLimits = { ...testServerLimits, loginMessages: 1_000_000 }
    const server = startTestServer({ auth, serverLimits })
    const ann = server.connect(notes)
    const small = Array.from({ length: testServerLimits.loginBytes / 128 + 1 }, () =>
      Uint8Array.of(3),
    )
    ann.peer.sayAtOnce(small.slice(1))
    expect(ann.peer.ending).toBeNull()
    ann.peer.sayAtOnce(small.slice(0, 1))
    expect(ann.peer.ending?.reason).toMatch(/^said 32896 bytes .* limit 32768$/)
  })

  it('finds a place among the logins up to their limit, and again when one is over', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth, serverLimits: { ...testServerLimits, loginsAtOnce: 2 } })
    const [ann, bob, cyd] = ['1', '2', '3'].map((name) => server.connect(nameOf(name)))
    expect([ann?.peer.ending, bob?.peer.ending]).toEqual([null, null])
    await settle()
    expect(cyd?.peer.ending).toEqual({ code: 1013, reason: '2 logins are being checked, limit 2' })
    expect(asked).toHaveLength(2)
    asked[0]?.resolve(ok(WRITER))
    bob?.peer.hangUp()
    await settle()
    const [dan, eve, fay] = ['4', '5', '6'].map((name) => server.connect(nameOf(name)))
    expect([dan?.peer.ending, eve?.peer.ending]).toEqual([null, null])
    expect(fay?.peer.ending?.code).toBe(1013)
  })

  it('leaves nothing behind when it goes meanwhile', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const idle = server.clock.timers
    const ann = server.connect(notes)
    expect(server.clock.timers).toBe(idle + 1)
    ann.peer.hangUp()
    await settle()
    expect(server.clock.timers).toBe(idle)
    asked[0]?.resolve(ok(WRITER))
    await settle()
    expect(server.documents.figures()).toEqual({ rooms: 0, sessions: 0, failing: 0, unopened: 0 })
    server.clock.advance(60_000)
    expect(server.events).toEqual([])
  })

  it.each([
    ['unauthorized', 4401],
    ['forbidden', 4403],
  ] as const)('is closed as %s with %i and the login’s own words', async (kind, code) => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = server.connect(notes)
    asked[0]?.resolve(err({ kind, message: 'not you' }))
    await settle()
    expect(ann.peer.ending).toEqual({ code, reason: 'not you' })
    expect(server.weather.calls.open).toBe(0)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('the key server is gone'))],
    [
      'throws',
      () => {
        throw new Error('the key server is gone')
      },
    ],
  ] as const)('is sent away with 1011 when the login %s', async (_, authorize) => {
    const server = startTestServer({ auth: { ...createSlowAuth().auth, authorize } })
    const ann = server.connect(notes)
    await settle()
    expect(ann.peer.ending?.code).toBe(1011)
    expect(server.events).toContainEqual(expect.objectContaining({ kind: 'bug', document: notes }))
    expect(server.documents.figures().sessions).toBe(0)
  })

  it.each<[string, unknown]>([
    ['says the token', new Error('no such session: hush-hush', { cause: 'hush-hush' })],
    ['is no error', { message: { token: 'hush-hush' }, stack: null }],
    ['cannot be made text', Object.create(null)],
  ])('has nothing told of what it came with where the login throws what %s', async (_, thrown) => {
    const authorize = () => Promise.reject(thrown)
    const server = startTestServer({ auth: { ...createSlowAuth().auth, authorize } })
    expect(await server.documents.login(notes, 'hush-hush')).toMatchObject({
      error: { close: 'internalError' },
    })
    const [event] = server.events
    const error = event?.kind === 'bug' ? event.error : null
    expect(error?.message).toMatch(/./)
    expect(inspect(error)).not.toContain('hush')
  })

  it('is sent away to come back when the login is not checked in time', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = server.connect(notes)
    server.clock.advance(testServerLimits.loginMs - 1)
    expect(ann.peer.ending).toBeNull()
    server.clock.advance(1)
    expect(ann.peer.ending?.code).toBe(1013)
    asked[0]?.reject(new Error('too late to matter to the client'))
    await settle()
    expect(server.documents.figures().rooms).toBe(0)
  })

  it('is sent away with 1012 when a drain begins meanwhile, and does not hold the drain up', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = server.connect(notes)
    const drained = await server.documents.drain(1_000)
    expect(drained.ok).toBe(true)
    asked[0]?.resolve(ok(WRITER))
    await settle()
    expect(ann.peer.ending?.code).toBe(1012)
    expect(server.weather.calls.open).toBe(0)
  })
})

describe('a session', () => {
  it('counts the bytes of a frame once, however many messages it holds', async () => {
    const server = startTestServer()
    server.weather.hold('open')
    const ann = server.connect(notes)
    await settle()
    ann.peer.say(new Uint8Array(200).fill(3)) // 200 times "who is here?": 200 × 200 is over 64 KiB
    server.weather.release('open')
    await settle()
    expect(ann.peer.ending).toBeNull()
  })

  it('cannot make a loading room keep messages without end by sending small ones', async () => {
    const server = startTestServer()
    server.weather.hold('open')
    const ann = server.connect(notes)
    await settle()
    for (let i = 0; i < testLimits.loadQueueBytes / 128; i++) ann.peer.say(Uint8Array.of(3))
    await settle()
    expect(ann.peer.ending?.code).toBe(1013)
  })

  it('that may only read changes nothing, and is told in its own words', async () => {
    const reader: Auth = {
      needsToken: false,
      authorizeAll: () => Promise.resolve(err({ kind: 'forbidden', message: 'nobody lists' })),
      issue: noToken,
      authorize: () => Promise.resolve(ok({ ...WRITER, access: 'read' as const })),
    }
    const server = startTestServer({ auth: reader })
    const ann = server.connect(notes)
    await settle()
    ann.type('not mine to change')
    await settle()
    expect(server.memory.byName.get(notes)?.tail).toEqual([])
    expect([...(ann.peer.frames.at(-1) ?? [])].slice(0, 2)).toEqual([2, 0])
    expect(ann.peer.ending).toBeNull()
  })
})

describe('[R16] a login that was given on the way in and expires', () => {
  const EXPIRED = { code: 1013, reason: 'the login has expired; come back with another one' }

  /** Two clients on one document, of whom the first has five seconds. */
  const startExpiring = async (leftMs: number) => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    asked[0]?.resolve(ok({ ...WRITER, expiresAt: millis(server.clock.wall() + leftMs) }))
    asked[1]?.resolve(ok(WRITER))
    await settle()
    return { server, ann, bob }
  }

  it('ends its session then and not before, for it to come back with another one', async () => {
    const { server, ann, bob } = await startExpiring(5_000)
    await pass(server.clock, 4_999)
    ann.type('hello')
    await settle()
    expect([ann.peer.ending, bob.text()]).toEqual([null, 'hello'])
    await pass(server.clock, 1)
    expect([ann.peer.ending, bob.peer.ending]).toEqual([EXPIRED, null])
    ann.type(' not heard')
    bob.type(' there')
    await settle()
    expect(bob.text()).toBe('hello there')
    expect(server.documents.figures().sessions).toBe(1)
  })

  it('ends its session at once if it has expired already', async () => {
    const { server, ann } = await startExpiring(-1)
    await pass(server.clock, 1)
    expect(ann.peer.ending).toEqual(EXPIRED)
  })

  it('is forgotten with its session', async () => {
    const { server, ann } = await startExpiring(5_000)
    const timers = server.clock.timers
    ann.peer.hangUp()
    await settle()
    expect(server.clock.timers).toBe(timers - 1)
  })

  it('ends a session whose login was checked before its upgrade as well', async () => {
    const server = startTestServer()
    const { socket, peer } = createMemorySocket()
    const expiresAt = millis(server.clock.wall() + 5_000)
    const { dialect, documents, clock } = server
    const login = { kind: 'checked', grant: { ...WRITER, expiresAt } } as const
    peer.open(documents.attach({ document: notes, login, dialect, socket }))
    await pass(clock, 4_999)
    expect([peer.ending, peer.isPaused, documents.figures().sessions]).toEqual([null, false, 1])
    await pass(clock, 1)
    expect(peer.ending).toEqual(EXPIRED)
  })

  it('in a month is waited for in steps that a timer can hold', async () => {
    const manual = createManualClock()
    const waits: { readonly ms: number; readonly task: () => void }[] = []
    const after: typeof manual.after = (ms, task) => {
      waits.push({ ms, task })
      return manual.after(ms, task)
    }
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth, clock: { ...manual, after } })
    const ann = server.connect(notes)
    const month = 31 * 24 * 60 * 60 * 1_000
    asked[0]?.resolve(ok({ ...WRITER, expiresAt: millis(manual.wall() + month) }))
    await settle()
    const longest = waits.filter(({ ms }) => ms === 2 ** 31 - 1)
    expect(longest).toHaveLength(1)
    longest[0]?.task()
    expect(waits.filter(({ ms }) => ms === 2 ** 31 - 1)).toHaveLength(2)
    expect(Math.max(...waits.map(({ ms }) => ms))).toBe(2 ** 31 - 1)
    expect(ann.peer.ending).toBeNull()
  })

  it('is not asked for again where nobody could say it', async () => {
    const { server, ann } = await startExpiring(5_000)
    const told = ann.peer.frames.length
    await pass(server.clock, 5_000)
    expect(ann.peer.frames.slice(told)).toEqual([])
  })
})
