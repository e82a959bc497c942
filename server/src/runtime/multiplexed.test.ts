import { describe, expect, it } from 'vitest'
import { createContent } from '../content/threaded.ts'
import type { Content } from '../ports/content.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { systemClock } from './system-clock.ts'
import { pass, settle, startTestServer, testLimits, until } from './testing/server.ts'
import { open, openAll, OPENING, openShared } from './testing/shared-socket.ts'

const MIB = 1024 * 1024
/** Rooms that take large documents. */
const ROOMY = { ...testLimits, unsavedBytes: 64 * MIB, compactBytes: 64 * MIB }

describe('a shared socket', () => {
  it('carries several documents, each answered under its own address', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a', 'b/c', 'd\0one', 'd\0two'])
    expect(ann.heard()).toEqual([])
    expect(server.documents.figures()).toMatchObject({ rooms: 3, sessions: 4 })
  })

  it('tells sessions of one document of each other, and not those of another', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['d\0one', 'd\0two', 'other'])
    ann.type('d\0one', 'hello')
    await settle()
    expect(ann.heard('d\0two')).toEqual(['update'])
    expect(ann.heard()).toEqual(['d\0one: saved'])
  })

  it('[R8] has what several of its sessions hear under the address of each, and so have other sockets', async () => {
    const server = startTestServer()
    const [ann, bob] = [openShared(server), openShared(server)]
    await openAll(ann, ['d\0one', 'd\0two', 'd\0three'])
    await openAll(bob, ['d\0four'])
    await pass(server.clock, 1_000) // their openings are over
    ann.type('d\0one', 'hello')
    await settle()
    expect(ann.heard().toSorted()).toEqual(['d\0one: saved', 'd\0three: update', 'd\0two: update'])
    expect(bob.heard()).toEqual(['d\0four: update'])
    ann.appear('d\0one', 7)
    await pass(server.clock, 20)
    const here = (address: string): string => `${address}: presence 7 here`
    expect(ann.heard().toSorted()).toEqual(['d\0one', 'd\0three', 'd\0two'].map(here))
    expect(bob.heard()).toEqual([here('d\0four')])
  })

  it('[R5] says that a change is saved once it is on disk, and once for each', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'])
    server.weather.hold('append')
    for (const text of ['one', 'two', 'three']) ann.type('a', text)
    ann.type('b', 'one')
    await settle()
    expect(ann.heard()).toEqual([])
    server.weather.release('append')
    server.clock.advance(100)
    await settle()
    server.clock.advance(100)
    await settle()
    expect(ann.heard('a')).toEqual(['saved', 'saved', 'saved'])
    expect(ann.heard('b')).toEqual(['saved'])
  })

  it('takes a session id that repeats on two sockets for two sessions, and on one for one', async () => {
    const server = startTestServer()
    const [ann, bob] = [openShared(server), openShared(server)]
    await openAll(ann, ['d\0same'])
    await openAll(bob, ['d\0same'])
    ann.login('d\0same', '')
    await settle()
    expect(ann.heard()).toEqual(['d\0same: read-write'])
    expect(server.documents.figures().sessions).toBe(2)
    ann.type('d\0same', 'hello')
    await settle()
    expect(bob.heard()).toEqual(['d\0same: update'])
  })

  it('[R7] loses the presence of a document that says goodbye at once, and keeps the others', async () => {
    const server = startTestServer()
    const [ann, bob] = [openShared(server), openShared(server)]
    await openAll(ann, ['a', 'b'])
    await openAll(bob, ['a'])
    ann.appear('a', 7)
    ann.appear('b', 8)
    bob.appear('a', 9)
    await settle()
    expect(bob.heard('a').at(-1)).toMatch(/7 here/)
    ann.bye('a')
    await pass(server.clock, 20)
    expect(bob.heard('a')).toEqual(['presence 7 gone'])
    ann.type('a', 'not heard any more, but by a session that is new')
    bob.type('a', 'hello')
    ann.type('b', 'hello')
    await pass(server.clock, 20)
    expect(ann.heard('b')).toEqual(['presence 8 here', 'saved'])
    expect(server.documents.figures().sessions).toBe(3)
  })

  it('[R7] loses everybody’s presence when it goes away, and leaves nothing behind', async () => {
    const server = startTestServer()
    const idle = server.clock.timers
    const [ann, bob] = [openShared(server), openShared(server)]
    await openAll(bob, ['a', 'b'])
    await openAll(ann, ['a', 'b'])
    for (const address of ['a', 'b']) {
      ann.appear(address, 7)
      bob.appear(address, 9)
    }
    await settle()
    bob.heard()
    ann.peer.hangUp()
    await pass(server.clock, 20)
    expect(bob.heard()).toEqual(['a: presence 7 gone', 'b: presence 7 gone'])
    bob.peer.hangUp()
    await settle()
    expect(server.documents.figures().sessions).toBe(0)
    expect(server.clock.timers).toBe(idle)
  })

  it('is kept for a minute without a document, and not longer', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    server.clock.advance(59_999)
    await openAll(ann, ['a'])
    server.clock.advance(120_000)
    expect(ann.peer.ending).toBeNull()
    ann.bye('a')
    server.clock.advance(59_999)
    expect(ann.peer.ending).toBeNull()
    server.clock.advance(1)
    expect(ann.peer.ending).toEqual({ code: 1013, reason: 'no document for 60000 ms' })
  })

  it('is kept alive for each of its documents', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'])
    await pass(server.clock, 9_500)
    expect(ann.heard()).toEqual([])
    await pass(server.clock, 1_000)
    expect(ann.heard()).toEqual(['a: alive', 'b: alive'])
  })

  it('[R9] that does not read is told of no more, and then of all that each document has missed', async () => {
    const server = startTestServer()
    const [ann, bob] = [openShared(server), openShared(server)]
    await openAll(ann, ['a', 'b'])
    await openAll(bob, ['a', 'b'])
    ann.peer.stall()
    for (let i = 0; i < 20; i++) {
      bob.type('a', 'a'.repeat(50_000))
      bob.type('b', 'b')
      await pass(server.clock, 20)
    }
    expect(ann.texts('a').length).toBeLessThan(500_000) // 256 KiB, and what was under way
    expect(ann.texts('b').length).toBeLessThan(20)
    ann.peer.wake()
    // the time of a thread that is slow to start is not the clock's: it would be given up
    await until(
      'it has all of both',
      () => ann.texts('a').length === 1_000_000 && ann.texts('b').length === 20,
    )
    expect(ann.peer.ending).toBeNull()
  })

  it('[R10] ends once in a drain, with a word that asks it to come back, and none to its documents', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a', 'b', 'c'])
    ann.type('b', 'hello')
    const drained = server.documents.drain(1_000)
    await settle()
    server.clock.advance(100)
    expect(await drained).toEqual({ ok: true, value: undefined })
    expect(ann.peer.ending).toEqual({ code: 1012, reason: 'the server restarts' })
    expect(ann.heard().filter((word) => /denied|closed/.test(word))).toEqual([])
    expect(server.memory.byName.get(nameOf('b'))?.tail).toHaveLength(1)
  })
})

