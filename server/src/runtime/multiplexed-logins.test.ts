import { err, ok } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { grantOf, tokenAuth, tokens, WRITER } from './testing/logins.ts'
import { pass, settle, startTestServer, testServerLimits } from './testing/server.ts'
import { open, OPENING, openShared, startWithTwo, startSlow } from './testing/shared-socket.ts'

const { loginMs } = testServerLimits

describe('a document of a shared socket before it is let in', () => {
  it('is heard afterwards, in the order in which it spoke', async () => {
    const { server, ann, asked } = startSlow()
    ann.ask('a') // before its login
    ann.login('a', 'secret')
    ann.type('a', 'hello')
    ann.say('a', 0, 1, 2, 0, 0)
    await settle()
    expect([ann.heard(), server.documents.figures().rooms]).toEqual([[], 0])
    expect(asked.map(({ request }) => request)).toEqual([{ document: 'a', token: 'secret' }])
    asked[0]?.resolve(ok(WRITER))
    await pass(server.clock, 100)
    expect(ann.heard().map((word) => word.slice(3))).toEqual([...OPENING, 'saved', 'saved'])
    expect(server.memory.byName.size).toBe(1)
  })

  it('leaves the socket to the others: it is read, and they are heard', async () => {
    const { server, ann, asked } = startSlow()
    open(ann, 'a', 'secret')
    open(ann, 'b', 'secret')
    await settle()
    asked[1]?.resolve(ok(WRITER))
    await pass(server.clock, 100)
    expect(ann.peer.isPaused).toBe(false)
    expect(ann.heard('b').slice(0, 3)).toEqual(OPENING)
    expect(ann.heard()).toEqual([])
  })

  it.each([
    ['unauthorized', 'nonsense', 'not you'],
    ['forbidden', 'foreign', 'not this one'],
  ])('is denied when it is %s, and the socket and the others go on', async (_, token, reason) => {
    const { server, ann } = await startWithTwo()
    open(ann, 'c', token)
    ann.type('c', 'not heard')
    await settle()
    expect(ann.heard()).toEqual([`c: denied: ${reason}`])
    ann.ask('c') // dropped
    ann.type('a', 'hello')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['a: saved'])
    open(ann, 'c', 'write')
    await settle()
    expect(ann.heard('c').slice(0, 3)).toEqual(OPENING)
    expect(ann.peer.ending).toBeNull()
  })

  it('alone on its socket is denied on the open socket as well, which is kept for a minute', async () => {
    const server = startTestServer({ auth: tokenAuth(tokens) })
    const ann = openShared(server)
    open(ann, 'a', 'nonsense')
    await settle()
    expect([ann.heard(), ann.peer.ending]).toEqual([['a: denied: not you'], null])
    server.clock.advance(60_000)
    expect(ann.peer.ending?.code).toBe(1013)
  })

  it('that never logs in ends alone, in time', async () => {
    const { server, ann } = await startWithTwo()
    const asked = server.events.length
    ann.ask('c')
    ann.type('c', 'hello')
    server.clock.advance(loginMs - 1)
    expect(ann.heard('c')).toEqual([])
    server.clock.advance(1)
    expect(ann.heard('c')).toEqual([`denied: no login within ${loginMs} ms`])
    expect(server.events.slice(asked)).toContainEqual(
      expect.objectContaining({ kind: 'session-closed', document: 'c', close: 'unauthorized' }),
    )
    await settle()
    ann.heard()
    ann.type('a', 'hello')
    await pass(server.clock, 100)
    expect(ann.heard()).toEqual(['a: saved'])
  })

  it('whose login is not checked in time ends alone, and is to come back', async () => {
    const { server, ann, asked } = startSlow()
    open(ann, 'a', 'secret')
    open(ann, 'b', 'secret')
    await settle()
    asked[0]?.resolve(ok(WRITER))
    await settle()
    server.clock.advance(loginMs)
    expect(ann.heard('b')).toEqual([`denied: the login was not checked within ${loginMs} ms`])
    asked[1]?.reject(new Error('too late to matter to the client'))
    await settle()
    expect(server.documents.figures().sessions).toBe(1)
    expect(ann.peer.ending).toBeNull()
  })

  it('whose login throws ends alone, and that is reported as a bug', async () => {
    const { server, ann } = await startWithTwo()
    open(ann, 'c', 'broken')
    await settle()
    expect(ann.heard()).toEqual(['c: denied: the login could not be checked'])
    expect(server.events).toContainEqual(expect.objectContaining({ kind: 'bug', document: 'c' }))
    expect(server.documents.figures().sessions).toBe(2)
  })

  it('that logs in twice is let in by the second login, whatever the first comes to', async () => {
    const { server, ann, asked } = startSlow()
    ann.login('a', 'first')
    ann.ask('a')
    ann.login('a', 'second')
    await settle()
    asked[0]?.resolve(err({ kind: 'unauthorized', message: 'not you' }))
    await settle()
    expect(ann.heard()).toEqual([])
    asked[1]?.resolve(grantOf('read'))
    await settle()
    expect(ann.heard()[0]).toBe('a: readonly')
    expect(server.documents.figures().sessions).toBe(1)
  })

  it('is asked about once at a time, however often it logs in: of what it says meanwhile the last counts', async () => {
    const { ann, asked } = startSlow()
    for (let login = 0; login < 1_000; login++) ann.login('a', `login ${login}`)
    await settle()
    expect(asked).toHaveLength(1)
    asked[0]?.resolve(ok(WRITER))
    await settle()
    expect(asked.map(({ request }) => request.token)).toEqual(['login 0', 'login 999'])
    expect(ann.heard()).toEqual([])
    asked[1]?.resolve(grantOf('read'))
    await settle()
    expect(ann.heard('a')[0]).toBe('readonly')
  })

  it('cannot put its decision off by logging in again and again', async () => {
    const { server, ann } = startSlow()
    for (let login = 1; login <= 4; login++) {
      expect(ann.peer.ending).toBeNull()
      ann.login('a', `login ${login}`)
      server.clock.advance(loginMs / 4)
      await settle()
    }
    const reason = `the login was not checked within ${loginMs} ms`
    expect(ann.peer.ending).toEqual({ code: 1013, reason })
  })

  it('needs to say no login where none is needed, or where one was given on the way in', async () => {
    const free = startTestServer()
    const ann = openShared(free)
    ann.ask('a')
    await settle()
    expect(ann.heard('a')).toEqual(OPENING)
    const server = startTestServer({ auth: tokenAuth(tokens) })
    const bob = openShared(server, { token: 'read' })
    bob.ask('a')
    open(bob, 'b', '') // providers say an empty one where they have none
    open(bob, 'c', 'write')
    await settle()
    for (const address of ['a', 'b']) expect(bob.heard(address)[0]).toBe('readonly')
    expect(bob.heard('c')[0]).toBe('read-write')
  })

  it.each([
    ['bytes', 17, 1_000, 'said 17000 bytes before the login was checked, limit 16384'],
    ['messages', 21, 1, 'said 21 messages before the login was checked, limit 20'],
  ])(
    'shares its bound of %s with the others; who goes over it ends',
    async (_, n, size, reason) => {
      const { ann, asked } = startSlow()
      ann.login('a', 'secret')
      ann.login('b', 'secret')
      for (let i = 0; i < n - 1; i++) ann.say('a', 9, ...Array.from({ length: size - 1 }, () => 0))
      expect(ann.heard()).toEqual([])
      ann.say('b', 9, ...Array.from({ length: size - 1 }, () => 0))
      expect(ann.heard()).toEqual([`b: denied: ${reason}`])
      asked[0]?.resolve(ok(WRITER))
      await settle()
      expect(ann.heard('a')).toEqual(['read-write']) // and its place is free again
      ann.login('c', 'secret')
      for (let i = 0; i < n - 1; i++) ann.say('c', 9, ...Array.from({ length: size - 1 }, () => 0))
      expect([ann.heard(), ann.peer.ending]).toEqual([[], null])
    },
  )

  it('that leaves meanwhile gives its place back, and its login comes to nothing', async () => {
    const { server, ann, asked } = startSlow({ loginsAtOnce: 1 })
    open(ann, 'a', 'secret')
    open(ann, 'b', 'secret')
    await settle()
    expect(ann.heard('b')).toEqual(['denied: 1 logins are being checked, limit 1'])
    ann.bye('a')
    asked[0]?.resolve(ok(WRITER))
    open(ann, 'c', 'secret')
    await settle()
    expect([ann.heard(), server.documents.figures().rooms]).toEqual([[], 0])
    asked[1]?.resolve(ok(WRITER))
    await settle()
    expect(ann.heard('c').slice(0, 3)).toEqual(OPENING)
  })
})
