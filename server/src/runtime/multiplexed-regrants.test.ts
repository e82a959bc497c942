import { millis, ok } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import type { StatelessMessage } from '../ports/stateless.ts'
import { createSlowAuth, grantOf, tokenAuth, tokens, WRITER } from './testing/logins.ts'
import { pass, settle, startTestServer, testServerLimits } from './testing/server.ts'
import {
  open,
  OPENING,
  openShared,
  startWithTwo,
  startSlowWithOne,
} from './testing/shared-socket.ts'

const { loginMs } = testServerLimits

describe('[R16] a document of a shared socket that logs in anew', () => {
  it('is lowered, and what it changes then is refused', async () => {
    const { server, ann } = await startWithTwo()
    ann.login('a', 'read')
    ann.type('a', 'hello')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['a: readonly', 'a: refused'])
    ann.type('b', 'hello')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['b: saved'])
  })

  it('is raised, and asked for what was denied', async () => {
    const { server, ann } = await startWithTwo()
    ann.login('a', 'read')
    ann.type('a', 'hello')
    await pass(server.clock, 100)
    ann.heard()
    ann.login('a', 'write')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['a: read-write', 'a: question'])
  })

  it('is not heard until that is decided, and then in order', async () => {
    const { server, ann, asked } = await startSlowWithOne()
    ann.login('a', 'second')
    ann.type('a', 'one')
    ann.type('a', 'two')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual([])
    asked[1]?.resolve(ok(WRITER))
    await pass(server.clock, 1_000)
    expect(ann.heard()).toEqual(['a: read-write', 'a: saved', 'a: saved'])
  })

  it('as somebody else speaks beside its document as that one from there on', async () => {
    const users: (string | null)[] = []
    const { auth, asked } = createSlowAuth()
    const stateless = { received: ({ user }: StatelessMessage) => void users.push(user) }
    const ann = openShared(startTestServer({ auth, stateless }))
    open(ann, 'a', 'first')
    asked[0]?.resolve(ok(WRITER))
    await settle()
    ann.stateless('a', 'as she came')
    ann.login('a', 'second')
    ann.stateless('a', 'heard when that is decided')
    asked[1]?.resolve(ok({ ...WRITER, user: 'bea' }))
    await settle()
    expect(users).toEqual(['ann', 'bea'])
  })

  it('is denied, leaves, and the others go on', async () => {
    const { server, ann } = await startWithTwo()
    ann.login('a', 'nonsense')
    ann.type('a', 'not heard')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['a: denied: not you'])
    expect(server.documents.figures().sessions).toBe(1)
    ann.type('b', 'hello')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['b: saved'])
  })

  it('and whose login is not checked in time is to come back, not told that it has no right', async () => {
    const { server, ann } = await startSlowWithOne()
    ann.login('a', 'second')
    server.clock.advance(loginMs)
    const reason = `the login was not checked within ${loginMs} ms`
    expect(ann.peer.ending).toEqual({ code: 1013, reason })
    expect(ann.heard()).toEqual([])
  })

  it('is asked about once at a time, however often it does: of what it says meanwhile the last counts', async () => {
    const { ann, asked } = await startSlowWithOne()
    for (let login = 0; login < 1_000; login++) ann.login('a', `login ${login}`)
    await settle()
    expect(asked).toHaveLength(2)
    asked[1]?.resolve(ok(WRITER))
    await settle()
    expect(asked.map(({ request }) => request.token)).toEqual(['first', 'login 0', 'login 999'])
    expect(ann.heard()).toEqual([])
    asked[2]?.resolve(grantOf('read'))
    await settle()
    expect(ann.heard()).toEqual(['a: readonly'])
  })

  it('needs no place among the logins of newcomers: it has one among the sessions', async () => {
    const { server, ann, asked } = await startSlowWithOne({ loginsAtOnce: 1 })
    open(openShared(server), 'b', 'which has the only place')
    ann.login('a', 'second')
    asked[2]?.resolve(grantOf('read'))
    await settle()
    expect(ann.heard()).toEqual(['a: readonly'])
  })

  it('and then leaves has its presence taken away, and its place', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const idle = server.clock.timers
    const ann = openShared(server)
    open(ann, 'a', 'first')
    await settle()
    asked[0]?.resolve(ok(WRITER))
    await settle()
    ann.login('a', 'second')
    ann.peer.hangUp()
    asked[1]?.resolve(ok(WRITER))
    await settle()
    expect(server.documents.figures().sessions).toBe(0)
    expect(server.clock.timers).toBe(idle)
  })
})