/** A server with documents of so many MiB, and how many answers it has made since. */
const startWithLarge = async (mib: number, ...names: readonly string[]) => {
  const threaded = createContent(systemClock, { collectGarbage: true })
  let made = 0
  const answer: Content['answer'] = async (...asked) => {
    const outcome = await threaded.answer(...asked)
    made++
    return outcome
  }
  const content = { ...threaded, answer }
  const server = startTestServer({ content, answerBytes: 64 * MIB, limits: ROOMY })
  for (const name of names) {
    const author = server.connect(nameOf(name))
    await settle()
    for (let i = 0; i < mib; i++) {
      author.type('x'.repeat(MIB))
      await pass(server.clock, 100)
    }
    author.peer.hangUp()
  }
  made = 0
  return { server, made: () => made }
}

describe('large documents on a shared socket', () => {
  it('take turns: one that another one was read before is not taken for one that nobody reads', async () => {
    const { server, made } = await startWithLarge(10, 'a', 'b')
    const ann = openShared(server)
    ann.peer.stall()
    for (const address of ['a', 'b']) open(ann, address, '', '4.8.0')
    await until('both are under way', () => made() === 2)
    await settle()
    const words: string[] = []
    const isRead = (address: string): boolean => words.includes(`${address}: answer`)
    while (!isRead('a') || !isRead('b')) {
      const before = words.length
      await until('more waits to be read', () => {
        words.push(...ann.heard().filter((word) => /update|answer|closed|denied/.test(word)))
        if (words.some((word) => /closed|denied/.test(word))) throw new Error(words.at(-1))
        return words.length > before
      })
      await pass(server.clock, 8_000)
      ann.peer.wake() // takes what waits: a piece of 1 MiB
      ann.peer.stall()
    }
    expect(words.filter((word) => /closed|denied/.test(word))).toEqual([])
    const first = words.findIndex((word) => word.endsWith('answer'))
    const pieces = (address: string): number =>
      words.slice(0, first).filter((word) => word === `${address}: update`).length
    expect(Math.abs(pieces('a') - pieces('b'))).toBeLessThan(4)
  })

  it('[R17] are read to their end before their client is told that all is saved', async () => {
    const { server } = await startWithLarge(3, 'a')
    const ann = openShared(server)
    ann.peer.stall()
    open(ann, 'a', '')
    ann.type('a', 'more')
    await pass(server.clock, 100)
    const words: string[] = []
    await until('all is read', () => {
      ann.peer.wake() // takes what waits
      ann.peer.stall()
      words.push(...ann.heard('a').filter((word) => word !== 'update'))
      return words.filter((word) => word === 'saved').length === 2
    })
    expect(words).toEqual(['read-write', 'question', 'answer', 'saved', 'saved'])
  })
})

