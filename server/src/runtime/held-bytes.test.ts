import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { describe, expect, it } from 'vitest'
import { ySweet } from '../dialects/y-sweet.ts'
import { healthRoutes } from '../http/health.ts'
import type { StorageProblem } from '../ports/storage.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import type { Phase } from '../room/phase.ts'
import { HeldBytes } from './held-bytes.ts'
import type { Peer } from './testing/memory-socket.ts'
import { settle, startTestServer, testServerLimits, type TestServer } from './testing/server.ts'

const KIB = 1024
const DISK_FULL: StorageProblem = { kind: 'full', message: 'the disk is full' }

/** The frame of a client that has written a text. */
const updateFrame = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.clientID = 7
  doc.getText('text').insert(0, text)
  return encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    writeUpdate(out, Y.encodeStateAsUpdate(doc))
  })
}

/** The frame in which y-sweet's client sets a mark. */
const markFrame = (mark: number): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 102)
    encoding.writeVarUint8Array(out, Uint8Array.of(mark))
  })

const limited = (limits: Partial<typeof testServerLimits>): TestServer =>
  startTestServer({ serverLimits: { ...testServerLimits, ...limits } })

/** Lets failed writes be tried again, the longest pause included. */
const retried = async (server: TestServer): Promise<void> => {
  for (let i = 0; i < 30; i++) {
    server.clock.advance(500)
    await settle()
  }
}

describe('what all documents hold unsaved', () => {
  it('may reach its limit; what would pass it is not stored, and its client is told to come back', async () => {
    const server = limited({ totalUnsavedBytes: 64 * KIB })
    server.weather.hold('append')
    const clients = ['a', 'b', 'c'].map((name) => server.connect(nameOf(name)))
    await settle()
    const [ann, bob, cyd] = clients
    ann?.type('x'.repeat(30 * KIB))
    bob?.type('x'.repeat(30 * KIB))
    cyd?.type('x'.repeat(4 * KIB))
    await settle()
    expect(cyd?.peer.ending?.code).toBe(1013)
    expect(cyd?.peer.ending?.reason).toMatch(
      /^6\d{4} bytes of all documents wait for the disk, limit 65536; this was not stored$/,
    )
    expect([ann?.peer.ending, bob?.peer.ending]).toEqual([null, null])
    const before = server.documents.memory().unsavedBytes
    const dan = server.connect(nameOf('d')) // who only reads is let in
    await settle()
    expect(dan.isSynced).toBe(true)
    expect(server.documents.memory().unsavedBytes).toBe(before)
  })

  it.each([
    ['fits when it fills the limit to the byte', 0, null],
    ['does not when it would pass it by one', 1, 1013],
  ])('%s', async (_, less, code) => {
    const frame = updateFrame('x'.repeat(KIB))
    const server = limited({ totalUnsavedBytes: frame.length + 128 - less })
    server.weather.hold('append')
    const ann = server.connect(nameOf('a'))
    await settle()
    ann.peer.say(frame)
    expect(ann.peer.ending?.code ?? null).toBe(code)
  })

  it('does not refuse what brings nothing new', async () => {
    const frame = updateFrame('x'.repeat(KIB))
    const server = limited({ totalUnsavedBytes: 2 * KIB })
    const ann = server.connect(nameOf('a'))
    await settle()
    ann.peer.say(frame)
    await settle()
    server.weather.hold('append')
    const bob = server.connect(nameOf('b'))
    await settle()
    bob.peer.say(frame)
    ann.peer.say(frame) // as a client that reconnects does
    expect([ann.peer.ending, bob.peer.ending]).toEqual([null, null])
    bob.peer.say(updateFrame('y'.repeat(KIB)))
    expect(bob.peer.ending?.code).toBe(1013)
  })

  it('is reached by marks that wait for the disk, and refuses none that is true at once', async () => {
    const server = startTestServer({
      dialect: ySweet({ presenceEntries: 100, presenceBytes: 16 * KIB }),
      serverLimits: { ...testServerLimits, totalUnsavedBytes: 8 * KIB },
    })
    const [ann, bob] = [server.connect(nameOf('a')), server.connect(nameOf('b'))]
    await settle()
    server.weather.hold('append')
    ann.type('x'.repeat(7 * KIB))
    await settle()
    for (let i = 0; i < 10; i++) ann.peer.say(markFrame(i))
    expect(ann.peer.ending?.reason).toMatch(/^\d+ bytes of all documents wait for the disk/)
    expect(server.documents.memory().unsavedBytes).toBeLessThanOrEqual(8 * KIB)
    bob.peer.say(markFrame(1))
    await settle()
    expect([bob.peer.ending, bob.peer.frames.at(-1)]).toEqual([null, markFrame(1)])
  })

  it('is shown by health from a refusal on, until half of it is free', async () => {
    const server = limited({ totalUnsavedBytes: 8 * KIB })
    const health = healthRoutes(server.documents, () => [])
    server.weather.hold('append')
    const ann = server.connect(nameOf('a'))
    await settle()
    ann.type('x'.repeat(7 * KIB))
    await settle()
    expect((await health.request('/ready')).status).toBe(200)
    ann.type('x'.repeat(2 * KIB))
    await settle()
    const ready = await health.request('/ready')
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({
      reason: expect.stringMatching(/^\d+ bytes of all documents wait for the disk, limit 8192$/),
    })
    server.weather.release('append')
    await settle()
    server.clock.advance(20)
    await settle()
    expect((await health.request('/ready')).status).toBe(200)
  })
})

