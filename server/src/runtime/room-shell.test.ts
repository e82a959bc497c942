import { EMPTY_UPDATE, ok } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { noFormats } from '../content/testing/no-formats.ts'
import { createClusterHub } from '../cluster/single.ts'
import type { Content } from '../ports/content.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { settle, startTestServer, testLimits } from './testing/server.ts'

const notes = nameOf('notes')
/** Asks with a state vector that nobody has: no shortcut answers it. */
const ask = (client: number): Uint8Array => Uint8Array.of(0, 0, 3, 1, client, 9)
const ASK = ask(9)

/** Content whose answers wait until the test lets them go. */
const createSlowContent = () => {
  const waiting: (() => void)[] = []
  const slow = async () => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return ok({ first: [], last: EMPTY_UPDATE })
  }
  const content: Content = {
    ...noFormats,
    answer: slow,
    near: slow,
    fold: () => Promise.reject(new Error('not asked for in this test')),
    merge: () => Promise.reject(new Error('not asked for in this test')),
    anatomy: () => Promise.reject(new Error('not asked for in this test')),
    warmUp: () => undefined,
    close: () => Promise.resolve(),
  }
  return { content, waiting }
}

describe('a bug inside of a step', () => {
  it('closes that room’s sessions with 1011, is reported, and the others go on', async () => {
    const cluster = createClusterHub().node()
    const server = startTestServer({
      cluster: {
        ...cluster,
        publish(document, hint) {
          if (document === notes) throw new Error('a planted bug')
          cluster.publish(document, hint)
        },
      },
    })
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    const eve = server.connect(nameOf('other'))
    await settle()
    ann.type('x')
    eve.type('y')
    await settle()
    expect([ann.peer.ending?.code, bob.peer.ending?.code]).toEqual([1011, 1011])
    expect(eve.peer.ending).toBeNull()
    expect(server.events).toContainEqual(
      expect.objectContaining({ kind: 'bug', error: new Error('a planted bug') }),
    )
    expect(server.documents.figures()).toEqual({ rooms: 1, sessions: 1, failing: 0, unopened: 0 })
    const back = server.connect(notes, { doc: ann.doc })
    await settle()
    expect(back.isSynced).toBe(true) // a new room; what was committed is there
    expect(server.memory.byName.get(notes)?.tail.length).toBe(1)
  })

  it('in a port that throws at once is no different', async () => {
    const storage = createMemoryStorage()
    const server = startTestServer({
      storage: {
        ...storage,
        open() {
          throw new Error('a planted bug')
        },
      },
    })
    const ann = server.connect(notes)
    await settle()
    expect(ann.peer.ending?.code).toBe(1011)
    expect(server.documents.figures().rooms).toBe(0)
  })

  it('ends the room even if the sockets throw, too', async () => {
    const server = startTestServer({ dialect: throwing(startTestServer().dialect) })
    const ann = server.connect(notes)
    await settle()
    expect(ann.peer.ending?.code).toBe(1011)
    expect(server.documents.figures().rooms).toBe(0)
    server.clock.advance(60_000)
    expect(server.events.filter(({ kind }) => kind === 'bug')).toHaveLength(1)
  })
})

const throwing = (dialect: ReturnType<typeof startTestServer>['dialect']): typeof dialect => ({
  ...dialect,
  encode() {
    throw new Error('a planted bug')
  },
})

