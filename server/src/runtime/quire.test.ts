import {
  clientId,
  EMPTY_UPDATE,
  encodePresence,
  ok,
  QUIRE_REVISION,
  type Update,
} from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { tokenAuth, tokens, WRITER } from './testing/logins.ts'
import { openQuire, position, textIn, typistOf } from './testing/quire-peer.ts'
import { pass, settle, startTestServer, testLimits, until } from './testing/server.ts'

/** What a channel hears first whose client has nothing. */
const OPENING = ['access', 'opened', 'ask', 'answer']

const startWithOne = async () => {
  const server = startTestServer()
  const ann = openQuire(server)
  ann.open(1, 'notes')
  await settle()
  const heard = ann.heard(1)
  expect(heard.map(({ kind }) => kind)).toEqual(OPENING)
  const opened = heard.find(({ kind }) => kind === 'opened')
  return { server, ann, epoch: opened?.kind === 'opened' ? opened.epoch : 0 }
}

describe('a connection of quire.v1', () => {
  it('[P22] is greeted, and [P28] never silent for longer than it says', async () => {
    const server = startTestServer()
    const ann = openQuire(server)
    expect(ann.heard(0)).toEqual([
      {
        kind: 'hello',
        revision: QUIRE_REVISION,
        beatMs: 10_000,
        messageBytes: 1024 * 1024,
        documents: 10,
        spreadMs: 7,
      },
    ])
    ann.open(1, 'notes')
    await settle()
    const before = ann.peer.frames.length
    await pass(server.clock, 10_000)
    expect([...(ann.peer.frames.slice(before).at(-1) ?? [])]).toEqual([0, 1, 7])
    ann.peer.hangUp()
    await settle()
    const until = ann.peer.frames.length
    await pass(server.clock, 20_000)
    expect(ann.peer.frames).toHaveLength(until)
    expect(server.documents.figures().sessions).toBe(0)
  })

  it('[P28] answers a ping at once', () => {
    const ann = openQuire(startTestServer())
    const before = ann.peer.frames.length
    ann.sayOfAll({ kind: 'ping' })
    expect(ann.peer.frames.slice(before)).toEqual([Uint8Array.of(0, 1, 7)])
  })

  it('[P23] carries several documents, each on a channel, and a number is not used again', async () => {
    const { server, ann } = await startWithOne()
    ann.open(7, 'other')
    await settle()
    expect(ann.kinds(7)).toEqual(OPENING)
    ann.say(1, { kind: 'close' })
    await settle()
    expect(server.documents.figures().sessions).toBe(1)
    ann.open(1, 'third')
    ann.open(8, 'third')
    await settle()
    expect(ann.heard(1)).toMatchObject([{ kind: 'closed', code: 4400, advice: 'stop' }])
    expect(ann.kinds(8)).toEqual(OPENING)
  })

  it('[P22] tells what it is, and the revision that both keep to', () => {
    const ann = openQuire(startTestServer())
    expect(ann.events).toEqual([{ kind: 'client-named', agent: 'test', revision: QUIRE_REVISION }])
  })

  it('[P23] ends a channel that breaks the protocol, and the others go on', async () => {
    const { server, ann } = await startWithOne()
    ann.open(2, 'other')
    await settle()
    ann.say(2, { kind: 'answer', number: 1, update: EMPTY_UPDATE })
    await settle()
    ann.heard(2)
    ann.say(1, { kind: 'update', number: 1, update: Uint8Array.of(9, 9) as Update })
    await settle()
    expect(ann.heard(1)).toMatchObject([{ kind: 'closed', code: 4400, advice: 'stop' }])
    ann.say(1, { kind: 'update', number: 2, update: EMPTY_UPDATE })
    ann.say(2, { kind: 'update', number: 2, update: typistOf(2).type('x') })
    await pass(server.clock, 100)
    expect(ann.kinds(1)).toEqual([])
    expect(ann.heard(2)[0]).toEqual({ kind: 'saved', number: 2 })
    expect(ann.peer.ending).toBeNull()
  })

  it('[P23] ends with an open on a channel that is open, and with a channel that cannot be read', async () => {
    const { ann } = await startWithOne()
    ann.open(1, 'again')
    expect(ann.peer.ending).toMatchObject({
      code: 4400,
      reason: expect.stringMatching(/channel 1/),
    })
    const bob = openQuire(startTestServer())
    bob.peer.say(Uint8Array.of(255))
    expect(bob.peer.ending).toMatchObject({ code: 4400 })
    // P29: the close frame alone does not say that it is not to come back
    for (const one of [ann, bob])
      expect(one.heard(0).at(-1)).toMatchObject({ kind: 'farewell', code: 4400, advice: 'stop' })
  })

  it('[P29] is told that it ends when no document is open on it for long', async () => {
    const server = startTestServer()
    const ann = openQuire(server)
    await pass(server.clock, 60_000)
    expect(ann.heard(0).at(-1)).toMatchObject({ kind: 'farewell', code: 1013, advice: 'retry' })
    expect(ann.peer.ending).toMatchObject({ code: 1013 })
  })

  it('refuses a name that is none and one document too many, each on its channel', async () => {
    const ann = openQuire(startTestServer(), { documents: 1 })
    ann.open(1, '')
    ann.open(2, 'notes')
    ann.open(3, 'other')
    await settle()
    expect(ann.heard(1)).toMatchObject([{ kind: 'closed', code: 4404, advice: 'stop' }])
    expect(ann.kinds(2)).toEqual(OPENING)
    expect(ann.heard(3)).toMatchObject([
      {
        kind: 'closed',
        code: 1013,
        advice: 'retry',
        waitMs: 1_000,
        reason: '1 documents are open on this connection, limit 1',
      },
    ])
  })

  it('[P29] is told that the server goes, and to come back', async () => {
    const { server, ann } = await startWithOne()
    ann.heard(0)
    void server.documents.drain(1_000)
    await settle()
    expect(ann.heard(0)).toMatchObject([{ kind: 'farewell', code: 1012, advice: 'retry' }])
    expect(ann.peer.ending).toMatchObject({ code: 1012 })
  })
})

