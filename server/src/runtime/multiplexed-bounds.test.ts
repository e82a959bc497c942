import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { pass, settle, startTestServer } from './testing/server.ts'
import { openAll, openShared, type SharedSocket } from './testing/shared-socket.ts'

describe('the bounds of a shared socket', () => {
  it('a document above their number is denied, and the others go on', async () => {
    const server = startTestServer()
    const ann = openShared(server, { limits: { documents: 2 } })
    await openAll(ann, ['a', 'b'])
    for (let i = 0; i < 2_000; i++) ann.login(`more ${i}`, '')
    await settle()
    const heard = ann.heard()
    expect(heard).toHaveLength(2_000)
    expect(heard[0]).toBe('more 0: denied: 2 documents are open on this connection, limit 2')
    expect(server.documents.figures().sessions).toBe(2)
    ann.bye('a')
    await openAll(ann, ['c'])
  })

  it('an address of a megabyte is denied with its length', () => {
    const server = startTestServer()
    const ann = openShared(server)
    const address = 'x'.repeat(1024 * 1024)
    ann.ask(address)
    expect(ann.heard()).toEqual([])
    ann.login(address, '')
    expect(ann.heard(address)).toEqual([
      expect.stringMatching(/^denied: .*1048576 bytes of UTF-8, limit 1024$/),
    ])
  })

  it('the rates are the socket’s own: one document that says too much holds all of them back', async () => {
    const server = startTestServer()
    const ann = openShared(server, { limits: { messagesPerSecond: 100, burstMs: 2_000 } })
    await openAll(ann, ['a', 'b']) // two sessions, and four messages
    expect(ann.peer.isPaused).toBe(false)
    for (let i = 0; i < 97; i++) ann.say('a', 3)
    await settle()
    expect(ann.peer.isPaused).toBe(true)
    ann.type('b', 'hello')
    await settle()
    expect(ann.heard('b')).toEqual([])
    server.clock.advance(100)
    await settle()
    expect([ann.peer.isPaused, ann.heard('b')]).toEqual([false, ['saved']])
  })

  it('what a document said before it leaves is heard, though it was held back', async () => {
    const server = startTestServer()
    const ann = openShared(server, { limits: { messagesPerSecond: 100, burstMs: 2_000 } })
    await openAll(ann, ['a', 'b'])
    ann.atOnce(() => {
      for (let i = 0; i < 150; i++) ann.type('a', `${i} `)
      ann.bye('a')
    })
    await pass(server.clock, 100)
    expect(server.memory.byName.get(nameOf('a'))?.tail).toHaveLength(150)
  })

  it.each([
    ['leaves', (ann) => ann.bye('a')],
    ['breaks the protocol', (ann) => ann.say('a', 2, 9)],
    ['says a frame that does not decode', (ann) => ann.say('a', 0, 9)],
  ] satisfies [string, (ann: SharedSocket) => void][])(
    'a document that is held back and %s leaves the socket to the others',
    async (_, end) => {
      const server = startTestServer()
      const ann = openShared(server, { limits: { messagesPerSecond: 100, burstMs: 2_000 } })
      await openAll(ann, ['a', 'b'])
      for (let i = 0; i < 97; i++) ann.say('a', 3)
      expect(ann.peer.isPaused).toBe(true)
      ann.atOnce(() => end(ann))
      await settle()
      server.clock.advance(1_000)
      await settle()
      expect(ann.peer.isPaused).toBe(false)
    },
  )

  it.each([
    ['logs in to one document', (ann, i) => ann.login('a', `${i}`)],
    ['opens and leaves documents', (ann, i) => (ann.ask(`b ${i}`), ann.bye(`b ${i}`))],
    ['logs in above the number of documents', (ann, i) => ann.login(`b ${i}`, '')],
  ] satisfies [string, (ann: SharedSocket, i: number) => void][])(
    'whoever %s over and over is not read for a while',
    async (_, act) => {
      const server = startTestServer()
      const ann = openShared(server, {
        limits: { documents: 2, messagesPerSecond: 100, burstMs: 10_000 },
      })
      await openAll(ann, ['a'])
      for (let i = 0; i < 100 && !ann.peer.isPaused; i++) {
        act(ann, i)
        await settle()
      }
      expect(ann.peer.isPaused).toBe(true)
      server.clock.advance(1_000)
      expect(ann.peer.isPaused).toBe(false)
    },
  )

  it.each([
    ['name nobody who is open', (ann) => ann.bye('nobody')],
    ['are for who was refused', (ann) => ann.type('refused', 'hello')],
    ['are of one byte', (ann) => ann.peer.say(Uint8Array.of(10))],
  ] satisfies [string, (ann: SharedSocket) => void][])(
    'frames that %s count like any others',
    async (_, act) => {
      const server = startTestServer()
      const ann = openShared(server, { limits: { messagesPerSecond: 100, burstMs: 2_000 } })
      ann.login('refused', '')
      ann.say('refused', 2, 9)
      await settle()
      for (let i = 0; i < 148; i++) act(ann)
      expect(ann.peer.isPaused).toBe(false)
      for (let i = 0; i < 10; i++) act(ann)
      expect(ann.peer.isPaused).toBe(true)
    },
  )

  it('so do their bytes', () => {
    const server = startTestServer()
    const ann = openShared(server, { limits: { bytesPerSecond: 1_000_000, burstMs: 1_000 } })
    for (let i = 0; i < 4; i++) ann.say('x'.repeat(300_000), 0)
    expect(ann.peer.isPaused).toBe(true)
  })

  it('whoever owes more is read again after the limit: its end may have come meanwhile', () => {
    const server = startTestServer()
    const ann = openShared(server, { limits: { messagesPerSecond: 1, heldBackMs: 5_000 } })
    ann.login('a', '') // which counts for 50 messages: 40 s of debt
    server.clock.advance(4_999)
    expect(ann.peer.isPaused).toBe(true)
    server.clock.advance(1)
    expect(ann.peer.isPaused).toBe(false)
    ann.peer.say(Uint8Array.of(10))
    expect(ann.peer.isPaused).toBe(true)
  })

  it('whoever goes away while it is not read leaves no timer behind', async () => {
    const server = startTestServer()
    const idle = server.clock.timers
    const ann = openShared(server, { limits: { messagesPerSecond: 1 } })
    ann.login('a', '')
    expect(ann.peer.isPaused).toBe(true)
    ann.peer.hangUp()
    await settle()
    expect(server.clock.timers).toBe(idle)
  })
})