describe('answers', () => {
  it('are made a few at a time, the others wait in order', async () => {
    const { content, waiting } = createSlowContent()
    const server = startTestServer({ content })
    const clients = Array.from({ length: 10 }, () => server.connect(notes))
    await settle()
    clients.forEach(({ peer }, i) => peer.say(ask(i)))
    await settle()
    expect(waiting).toHaveLength(4)
    expect(server.weather.calls.outline).toBe(4) // those that wait hold no content
    for (let made = 0; made < 10; made++) {
      waiting[made]?.()
      await settle()
    }
    expect(waiting).toHaveLength(10)
    expect(clients.every((client) => client.isSynced)).toBe(true)
  })

  it('are not made for who has gone while it waited', async () => {
    const { content, waiting } = createSlowContent()
    const server = startTestServer({ content })
    const clients = Array.from({ length: 10 }, () => server.connect(notes))
    await settle()
    clients.forEach(({ peer }, i) => peer.say(ask(i)))
    await settle()
    for (const { peer } of clients.slice(4)) peer.hangUp()
    for (const go of waiting) go()
    await settle()
    expect(server.weather.calls.outline).toBe(4)
    expect(server.events.filter(({ kind }) => kind === 'answer-failed')).toEqual([])
  })

  it('are made for one session one after the other, and no more when it is sent away', async () => {
    const { content, waiting } = createSlowContent()
    const server = startTestServer({ content })
    const [ann, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    const before = ann.peer.frames.length
    for (let i = 0; i < 3; i++) ann.peer.say(ask(i))
    bob.peer.say(ask(7))
    await settle()
    expect(waiting).toHaveLength(2) // bob waits for nobody
    for (let made = 0; made < 4; made++) {
      waiting[made]?.()
      await settle()
    }
    expect(ann.peer.frames.length - before).toBe(3)
    for (let i = 0; i < 9; i++) ann.peer.say(ask(10 + i))
    await settle()
    expect(ann.peer.ending?.code).toBe(1013)
    for (const go of waiting) go()
    await settle()
    expect(waiting).toHaveLength(4)
    expect(server.documents.figures().sessions).toBe(1)
  })

  it('are made once for all who ask the same of the same version', async () => {
    const { content, waiting } = createSlowContent()
    const server = startTestServer({ content })
    const clients = Array.from({ length: 10 }, () => server.connect(notes))
    await settle()
    for (const { peer } of clients) peer.say(ASK)
    await settle()
    expect(waiting).toHaveLength(1)
    waiting[0]?.()
    await settle()
    expect(clients.every(({ peer }) => peer.frames.length > 0)).toBe(true)
    expect(clients.every((client) => client.isSynced)).toBe(true)
    clients[0]?.type('another version')
    clients[1]?.peer.say(ASK)
    await settle()
    expect(waiting).toHaveLength(2)
  })

  it('a session may ask as often as it likes, one answer after another', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    for (let i = 0; i < 20; i++) {
      const before = ann.peer.frames.length
      ann.peer.say(ASK)
      await settle()
      expect(ann.peer.frames.length).toBe(before + 1)
    }
  })

  it('a session that asks again and again without waiting is sent away to come back', async () => {
    const { content } = createSlowContent()
    const server = startTestServer({ content })
    server.weather.hold('open')
    const [mallory, bob] = [server.connect(notes), server.connect(notes)]
    await settle()
    const often = new Uint8Array(200 * ASK.length) // one frame, so that nothing else comes between
    for (let i = 0; i < 200; i++) often.set(ASK, i * ASK.length)
    mallory.peer.say(often)
    server.weather.release('open') // all of it is answered in one step
    await settle()
    expect(mallory.peer.ending?.code).toBe(1013)
    expect(mallory.peer.ending?.reason).toMatch(/limit 8/)
    expect(bob.peer.ending).toBeNull()
    expect(server.events.filter(({ kind }) => kind === 'session-closed')).toHaveLength(1)
  })
})

describe('the queue of a room', () => {
  it('takes 10,000 messages in one go, and loses none', async () => {
    const much = 16 * 1024 * 1024
    const folds = { compactUpdates: much, compactBytes: much } // none: the tail is looked at
    const limits = { ...testLimits, ...folds, loadQueueBytes: much, unsavedBytes: much }
    const server = startTestServer({ limits })
    server.weather.hold('open')
    const ann = server.connect(notes)
    for (let i = 0; i < 10_000; i++) ann.type('x')
    await settle()
    server.weather.release('open')
    await settle()
    server.clock.advance(10)
    await settle()
    expect(ann.peer.ending).toBeNull()
    const stored = server.memory.byName.get(notes)?.tail ?? []
    const doc = new Y.Doc()
    doc.transact(() => {
      for (const update of stored) Y.applyUpdate(doc, update)
    })
    expect(doc.getText('text').length).toBe(10_000)
  })
})