describe('what ends one document of several', () => {
  it.each([
    ['2 and 3', undefined, ['denied: ']],
    ['4', '4.8.0', ['denied: ', 'closed: ']],
  ] as const)(
    '[R6] a frame that does not decode, in the words of version %s',
    async (_, version, words) => {
      const server = startTestServer()
      const ann = openShared(server)
      await openAll(ann, ['a', 'b'], { version })
      ann.say('a', 0, 2, 3, 1)
      const reason = 'sync message claims 3 bytes, 1 are left at byte 3'
      await settle()
      expect(ann.heard()).toEqual(words.map((word) => `a: ${word}${reason}`))
      ann.type('a', 'not heard before it logs in again')
      ann.type('b', 'hello')
      await settle()
      expect(ann.heard()).toEqual(['b: saved'])
      ann.login('a', '', version)
      ann.ask('a')
      await settle()
      expect(ann.heard('a')).toEqual(OPENING)
      expect(ann.peer.ending).toBeNull()
    },
  )

  it('[R6] a login message that is none', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'])
    ann.say('a', 2, 1, 0)
    await settle()
    expect(ann.heard()).toEqual(['a: denied: login message type 1 is not known at byte 2'])
    expect(server.documents.figures().sessions).toBe(1)
  })

  it('an unknown type does not, nor does a frame of one byte, nor one that names nobody', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'])
    for (const type of [4, 6, 9, 10, 11, 127]) ann.say('a', type, 1, 2, 3)
    ann.say('a', 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)
    for (const byte of [0, 9, 10, 255]) ann.peer.say(Uint8Array.of(byte))
    ann.peer.say(Uint8Array.of(200, 1))
    ann.peer.say(new Uint8Array())
    ann.type('a', 'hello')
    await settle()
    expect(ann.heard()).toEqual(['a: saved'])
    expect(ann.peer.ending).toBeNull()
  })

  it('[R2] its load that fails', async () => {
    const server = startTestServer()
    const ann = openShared(server)
    await openAll(ann, ['a'], { version: '4.8.0' })
    server.weather.fail('open', { kind: 'io', message: 'the disk is gone' }, Infinity)
    ann.login('b', '', '4.8.0')
    ann.ask('b')
    await settle()
    const reason = 'the document cannot be opened: the disk is gone'
    expect(ann.heard()).toEqual(['b: read-write', `b: closed: ${reason}`])
    ann.type('a', 'hello')
    await settle()
    expect(ann.heard()).toEqual(['a: saved'])
    expect(ann.peer.ending).toBeNull()
    ann.bye('a')
    ann.login('b', '', '4.8.0') // alone now: its provider comes back if its socket ends
    await settle()
    expect(ann.peer.ending).toEqual({ code: 1013, reason })
  })
})