/** Rates by which a second brings one message, with a burst of 150; a login counts for 50. */
const SLOWLY = { messagesPerSecond: 1, burstMs: 150_000, heldBackMs: 60_000 }

describe('[R16] a login that expires on a shared socket', () => {
  const startExpiring = async (version?: string, rates: Partial<typeof SLOWLY> = {}) => {
    const server = startTestServer({
      serverLimits: { ...testServerLimits, ...rates },
      auth: tokenAuth({
        ...tokens,
        short: () => ok({ ...WRITER, expiresAt: millis(server.clock.wall() + 5_000) }),
      }),
    })
    const ann = openShared(server, { limits: rates })
    ann.login('a', 'short', version)
    ann.ask('a')
    ann.say('a', 0, 1, 2, 0, 0)
    await pass(server.clock, 4_999)
    expect(ann.heard('a')).toEqual([...OPENING, 'saved'])
    return { server, ann }
  }

  it('is asked for again, and what is said meanwhile is heard under the next one', async () => {
    const { server, ann } = await startExpiring()
    await pass(server.clock, 1)
    expect(ann.heard()).toEqual(['a: token?'])
    ann.type('a', 'hello')
    await pass(server.clock, 1_000)
    expect(ann.heard()).toEqual([])
    ann.login('a', 'read')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['a: readonly', 'a: refused'])
    await pass(server.clock, 2 * loginMs)
    expect(ann.peer.ending).toBeNull()
  })

  it('is asked for each time that it expires', async () => {
    const { server, ann } = await startExpiring()
    for (let i = 0; i < 3; i++) {
      await pass(server.clock, 5_000)
      expect(ann.heard('a')).toContain('token?')
      ann.login('a', 'short')
      await settle()
      expect(ann.heard('a')).toEqual(['read-write'])
    }
  })

  it('and is not said again lets its client come back: version 2 does not know the question', async () => {
    const { server, ann } = await startExpiring()
    server.clock.advance(1)
    server.clock.advance(loginMs)
    const reason = `the login has expired, and no other one was checked within ${loginMs} ms`
    expect(ann.peer.ending).toEqual({ code: 1013, reason })
    await settle()
    expect(server.documents.figures().sessions).toBe(0)
  })

  it('and is not said again costs its own document alone where others are open', async () => {
    const { server, ann } = await startExpiring('4.8.0')
    open(ann, 'b', 'write')
    await pass(server.clock, 1)
    await pass(server.clock, loginMs)
    const reason = `the login has expired, and no other one was checked within ${loginMs} ms`
    expect(ann.heard('a')).toEqual(['token?', `closed: ${reason}`])
    expect(ann.peer.ending).toBeNull()
  })

  it('that is said anew before has another time', async () => {
    const { server, ann } = await startExpiring()
    ann.login('a', 'write')
    await pass(server.clock, 60_000)
    expect(ann.heard('a').filter((word) => word !== 'alive')).toEqual(['read-write'])
  })

  it('is over also for what was held back before, until another one is said', async () => {
    const { server, ann } = await startExpiring('4.8.0', SLOWLY)
    ann.atOnce(() => {
      for (let i = 0; i < 120; i++) ann.type('a', `${i} `)
    })
    await pass(server.clock, 100) // it has expired, and what was heard before is on disk
    const before = ann.heard('a').filter((word) => word === 'saved').length
    expect(before).toBeLessThan(120)
    await pass(server.clock, 9_000)
    expect(ann.heard('a').filter((word) => word === 'saved')).toEqual([])
    ann.login('a', 'read')
    await pass(server.clock, 60_000)
    const words = ann.heard('a').filter((word) => word !== 'alive')
    expect(words.slice(0, 2)).toEqual(['readonly', 'refused'])
    expect(words).not.toContain('saved')
  })

  it('has its time anew while the socket is not read for what another document said', async () => {
    const { server, ann } = await startExpiring('4.8.0', SLOWLY)
    open(ann, 'b', 'write')
    await settle()
    ann.atOnce(() => {
      for (let i = 0; i < 80; i++) ann.type('b', `${i} `)
    })
    await settle()
    expect(ann.peer.isPaused).toBe(true)
    await pass(server.clock, 1)
    expect(ann.heard('a')).toContain('token?')
    ann.login('a', 'write') // waits to be read
    await pass(server.clock, 2 * loginMs)
    expect(ann.peer.isPaused).toBe(true)
    expect(ann.heard('a').filter((word) => word !== 'alive')).toEqual([])
    await pass(server.clock, 120_000)
    expect(ann.heard('a')).toContain('read-write')
  })
})
