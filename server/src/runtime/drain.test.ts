import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, testLimits } from './testing/server.ts'

const notes = nameOf('notes')
const DISK_FULL = { kind: 'full', message: 'disk is full' } as const

describe('[R10] a drain', () => {
  it('of no rooms ends at once', async () => {
    const server = startTestServer()
    expect(await server.documents.drain(1_000)).toEqual({ ok: true, value: undefined })
    expect(server.events).toEqual([
      { kind: 'draining', rooms: 0, sessions: 0 },
      { kind: 'drained', left: 0 },
    ])
  })

  it('sends everybody away with a code that says retry, and ends when all is on disk', async () => {
    const server = startTestServer()
    const [ann, bob] = [server.connect(notes), server.connect(nameOf('other'))]
    await settle()
    server.weather.hold('append')
    ann.type('the last words')
    await settle()
    let isOver = false
    const drained = server.documents.drain(60_000).finally(() => (isOver = true))
    await settle()
    expect([ann.peer.ending?.code, bob.peer.ending?.code]).toEqual([1012, 1012])
    expect([isOver, server.documents.isDraining]).toEqual([false, true])
    server.weather.release('append')
    expect((await drained).ok).toBe(true)
    expect(server.memory.byName.get(notes)?.tail.length).toBe(1)
    expect(server.documents.figures()).toEqual({ rooms: 0, sessions: 0, failing: 0, unopened: 0 })
  })

  it('retries what failed at once, without its pause', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.fail('append', DISK_FULL, 1)
    ann.type('x')
    await settle()
    const drained = server.documents.drain(60_000)
    await settle()
    server.clock.advance(10) // one spacing of commits, far less than the pause
    expect((await drained).ok).toBe(true)
    expect(server.memory.byName.get(notes)?.tail.length).toBe(1)
  })

  it.each(['hangs', 'fails'] as const)(
    'ends by its deadline when the disk %s, and says how many rooms are left',
    async (how) => {
      const server = startTestServer()
      const clients = ['a', 'b', 'c'].map((name) => server.connect(nameOf(name)))
      await settle()
      if (how === 'hangs') server.weather.hold('append')
      else server.weather.fail('append', DISK_FULL, Infinity)
      clients[0]?.type('x')
      clients[1]?.type('x')
      await settle()
      let isOver = false
      const drained = server.documents.drain(5_000).finally(() => (isOver = true))
      for (let i = 0; i < 49; i++) {
        server.clock.advance(100)
        await settle()
      }
      expect(isOver).toBe(false)
      server.clock.advance(200)
      expect(await drained).toEqual({ ok: false, error: { rooms: 2 } })
      expect(server.events.at(-1)).toEqual({ kind: 'drained', left: 2 })
    },
  )

  it('waits for the disk only, not for a load that hangs', async () => {
    const server = startTestServer()
    server.weather.hold('open')
    const ann = server.connect(notes)
    await settle()
    expect((await server.documents.drain(5_000)).ok).toBe(true)
    expect(ann.peer.ending?.code).toBe(1012)
  })

  it('waits for the disk only, not for a fold that hangs', async () => {
    const server = startTestServer({ limits: { ...testLimits, compactIdleUpdates: 1 } })
    const ann = server.connect(notes)
    await settle()
    ann.type('x')
    await settle()
    server.weather.hold('compact')
    ann.peer.hangUp() // nobody is left: the log is folded
    await server.weather.called('read', 1)
    expect(server.documents.figures().rooms).toBe(1)
    const drained = server.documents.drain(60_000)
    server.clock.advance(500)
    expect((await drained).ok).toBe(true)
  })

  it('starts no fold that still waits for its turn', async () => {
    const server = startTestServer({ limits: { ...testLimits, compactIdleUpdates: 1 } })
    const clients = Array.from({ length: 20 }, (_, i) => server.connect(nameOf(`notes ${i}`)))
    await settle()
    for (const client of clients) client.type('x')
    await settle()
    server.clock.advance(10)
    await settle()
    server.weather.hold('read')
    for (const { peer } of clients) peer.hangUp() // nobody is left: all of them are to be folded
    await settle()
    expect(server.weather.calls.read).toBe(2)
    expect((await server.documents.drain(1_000)).ok).toBe(true)
    server.weather.release('read')
    await server.weather.called('compact', 2) // those two come to their end
    await settle()
    expect(server.weather.calls.read).toBe(2)
  })

  it('a second call joins the first', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    server.weather.hold('append')
    ann.type('x')
    await settle()
    const both = Promise.all([server.documents.drain(60_000), server.documents.drain(1)])
    await settle()
    server.clock.advance(10)
    server.weather.release('append')
    expect((await both).map(({ ok }) => ok)).toEqual([true, true])
    expect(server.events.filter(({ kind }) => kind === 'drained')).toHaveLength(1)
  })

  it('takes no one in any more', async () => {
    const server = startTestServer()
    await server.documents.drain(1_000)
    const late = server.connect(notes)
    await settle()
    expect(late.peer.ending?.code).toBe(1012)
    expect(server.documents.figures().rooms).toBe(0)
  })
})