describe('what waits for documents to open', () => {
  it('is bounded over all of them, and given back when they are open', async () => {
    const server = limited({ totalLoadQueueBytes: 4 * KIB })
    server.weather.hold('open')
    const [ann, bob] = ['a', 'b'].map((name) => server.connect(nameOf(name)))
    await settle()
    ann?.type('x'.repeat(2 * KIB))
    bob?.type('x'.repeat(2 * KIB))
    await settle()
    expect(ann?.peer.ending).toBeNull()
    expect(bob?.peer.ending?.code).toBe(1013)
    expect(bob?.peer.ending?.reason).toMatch(/^\d+ bytes wait for documents to open, limit 4096$/)
    server.weather.release('open')
    await settle()
    expect(server.documents.memory().queuedBytes).toBe(0)
  })
})

describe('what one said who waited for a document', () => {
  it.each([
    ['leaves', (_: TestServer, peer: Peer) => peer.hangUp()],
    ['is sent away', (_: TestServer, peer: Peer) => peer.say(new Uint8Array(65_000).fill(9))],
    ['waits for too long', ({ clock }: TestServer) => clock.advance(60_000)],
  ])('is given back when it %s', async (_, go) => {
    const server = limited({})
    server.weather.hold('open')
    const ann = server.connect(nameOf('a'))
    const bob = server.connect(nameOf('a'))
    await settle()
    const before = server.documents.memory().queuedBytes
    ann.type('x'.repeat(2 * KIB))
    expect(server.documents.memory().queuedBytes).toBeGreaterThan(before + 2 * KIB)
    go(server, ann.peer)
    await settle()
    expect(server.documents.memory().queuedBytes).toBe(bob.peer.ending === null ? before / 2 : 0)
  })
})