describe('a document on a channel', () => {
  it('is answered, and asked in return; [P25] what it answers has a number as well', async () => {
    const server = startTestServer()
    const bob = openQuire(server)
    const typist = typistOf(1)
    typist.type('kept')
    bob.open(1, 'notes', { doc: typist.doc })
    await settle()
    bob.heard(1)
    const update = Y.encodeStateAsUpdate(typist.doc) as Update // made by Yjs
    bob.say(1, { kind: 'answer', number: 1, update })
    await settle()
    expect(bob.heard(1)).toEqual([
      { kind: 'saved', number: 1 },
      { kind: 'at', seq: 1, writer: expect.any(Number) },
    ])
    const ann = openQuire(server)
    ann.open(1, 'notes')
    await settle()
    expect(textIn(ann.heard(1))).toBe('kept')
  })

  it('[P25] is told what is saved by the highest number, after the commit', async () => {
    const { server, ann } = await startWithOne()
    ann.say(1, { kind: 'answer', number: 1, update: EMPTY_UPDATE })
    await settle()
    expect(ann.heard(1)).toEqual([{ kind: 'saved', number: 1 }])
    server.weather.hold('append')
    const { type } = typistOf(2)
    for (const number of [2, 3, 4]) ann.say(1, { kind: 'update', number, update: type('x') })
    await settle()
    expect(ann.heard(1)).toEqual([])
    server.weather.release('append')
    await pass(server.clock, 100)
    expect(ann.heard(1).findLast(({ kind }) => kind === 'saved')).toEqual({
      kind: 'saved',
      number: 4,
    })
  })

  it('is told that the disk fails, and that it works again', async () => {
    const { server, ann } = await startWithOne()
    server.weather.fail('append', { kind: 'full', message: 'no space left' }, Infinity)
    ann.say(1, { kind: 'answer', number: 1, update: typistOf(2).type('x') })
    await settle()
    expect(ann.heard(1)).toEqual([{ kind: 'disk', works: false }])
    const bob = openQuire(server)
    bob.open(1, 'notes')
    await settle()
    expect(bob.kinds(1)).toContain('disk')
    server.weather.heal('append')
    await pass(server.clock, 10_000)
    expect(ann.kinds(1)).toEqual(['disk', 'saved', 'at'])
  })

  it('a signal reaches everybody else, with who it is from, and no other family', async () => {
    const server = startTestServer({
      auth: tokenAuth({ ...tokens, bea: () => ok({ ...WRITER, user: 'bea' }) }),
    })
    const [ann, bea] = [openQuire(server), openQuire(server)]
    ann.open(1, 'notes', { token: 'write' })
    bea.open(4, 'notes', { token: 'bea' })
    await settle()
    ann.heard(1)
    bea.heard(4)
    bea.say(4, { kind: 'signal', data: Uint8Array.of(1, 2) })
    await settle()
    expect(ann.heard(1)).toEqual([{ kind: 'signal', user: 'bea', data: Uint8Array.of(1, 2) }])
    expect(bea.kinds(4)).toEqual([])
  })
})

