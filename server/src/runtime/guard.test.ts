/* [R16] What is revoked, and who is sent away, while sessions are open: of every family, at once. */
import { err, millis, ok, readUpdate } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { openAuth } from '../auth/open.ts'
import { plainGrant } from '../auth/plain-grant.ts'
import { CLOCK_TOLERANCE_MS, type Auth, type Grant } from '../ports/auth.ts'
import { createMemory } from '../storage/memory.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { readDocument, writeDocument, type DirectRequest } from './direct.ts'
import { createSlowAuth, tokenAuth } from './testing/logins.ts'
import { openQuire, typistOf } from './testing/quire-peer.ts'
import { settle, startTestServer, type TestServer } from './testing/server.ts'
import { open, openAll, openShared } from './testing/shared-socket.ts'

const notes = nameOf('notes')
const LONG_AGO = millis(1_000)
const ANN: Grant = {
  ...plainGrant({ access: 'write', user: 'ann', expiresAt: null }),
  name: 'Ann',
  tokenId: 't1',
  issuedAt: LONG_AGO,
}
const auth = tokenAuth({ ann: () => ok(ANN), bob: () => ok({ ...ANN, user: 'bob' }) })

/** For clients that bring no token: a login without a user would be an application's, of whom nothing is taken by document. */
const allAreAnn: Auth = { ...openAuth, authorize: () => Promise.resolve(ok(ANN)) }

const revoke = async (
  { documents }: TestServer,
  request: Parameters<TestServer['documents']['guard']['revoke']>[0],
) => {
  const revoked = await documents.guard.revoke(request)
  if (!revoked.ok) throw new Error(revoked.error.message)
  return revoked.value
}

const requestOf = (server: TestServer, grant: Grant): DirectRequest => ({
  documents: server.documents,
  clock: server.clock,
  document: notes,
  grant,
  client: { address: '192.0.2.1', addressGroup: null },
  withinMs: 5_000,
})

describe('[R16] a session that is here when its login is revoked', () => {
  it('of Hocuspocus is told that it may only read, on its document of the socket alone', async () => {
    const server = startTestServer({ auth })
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'], { token: 'ann' })
    ann.heard()
    const { sessions } = await revoke(server, { user: 'ann', document: 'a', access: 'read' })
    expect(sessions).toBe(1)
    ann.type('a', 'one')
    await settle()
    expect(ann.heard()).toEqual(['a: readonly', 'a: refused'])
    expect(server.memory.byName.get(nameOf('a'))?.tail).toEqual([])
  })

  it('of Hocuspocus is sent away from its document, and does not get in again', async () => {
    const server = startTestServer({ auth })
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'], { token: 'ann' })
    ann.heard()
    await revoke(server, { document: 'a*', access: 'none' })
    const [word, ...more] = ann.heard()
    expect([word?.slice(0, 3), more]).toEqual(['a: ', []])
    open(ann, 'a', 'ann')
    await settle()
    expect(server.documents.guard.connections(nameOf('a'))).toEqual([])
    expect(server.documents.guard.connections(nameOf('b'))).toHaveLength(1)
  })

  it('of quire.v1 is told its new access, and raised when that is taken back', async () => {
    const server = startTestServer({ auth })
    const ann = openQuire(server)
    ann.open(1, 'notes', { token: 'ann' })
    await settle()
    ann.heard(1)
    const { revocation } = await revoke(server, { token: 't1', access: 'comment' })
    await settle()
    expect(ann.heard(1)).toEqual([{ kind: 'access', access: 'comment' }])
    expect(await server.documents.guard.unrevoke(revocation.id)).toEqual(ok(true))
    await settle()
    expect(ann.heard(1)).toContainEqual({ kind: 'access', access: 'write' })
    expect(await server.documents.guard.unrevoke(revocation.id)).toEqual(ok(false))
  })

  it('of y-websocket goes on reading, or is closed', async () => {
    const server = startTestServer({ auth: allAreAnn })
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    await revoke(server, { document: 'no*', access: 'read' })
    ann.type('no')
    await settle()
    expect([bob.text(), bob.peer.ending]).toEqual(['', null])
    await revoke(server, { document: 'notes', access: 'none' })
    await settle()
    expect([ann.peer.ending?.code, bob.peer.ending?.code]).toEqual([4403, 4403])
    expect(server.documents.figures().sessions).toBe(0)
  })

  it('in the same turn in which it is known: nothing that comes after it is heard', async () => {
    const server = startTestServer({ auth: allAreAnn })
    const ann = server.connect(notes)
    await settle()
    await revoke(server, { access: 'none' })
    ann.type('late')
    await settle()
    expect(server.memory.byName.get(notes)?.tail).toEqual([])
  })
})