describe('a socket that speaks no Hocuspocus', () => {
  it('is closed after 100 frames that name nobody, and that is reported', () => {
    const server = startTestServer()
    const ann = openShared(server)
    for (let i = 0; i < 100; i++) ann.peer.say(Uint8Array.of(200, 1))
    expect([ann.peer.ending, ann.events]).toEqual([null, []])
    ann.peer.say(Uint8Array.of(200, 1))
    const reason = 'address claims 200 bytes, 0 are left at byte 2'
    expect(ann.peer.ending).toEqual({ code: 4400, reason })
    expect(ann.events).toMatchObject([
      { kind: 'session-closed', document: null, close: 'badFrame' },
    ])
  })
})

describe('texts beside a document', () => {
  it('reach the embedder with who says them, and it answers one or all', async () => {
    const heard: unknown[] = []
    const server = startTestServer({
      stateless: {
        received(message, { reply, broadcast }) {
          heard.push(message)
          reply('to you')
          broadcast('to all')
        },
      },
    })
    const [ann, bob] = [openShared(server), openShared(server)]
    await openAll(ann, ['a', 'b'])
    await openAll(bob, ['a'])
    ann.stateless('a', 'hi 😀')
    await settle()
    expect(heard).toEqual([{ document: 'a', user: null, text: 'hi 😀' }])
    expect(ann.heard()).toEqual(['a: says to you', 'a: says to all'])
    expect(bob.heard()).toEqual(['a: says to all'])
    expect(server.documents.broadcastStateless(nameOf('b'), 'hello')).toBe(true)
    expect(server.documents.broadcastStateless(nameOf('nobody'), 'hello')).toBe(false)
    await settle()
    expect([ann.heard(), bob.heard()]).toEqual([['b: says hello'], []])
  })

  it('cost nobody anything when the embedder throws at them', async () => {
    const server = startTestServer({
      stateless: {
        received: () => {
          throw new Error('not mine')
        },
      },
    })
    const ann = openShared(server)
    await openAll(ann, ['a'])
    ann.stateless('a', 'hi')
    ann.type('a', 'hello')
    await settle()
    expect(ann.heard()).toEqual(['a: saved'])
    expect(server.events).toContainEqual(expect.objectContaining({ kind: 'bug', document: 'a' }))
  })

  it('cost nobody anything when what the embedder does about them fails later', async () => {
    const server = startTestServer({
      stateless: { received: () => Promise.reject(new Error('not mine')) },
    })
    const ann = openShared(server)
    await openAll(ann, ['a'])
    ann.stateless('a', 'hi')
    await settle()
    expect(server.events).toContainEqual(expect.objectContaining({ kind: 'bug', document: 'a' }))
  })

  it('are not answered after their session has left', async () => {
    const replies: ((text: string) => void)[] = []
    const server = startTestServer({
      stateless: { received: (_, { reply }) => void replies.push(reply) },
    })
    const ann = openShared(server)
    await openAll(ann, ['a', 'b'])
    ann.stateless('a', 'hi')
    ann.bye('a')
    replies[0]?.('too late')
    await settle()
    expect(ann.heard()).toEqual([])
  })
})
