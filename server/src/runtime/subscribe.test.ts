import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { plainGrant } from '../auth/plain-grant.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { subscribe, type SubscribeRequest, type Subscriber } from './subscribe.ts'
import { pass, settle, startTestServer, until, type TestServer } from './testing/server.ts'

const notes = nameOf('notes')

const requestOf = (
  { documents, clock }: TestServer,
  more: Partial<SubscribeRequest> = {},
): SubscribeRequest => ({
  documents,
  clock,
  observe: { event: () => undefined },
  document: notes,
  grant: plainGrant({ access: 'read', user: null, expiresAt: null }),
  client: { address: '', addressGroup: null },
  from: 'start',
  ...more,
})

/** Hears, and puts together what it hears. */
const hearing = () => {
  const doc = new Y.Doc()
  const words: string[] = []
  const updates: Update[] = []
  const subscriber: Subscriber = {
    opened: () => words.push('opened'),
    update(update) {
      updates.push(update)
      Y.applyUpdate(doc, update)
    },
    closed: (close) => words.push(close),
  }
  return { subscriber, words, updates, doc, text: () => doc.getText('text').toJSON() }
}

describe('a subscriber', () => {
  it('hears what the document holds, then every change in order, until it has enough', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    ann.type('one')
    await pass(server.clock, 100)
    const { subscriber, words, text } = hearing()
    const undo = subscribe(requestOf(server), subscriber)
    await settle()
    expect([words, text()]).toEqual([['opened'], 'one'])
    for (const word of [' two', ' three', ' four']) {
      ann.type(word)
      await settle()
    }
    expect(text()).toBe('one two three four')
    undo()
    undo()
    ann.type(' five')
    await settle()
    expect([words, text()]).toEqual([['opened'], 'one two three four'])
    expect(server.documents.figures().sessions).toBe(1)
  })

  it('hears only what comes, where it wants no more', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    ann.type('one')
    await settle()
    const { subscriber, updates } = hearing()
    subscribe(requestOf(server, { from: 'now' }), subscriber)
    await settle()
    expect(updates).toEqual([])
    ann.type(' two')
    await settle()
    expect(updates).toHaveLength(1)
  })

  it('hears a large document in pieces, and what is typed behind it', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    for (const letter of ['a', 'b', 'c']) {
      ann.type(letter.repeat(900_000))
      await pass(server.clock, 100)
    }
    const { subscriber, updates, text } = hearing()
    subscribe(requestOf(server), subscriber)
    await until('it has all of it', () => text().length === 2_700_000)
    expect(updates.length).toBeGreaterThan(1)
    ann.type('d')
    await until('it has the rest', () => text().length === 2_700_001)
  })

  it('hears how it ends: of a drain, of a deletion, of a login that is revoked', async () => {
    const server = startTestServer()
    const [first, second, third] = [hearing(), hearing(), hearing()]
    subscribe(requestOf(server), first.subscriber)
    await settle()
    await server.documents.delete(notes)
    subscribe(requestOf(server, { document: nameOf('b') }), second.subscriber)
    await settle()
    await server.documents.guard.revoke({ document: 'b', access: 'none' })
    subscribe(requestOf(server, { document: nameOf('c') }), third.subscriber)
    await settle()
    await server.documents.drain(1_000)
    await settle()
    const words = [first, second, third].map((one) => one.words.at(-1))
    expect(words).toEqual(['deleted', 'forbidden', 'serviceRestart'])
    expect(server.documents.figures().rooms).toBe(0)
  })

  it('that throws is reported and hears no more, and costs nobody else anything', async () => {
    const server = startTestServer()
    const ann = server.connect(notes)
    await settle()
    const errors: string[] = []
    const observe = { event: ({ kind }: { kind: string }) => void errors.push(kind) }
    let calls = 0
    const update = (): void => {
      calls++
      throw new Error('no')
    }
    const { subscriber } = hearing()
    subscribe(requestOf(server, { observe, from: 'now' }), { ...subscriber, update })
    const bob = server.connect(notes)
    await settle()
    ann.type('a')
    await settle()
    ann.type('b')
    await settle()
    expect([calls, errors, bob.text(), ann.peer.ending]).toEqual([1, ['bug'], 'ab', null])
    expect(server.events.filter(({ kind }) => kind === 'bug')).toEqual([])
  })
})