describe('[R16] a login that is being checked as it is revoked', () => {
  it('is given no token of a later date', async () => {
    const server = startTestServer({ auth })
    const part = { access: 'write', user: 'ann', expiresAt: null } as const
    const issue = () => server.documents.issue({ document: notes, token: 'ann' }, part)
    expect((await issue()).ok).toBe(true)
    await revoke(server, { user: 'ann', access: 'read' })
    expect(await issue()).toEqual(err({ close: 'forbidden', reason: 'this login was revoked' }))
    const reader = await server.documents.issue(
      { document: notes, token: 'ann' },
      { ...part, access: 'read' },
    )
    expect(reader.ok).toBe(true)
  })

  it('is held to it however it ends, the first one and any later one', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const ann = openQuire(server)
    ann.open(1, 'notes', { token: 'x' })
    await settle()
    await revoke(server, { user: 'ann', access: 'read' })
    asked[0]?.resolve(ok(ANN))
    await settle()
    expect(ann.heard(1)).toContainEqual({ kind: 'access', access: 'read' })
    ann.say(1, { kind: 'token', token: 'y' })
    await settle()
    await revoke(server, { user: 'ann', access: 'none' })
    asked[1]?.resolve(ok(ANN))
    await settle()
    expect(server.documents.guard.connections(notes)).toEqual([])
  })

  it('is let in where it was issued after that', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    await revoke(server, { user: 'ann', access: 'none', at: LONG_AGO })
    const login = server.documents.login(notes, 'x')
    asked[0]?.resolve(ok({ ...ANN, issuedAt: millis(LONG_AGO + CLOCK_TOLERANCE_MS + 1) }))
    expect(await login).toMatchObject({ ok: true, value: { access: 'write' } })
  })

  it('is held to it where the clock of whoever issued it is fast, and so is a session that is here', async () => {
    const { auth, asked } = createSlowAuth()
    const server = startTestServer({ auth })
    const fast = ok({ ...ANN, issuedAt: millis(server.clock.wall() + CLOCK_TOLERANCE_MS) })
    const ann = openQuire(server)
    ann.open(1, 'notes', { token: 'x' })
    await settle()
    asked[0]?.resolve(fast)
    await settle()
    expect(await revoke(server, { user: 'ann', access: 'none' })).toMatchObject({ sessions: 1 })
    expect(server.documents.guard.connections(notes)).toEqual([])
    const login = server.documents.login(notes, 'x')
    asked[1]?.resolve(fast)
    expect(await login).toMatchObject({ ok: false, error: { close: 'forbidden' } })
  })

  it('that was checked on its way in has what it gave where the revocation is ended', async () => {
    const server = startTestServer({ auth })
    const { revocation } = await revoke(server, { user: 'ann', access: 'read' })
    const login = await server.documents.login(notes, 'ann')
    expect(login).toMatchObject({ ok: true, value: { access: 'read' } })
    if (!login.ok) return
    const grant = server.documents.guard.loginOf(login.value)
    const ann = server.connect(notes, { login: { kind: 'checked', grant } })
    await settle()
    expect(server.documents.guard.connections(notes)).toMatchObject([{ access: 'read' }])
    await server.documents.guard.unrevoke(revocation.id)
    expect(server.documents.guard.connections(notes)).toMatchObject([{ access: 'write' }])
    expect(ann.peer.ending).toBeNull()
  })

  it('ends forbidden for a request, also one that was checked before', async () => {
    const server = startTestServer({ auth })
    const login = await server.documents.login(notes, 'ann')
    if (!login.ok) throw new Error(login.error.reason)
    const revoked = err({ close: 'forbidden', reason: 'this login was revoked' })
    await revoke(server, { user: 'ann', access: 'none' })
    expect(await server.documents.login(notes, 'ann')).toEqual(revoked)
    expect(await readDocument(requestOf(server, login.value))).toEqual(revoked)
  })

  it('that is lowered writes nothing with the grant that it was given before', async () => {
    const server = startTestServer({ auth })
    await revoke(server, { user: 'ann', access: 'read' })
    const contents = readUpdate(typistOf(7).type('no'))
    if (!contents.ok) throw new Error(contents.error.message)
    const written = await writeDocument(requestOf(server, ANN), contents.value)
    expect(written).toMatchObject({ ok: false, error: { close: 'forbidden', changed: null } })
  })
})

describe('revocations', () => {
  it('outlive the process, and hold before anybody is let in', async () => {
    const memory = createMemory()
    const first = startTestServer({ auth, memory })
    await revoke(first, { user: 'ann', access: 'none' })
    const second = startTestServer({ auth, memory })
    expect(await second.documents.guard.load()).toEqual(ok(undefined))
    expect((await second.documents.login(notes, 'ann')).ok).toBe(false)
    expect((await second.documents.login(notes, 'bob')).ok).toBe(true)
    expect(second.documents.guard.revocations()).toMatchObject([{ user: 'ann', access: 'none' }])
  })

  it('change nothing where they could not be stored', async () => {
    const server = startTestServer({ auth })
    server.weather.fail('revoke', { kind: 'full', message: 'disk full' })
    const revoked = await server.documents.guard.revoke({ user: 'ann', access: 'none' })
    expect(revoked).toMatchObject({ ok: false, error: { kind: 'full' } })
    expect((await server.documents.login(notes, 'ann')).ok).toBe(true)
  })
})

describe('the connections to a document', () => {
  it('say who is here, in which words, from where and since when', async () => {
    const server = startTestServer({ auth })
    const ann = openShared(server)
    await openAll(ann, ['notes'], { token: 'ann' })
    expect(server.documents.guard.connections(notes)).toMatchObject([
      {
        user: 'ann',
        name: 'Ann',
        access: 'write',
        family: 'hocuspocus',
        address: '127.0.0.1',
        transport: 'websocket',
        since: server.clock.wall(),
      },
    ])
    ann.peer.hangUp()
    await settle()
    expect(server.documents.guard.connections(notes)).toEqual([])
  })

  it('are ended one by one, for good', async () => {
    const server = startTestServer()
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    const [first] = server.documents.guard.connections(notes)
    if (first === undefined) throw new Error('nobody is here')
    expect(server.documents.guard.kick(nameOf('other'), first.id)).toBe(false)
    expect(server.documents.guard.kick(notes, first.id)).toBe(true)
    await settle()
    expect([ann.peer.ending?.code, bob.peer.ending]).toEqual([4403, null])
    expect(server.documents.guard.kick(notes, first.id)).toBe(false)
  })
})