describe('[P27] who is named by the login', () => {
  const auth = tokenAuth({
    ...tokens,
    reader: () => ok({ ...WRITER, access: 'read', user: 'rea' }),
    bea: () => ok({ ...WRITER, user: 'bea' }),
    cyd: () => ok({ ...WRITER, user: 'cyd' }),
  })

  it('who may only read may signal', async () => {
    const server = startTestServer({ auth })
    const [ann, rea] = [openQuire(server), openQuire(server)]
    ann.open(1, 'notes', { token: 'bea' })
    rea.open(1, 'notes', { token: 'reader' })
    await settle()
    ann.heard(1)
    rea.say(1, { kind: 'signal', data: Uint8Array.of(7) })
    await settle()
    expect(ann.heard(1)).toEqual([{ kind: 'signal', user: 'rea', data: Uint8Array.of(7) }])
  })

  it('presence names the new user once another login has been said', async () => {
    const server = startTestServer({ auth })
    const [ann, bob] = [openQuire(server), openQuire(server)]
    ann.open(1, 'notes', { token: 'bea' })
    bob.open(1, 'notes', { token: 'write' })
    const entry = { client: clientId(5), clock: 1, state: '{}' }
    bob.say(1, { kind: 'presence', presence: encodePresence([]) })
    ann.say(1, { kind: 'presence', presence: encodePresence([entry]) })
    await pass(server.clock, 500)
    expect(bob.heard(1)).toContainEqual({ kind: 'presence', entries: [{ ...entry, user: 'bea' }] })
    ann.say(1, { kind: 'token', token: 'cyd' })
    await pass(server.clock, 500)
    expect(bob.heard(1)).toEqual([{ kind: 'presence', entries: [{ ...entry, user: 'cyd' }] }])
  })
})