describe('open documents', () => {
  it('that find no place cost none among the sessions', async () => {
    const server = limited({ openDocuments: 1, sessions: 2 })
    const ann = server.connect(nameOf('a'))
    await settle()
    const bob = server.connect(nameOf('b'))
    await settle()
    const cyd = server.connect(nameOf('a'))
    await settle()
    expect(bob.peer.ending).toEqual({ code: 1013, reason: '1 documents are open, limit 1' })
    expect([ann.isSynced, cyd.isSynced]).toEqual([true, true])
  })

  it('find a place up to their limit, and again when one is closed; health says that they are full', async () => {
    const server = limited({ openDocuments: 2 })
    const health = healthRoutes(server.documents, () => [])
    const ann = server.connect(nameOf('a'))
    await settle()
    expect((await health.request('/ready')).status).toBe(200)
    server.connect(nameOf('b'))
    await settle()
    const cyd = server.connect(nameOf('c'))
    const again = server.connect(nameOf('b'))
    await settle()
    expect(cyd.peer.ending).toEqual({ code: 1013, reason: '2 documents are open, limit 2' })
    expect(again.isSynced).toBe(true)
    const ready = await health.request('/ready')
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { reason: '2 documents are open, limit 2' },
    ])
    ann.peer.hangUp()
    await settle()
    const dan = server.connect(nameOf('d'))
    await settle()
    expect(dan.isSynced).toBe(true)
  })
})

describe('the totals', () => {
  const loading = (bytes: number): Phase => ({ kind: 'loading', bytes }) as Phase // all that is read of it
  const live = (bytes: number): Phase =>
    ({
      kind: 'live',
      document: { saving: { kind: 'retrying', unsaved: { bytes } }, aside: { bytes: 2 * bytes } },
    }) as Phase
  const phase = fc.oneof(
    fc.nat({ max: 1_000 }).map(loading),
    fc.nat({ max: 1_000 }).map(live),
    fc.constant<Phase>({ kind: 'absent' }),
  )

  it('are the sums over all rooms after every step, and nothing when all have ended', () => {
    const steps = fc.array(fc.record({ room: fc.nat({ max: 3 }), phase, ends: fc.boolean() }))
    fc.assert(
      fc.property(steps, (all) => {
        const totals = new HeldBytes(testServerLimits)
        const shares = Array.from({ length: 4 }, () => totals.share())
        const sums = new Map<number, { unsaved: number; queued: number }>()
        for (const { room, phase: next, ends } of all) {
          if (ends) shares[room]?.release()
          else shares[room]?.set(next)
          const held = next.kind === 'loading' ? { unsaved: 0, queued: next.bytes } : null
          const saving = next.kind === 'live' ? next.document.saving : null
          const unsaved = saving?.kind === 'retrying' ? saving.unsaved.bytes : 0
          sums.set(room, ends ? { unsaved: 0, queued: 0 } : (held ?? { unsaved, queued: 0 }))
          const rooms = [...sums.values()]
          expect(totals.unsaved).toBe(rooms.reduce((sum, its) => sum + its.unsaved, 0))
          expect(totals.aside).toBe(2 * totals.unsaved)
          expect(totals.queued).toBe(rooms.reduce((sum, its) => sum + its.queued, 0))
        }
        for (const share of shares) share.release()
        expect([totals.unsaved, totals.queued]).toEqual([0, 0])
      }),
    )
  })

  it('are given back exactly whatever the disk does and whoever leaves', async () => {
    const action = fc.record({
      client: fc.nat({ max: 5 }),
      does: fc.constantFrom('type', 'leave', 'hold', 'fail', 'release', 'wait'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (all) => {
        const server = limited({})
        const clients = Array.from({ length: 6 }, (_, i) => server.connect(nameOf(`d${i % 3}`)))
        for (const { client, does } of all) {
          const its = clients[client]
          if (does === 'type') its?.type('x'.repeat(100))
          else if (does === 'leave') its?.peer.hangUp()
          else if (does === 'hold') server.weather.hold('append')
          else if (does === 'fail') server.weather.fail('append', DISK_FULL)
          else if (does === 'release') server.weather.release('append')
          else {
            server.clock.advance(100)
            await settle()
          }
        }
        server.weather.release('append')
        await retried(server)
        expect(server.documents.memory()).toEqual({ unsavedBytes: 0, queuedBytes: 0 })
      }),
      { numRuns: 25 },
    )
  })
})
