/* What is told of every change to those who measure. */
import { describe, expect, it } from 'vitest'
import type { QuireEvent, QuireEventKind } from '../ports/observe.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { GroupCommit } from './group-commit.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { tokenAuth, tokens } from './testing/logins.ts'
import { settle, startTestServer, type TestServerOptions } from './testing/server.ts'
import { withWeather } from '../storage/testing/weather.ts'
import { createMemoryStorage } from '../storage/memory.ts'

const notes = nameOf('notes')

/** A server that is measured; each turn of its clock is 1 ms. */
const setUp = (options: TestServerOptions = {}) => {
  const clock = createManualClock()
  const events: QuireEvent[] = []
  const observe = { measures: true, event: (event: QuireEvent) => void events.push(event) }
  const weather = withWeather(createMemoryStorage())
  const { storage } = weather
  const commits = new GroupCommit({ storage, clock, spacingMs: 10, observe })
  const server = startTestServer({ clock, observe, storage, commits, ...options })
  const of = <K extends QuireEventKind>(kind: K) =>
    events.filter((event): event is Extract<QuireEvent, { kind: K }> => event.kind === kind)
  const pass = async (ms: number) => {
    for (let i = 0; i < ms; i++) {
      clock.advance(1)
      await settle()
    }
  }
  return { ...server, weather, clock, of, pass }
}

describe('where somebody measures', () => {
  it('each accepted update is told once, with its family and its bytes', async () => {
    const { connect, of, pass } = setUp()
    const ann = connect(notes)
    await settle()
    const sizes: number[] = []
    ann.doc.on('update', (update: Uint8Array) => void sizes.push(update.length))
    for (const text of ['one', 'two', 'three']) ann.type(text)
    await pass(50)
    expect(of('update-accepted')).toEqual(
      sizes.map((bytes) => ({
        kind: 'update-accepted',
        document: 'notes',
        family: 'y-websocket',
        bytes,
      })),
    )
    const committed = of('committed')
    expect(committed.reduce((sum, { updates }) => sum + updates, 0)).toBe(3)
    expect(committed.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    )
    expect(committed.every(({ documents }) => documents === 1)).toBe(true)
  })

  it('a flush is told with those it was for, and the age of its oldest update', async () => {
    const { connect, of, pass } = setUp({ flushIntervalMs: () => 8 })
    const [ann, bob] = [connect(notes), connect(notes)]
    connect(notes)
    await pass(20)
    ann.type('a') // goes at once
    await settle()
    expect(of('relayed')).toMatchObject([{ recipients: 2, ms: 0 }])
    ann.type('b')
    await pass(3)
    bob.type('c')
    await pass(20)
    const [, second] = of('relayed')
    expect(second).toMatchObject({ recipients: 3, ms: 8 }) // of two authors: each hears the other
    expect(second?.deliveredBytes).toBe(2 * (second?.bytes ?? NaN)) // each to the two who have not written it
    expect(of('relayed')).toHaveLength(2)
  })

  it('who is alone relays to nobody, and nothing is told of it', async () => {
    const { connect, of, pass } = setUp()
    connect(notes).type('alone')
    await pass(20)
    expect(of('relayed')).toEqual([])
    expect(of('update-accepted')).toHaveLength(1)
  })

  it('an update too large for one turn is told when the last of its readers has been given it', async () => {
    const { connect, of, pass } = setUp()
    const ann = connect(notes)
    for (let i = 0; i < 4; i++) connect(notes)
    await settle()
    ann.type('x'.repeat(200 * 1024))
    await pass(20)
    expect(of('relayed')).toMatchObject([{ recipients: 4 }])
    expect(of('relayed')[0]?.bytes).toBeGreaterThan(200 * 1024)
  })

  it('an acknowledgement is told with the age of what it says is on disk', async () => {
    const { connect, weather, of, pass } = setUp()
    const ann = connect(notes)
    await settle()
    weather.hold('append')
    ann.type('slow')
    await pass(7)
    expect(of('acknowledged')).toEqual([])
    weather.release('append')
    await settle()
    expect(of('committed')).toMatchObject([{ updates: 1, ms: 7 }])
    expect(of('acknowledged')).toEqual([{ kind: 'acknowledged', document: 'notes', ms: 7 }])
  })

  it('with durability relay the age counts from the acceptance, over the commit', async () => {
    const { connect, weather, of, pass } = setUp({ durability: 'relay' })
    const ann = connect(notes)
    connect(notes)
    await settle()
    weather.hold('append')
    ann.type('slow')
    await pass(5)
    expect(of('relayed')).toEqual([])
    weather.release('append')
    await settle()
    expect(of('relayed')).toMatchObject([{ recipients: 1, ms: 5 }])
  })

  it('a commit that fails is none', async () => {
    const { connect, weather, of, pass } = setUp()
    const ann = connect(notes)
    await settle()
    weather.fail('append', { kind: 'full', message: 'the disk is full' })
    ann.type('lost?')
    await pass(5)
    expect(of('append-failed')).toHaveLength(1)
    expect([of('committed'), of('acknowledged')]).toEqual([[], []])
  })
})

describe('where nobody measures', () => {
  it('none of it is told', async () => {
    const { connect, events, clock } = startTestServer()
    const ann = connect(notes)
    connect(notes)
    await settle()
    ann.type('quiet')
    clock.advance(20)
    await settle()
    const measuring = new Set(['update-accepted', 'relayed', 'committed', 'acknowledged'])
    expect(events.filter(({ kind }) => measuring.has(kind))).toEqual([])
    expect(events.map(({ kind }) => kind)).toContain('session-joined')
  })
})

describe('who comes and goes', () => {
  it('is told with family, transport and how long it was in', async () => {
    const { connect, of, pass } = setUp()
    const ann = connect(notes)
    await settle()
    const who = { document: 'notes', family: 'y-websocket', transport: 'websocket' }
    expect(of('session-joined')).toMatchObject([who])
    await pass(30)
    ann.peer.hangUp()
    await settle()
    expect(of('session-left')).toMatchObject([{ ...who, ms: 30 }])
  })

  it('has left also where its room failed', async () => {
    const { connect, clock, of } = setUp()
    connect(notes)
    const bob = connect(notes)
    await settle()
    const { endOfTurn } = clock
    clock.endOfTurn = () => {
      throw new Error('a bug')
    }
    bob.type('it breaks')
    clock.endOfTurn = endOfTurn
    await settle()
    expect(of('bug')).toHaveLength(1)
    expect(of('session-left')).toHaveLength(2)
  })

  it('and is not let in, is told of, with the reason’s kind and nothing of its token', async () => {
    const { connect, of } = setUp({ auth: tokenAuth(tokens) })
    for (const token of ['hush', 'foreign', 'broken', 'write'])
      connect(notes, { login: { kind: 'given', token } })
    await settle()
    const denied = of('login-denied')
    expect(denied.map(({ denial }) => denial)).toEqual([
      'unauthorized',
      'forbidden',
      'internalError',
    ])
    expect(denied[0]).toEqual({
      kind: 'login-denied',
      document: 'notes',
      family: 'y-websocket',
      denial: 'unauthorized',
    })
  })
})