describe('[P24] a client that was here before', () => {
  const startWithLog = async (updates: number) => {
    const { server, ann, epoch } = await startWithOne()
    ann.say(1, { kind: 'answer', number: 1, update: EMPTY_UPDATE })
    const typist = typistOf(3)
    for (let i = 0; i < updates; i++)
      ann.say(1, { kind: 'update', number: 2 + i, update: typist.type(String(i % 10)) })
    await pass(server.clock, 1_000)
    const notices = ann.heard(1)
    const told = notices.findLast((notice) => notice.kind === 'at')
    const writer = told?.kind === 'at' ? told.writer : 0
    const text = typist.doc.getText('text').toJSON()
    return { server, ann, epoch, writer, notices, typist, text }
  }

  it('gets what was appended since, and is not asked', async () => {
    const { server, epoch, writer, notices, text } = await startWithLog(5)
    expect(notices.at(-1)).toEqual({ kind: 'at', seq: 5, writer: expect.any(Number) })
    const bob = openQuire(server)
    bob.say(1, { kind: 'open', document: 'notes', token: null })
    bob.say(1, position(epoch, 0, 0))
    await settle()
    const heard = bob.heard(1)
    expect(heard.map(({ kind }) => kind)).toEqual(['access', 'opened', 'answer', 'at'])
    expect(textIn(heard)).toBe(text)
    const cyd = openQuire(server)
    cyd.say(1, { kind: 'open', document: 'notes', token: null })
    cyd.say(1, position(epoch, 5, writer))
    await settle()
    expect(cyd.heard(1).slice(2)).toEqual([
      { kind: 'answer', update: EMPTY_UPDATE },
      { kind: 'at', seq: 5, writer: expect.any(Number) },
    ])
  })

  it('gets what is not on disk yet as well, since others see it', async () => {
    const { server, ann, epoch, writer, typist } = await startWithLog(2)
    server.weather.hold('append')
    ann.say(1, { kind: 'update', number: 4, update: typist.type('!') })
    await settle()
    const bob = openQuire(server)
    bob.say(1, { kind: 'open', document: 'notes', token: null })
    bob.say(1, position(epoch, 2, writer))
    await settle()
    const heard = bob.heard(1)
    expect(heard.at(-1)?.kind).toBe('answer') // no position: it has heard of what is not on disk
    const held = new Y.Doc()
    for (const notice of heard) if (notice.kind === 'answer') Y.applyUpdate(held, notice.update)
    expect(held.store.pendingStructs?.missing.size).toBe(1) // it builds on what bob has
    server.weather.release('append')
    await pass(server.clock, 1_000)
    expect(bob.heard(1)).toEqual([{ kind: 'at', seq: 3, writer: expect.any(Number) }])
  })

  it('has to ask if the log does not reach back to it, or not so far', async () => {
    const { server, epoch, writer, text } = await startWithLog(testLimits.compactIdleUpdates + 1)
    const first = openQuire(server)
    first.say(1, { kind: 'open', document: 'notes', token: null })
    first.say(1, position(epoch, 2_000_000, writer))
    await settle()
    expect(first.kinds(1).slice(2)).toEqual(['position-unknown'])
    await pass(server.clock, testLimits.compactQuietMs + 1_000)
    await until('the log is folded', () => server.events.some(({ kind }) => kind === 'compacted'))
    const second = openQuire(server)
    second.say(1, { kind: 'open', document: 'notes', token: null })
    second.say(1, position(epoch, 3, writer))
    await settle()
    expect(second.kinds(1).slice(2)).toEqual(['position-unknown'])
    second.say(1, { kind: 'ask', stateVector: Y.encodeStateVector(new Y.Doc()) as never })
    await until('it is answered', () => second.peer.frames.length > 5)
    expect(textIn(second.heard(1))).toBe(text)
  })

  it('[R18] has to ask where an older copy of the log was put back and has grown beyond it', async () => {
    const { server, ann, epoch, writer, typist } = await startWithLog(2)
    const copy = structuredClone(server.memory)
    for (const number of [4, 5]) ann.say(1, { kind: 'update', number, update: typist.type('!') })
    await pass(server.clock, 1_000)
    expect(ann.heard(1).at(-1)).toEqual({ kind: 'at', seq: 4, writer })

    const restored = startTestServer({ memory: copy })
    const bob = openQuire(restored)
    bob.open(1, 'notes')
    await settle()
    bob.say(1, { kind: 'answer', number: 1, update: EMPTY_UPDATE })
    const other = typistOf(6)
    for (const number of [2, 3, 4]) bob.say(1, { kind: 'update', number, update: other.type('?') })
    await pass(restored.clock, 1_000)
    expect(bob.heard(1).at(-1)).toMatchObject({ kind: 'at', seq: 5 })

    const back = async (at: number): Promise<readonly string[]> => {
      const peer = openQuire(restored)
      peer.say(1, { kind: 'open', document: 'notes', token: null })
      peer.say(1, position(epoch, at, writer))
      await settle()
      return peer.kinds(1).slice(2)
    }
    expect(await back(4)).toEqual(['position-unknown'])
    expect(await back(5)).toEqual(['position-unknown'])
    expect(await back(2)).toEqual(['answer', 'at']) // of what both have
  })

  it('is told that the document is another one, and changes nothing in it', async () => {
    const { server, epoch, writer } = await startWithLog(1)
    const bob = openQuire(server)
    bob.say(1, { kind: 'open', document: 'notes', token: null })
    bob.say(1, position(epoch + 1, 1, writer))
    bob.say(1, { kind: 'update', number: 1, update: typistOf(9).type('foreign') })
    await settle()
    expect(bob.heard(1).at(-1)).toEqual({
      kind: 'closed',
      code: 4409,
      advice: 'stop',
      waitMs: 0,
      reason: `the document is another one now: epoch ${epoch}, and not ${epoch + 1}`,
    })
    const ann = openQuire(server)
    ann.open(1, 'notes')
    await settle()
    expect(textIn(ann.heard(1))).toBe('0')
  })
})

describe('[P26] positions of clients', () => {
  it('they are told now and then, and not while something is on its way', async () => {
    const { server, ann } = await startWithOne()
    const bob = openQuire(server)
    bob.open(1, 'notes')
    await settle()
    bob.say(1, { kind: 'answer', number: 1, update: EMPTY_UPDATE })
    await pass(server.clock, 500)
    expect(bob.heard(1).at(-1)).toEqual({ kind: 'at', seq: 0, writer: expect.any(Number) })
    ann.say(1, { kind: 'answer', number: 1, update: typistOf(4).type('x') })
    await settle()
    expect(bob.kinds(1)).toEqual(['update'])
    await pass(server.clock, 500)
    expect(bob.heard(1)).toEqual([{ kind: 'at', seq: 1, writer: expect.any(Number) }])
    await pass(server.clock, 5_000)
    expect(bob.kinds(1)).toEqual([])
  })
})

describe('[R16] logins on a channel', () => {
  const auth = tokenAuth(tokens)

  it('without one, or with a wrong one, it is closed for good, and the others go on', async () => {
    const ann = openQuire(startTestServer({ auth }))
    ann.open(1, 'notes', { token: null })
    ann.open(2, 'notes', { token: 'nonsense' })
    ann.open(3, 'notes', { token: 'write' })
    await settle()
    for (const channel of [1, 2])
      expect(ann.heard(channel)).toMatchObject([{ kind: 'closed', advice: 'stop' }])
    expect(ann.kinds(3)).toEqual(OPENING)
  })

  it('the token of the address stands for those that say none', async () => {
    const ann = openQuire(startTestServer({ auth }), { token: 'read' })
    ann.open(1, 'notes')
    await settle()
    expect(ann.heard(1)[0]).toEqual({ kind: 'access', access: 'read' })
  })

  it('what a reader changes is denied, and asked for once it may write', async () => {
    const ann = openQuire(startTestServer({ auth }))
    ann.open(1, 'notes', { token: 'read' })
    await settle()
    ann.heard(1)
    ann.say(1, { kind: 'answer', number: 1, update: EMPTY_UPDATE })
    ann.say(1, { kind: 'update', number: 2, update: typistOf(5).type('x') })
    await settle()
    expect(ann.kinds(1)).toEqual(['saved', 'denied'])
    ann.say(1, { kind: 'token', token: 'write' })
    await settle()
    expect(ann.heard(1)).toMatchObject([{ kind: 'access', access: 'write' }, { kind: 'ask' }])
  })
})
