/* [R15] What was denied is found as a patch of whoever wrote it. */
import { docId, ok, type Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { plainGrant } from '../auth/plain-grant.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { READERS_PLACES } from './patches.ts'
import { tokenAuth } from './testing/logins.ts'
import { openQuire, typistOf } from './testing/quire-peer.ts'
import { pass, settle, startTestServer, until, type TestServer } from './testing/server.ts'

const notes = nameOf('notes')
const auth = tokenAuth({
  ann: () => ok(plainGrant({ access: 'write', user: 'ann', expiresAt: null })),
  bob: () => ok(plainGrant({ access: 'read', user: 'bob', expiresAt: null })),
})

const readOnly = (user: string) => () => ok(plainGrant({ access: 'read', user, expiresAt: null }))

/** Ann, who may write, and later may not; and readers with names. */
const crowd = tokenAuth({
  ann: () => ok(plainGrant({ access: 'write', user: 'ann', expiresAt: null })),
  'ann, lowered': readOnly('ann'),
  ...Object.fromEntries(
    Array.from({ length: READERS_PLACES + 1 }, (_, i) => [`reader ${i}`, readOnly(`reader ${i}`)]),
  ),
})

const patchesOf = async ({ memory, weather }: TestServer) => {
  const row = memory.byName.get(notes)
  if (row === undefined) throw new Error('no such document')
  const { storage } = weather
  const patches = await storage.patches(row.id)
  if (!patches.ok) throw new Error(patches.error.message)
  const texts: [string | null, string][] = []
  for (const { id, user } of patches.value) {
    const parts = await storage.patch(row.id, id)
    const doc = new Y.Doc()
    for (const part of (parts.ok ? parts.value : null) ?? []) Y.applyUpdate(doc, part)
    texts.push([user, doc.getText('text').toJSON()])
  }
  return texts
}

const say = (update: Update, number = 1) => ({ kind: 'update', number, update }) as const

describe('[R15] a change that is denied', () => {
  it('of a session that is lowered while it types is all in its patch, and nothing is lost', async () => {
    const server = startTestServer({ auth })
    const ann = openQuire(server)
    ann.open(1, 'notes', { token: 'ann' })
    await settle()
    const { type, doc } = typistOf(7)
    ann.say(1, say(type('c')))
    await pass(server.clock, 500)
    const revoked = await server.documents.guard.revoke({ user: 'ann', access: 'read' })
    expect(revoked).toMatchObject({ ok: true, value: { sessions: 1 } })
    ann.say(1, say(type('b'), 2))
    ann.say(1, say(type('a'), 3))
    await pass(server.clock, 500)
    await until('it is kept', () => server.events.some(({ kind }) => kind === 'patch-kept'))
    const [patch] = await patchesOf(server)
    expect(patch?.[0]).toBe('ann')
    // the patch is what the document lacks of what she has written
    expect(doc.getText('text').toJSON()).toBe('abc')
    expect(server.memory.byName.get(notes)?.patches[0]?.parts).toHaveLength(1)
  })

  it('waits for a disk that refuses, and its room with it', async () => {
    const server = startTestServer({ auth })
    const bob = openQuire(server)
    bob.open(1, 'notes', { token: 'bob' })
    await settle()
    server.weather.fail('keepPatch', { kind: 'full', message: 'disk full' }, 2)
    bob.say(1, say(typistOf(7).type('mine')))
    await settle()
    bob.peer.hangUp()
    await pass(server.clock, 100)
    expect(server.documents.figures().rooms).toBe(1)
    await pass(server.clock, 2_000)
    expect(server.documents.figures().rooms).toBe(0)
    expect(await patchesOf(server)).toEqual([['bob', 'mine']])
  })

  it('is kept once, however often it is said', async () => {
    const server = startTestServer({ auth })
    const typed = typistOf(7).type('mine')
    for (let i = 0; i < 3; i++) {
      const bob = openQuire(server)
      bob.open(1, 'notes', { token: 'bob' })
      bob.say(1, say(typed))
      await settle()
      bob.peer.hangUp()
      await pass(server.clock, 1_000)
    }
    expect(server.memory.byName.get(notes)?.patches[0]?.parts).toHaveLength(1)
  })

  it('in a patch that is full of copies of itself is kept: what is said twice takes one place', async () => {
    const server = startTestServer({ auth })
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'x'.repeat(60_000))
    for (let i = 0; i < 25; i++) {
      doc.getText('text').insert(0, `${i} `)
      const bob = openQuire(server)
      bob.open(1, 'notes', { token: 'bob' })
      await settle()
      bob.say(1, say(Y.encodeStateAsUpdate(doc) as Update)) // Yjs wrote it
      await settle()
      bob.peer.hangUp()
      await pass(server.clock, 1_000)
      await until('it is kept', () => keptBy(server) === i + 1)
    }
    expect(server.events.filter(({ kind }) => kind === 'patch-full')).toEqual([])
    expect(await patchesOf(server)).toEqual([['bob', doc.getText('text').toJSON()]])
  })

  it('that has no place costs nothing that has one, and is reported each time', async () => {
    const server = startTestServer({ auth })
    const bob = openQuire(server)
    bob.open(1, 'notes', { token: 'bob' })
    await settle()
    const saying = async (text: string, number: number) => {
      const typist = typistOf(number) // each is whole without the others
      const before = told(server)
      bob.say(1, say(typist.type(text), number))
      await pass(server.clock, 600)
      await until('it is told of', () => told(server) > before)
    }
    await saying('p'.repeat(600_000), 1)
    await saying('q'.repeat(600_000), 2)
    await saying('small', 3)
    await saying('r'.repeat(600_000), 4)
    expect(keptBy(server)).toBe(2)
    expect(told(server)).toBe(4)
    const row = server.memory.byName.get(notes)
    const [patch] = row?.patches ?? []
    expect(patch?.parts.map(({ length }) => length > 600_000)).toEqual([true, false])
    await server.weather.storage.removePatch(row?.id ?? docId(0), patch?.id ?? 0)
    await saying('after the patch was dropped', 5)
    expect(await patchesOf(server)).toEqual([['bob', 'after the patch was dropped']])
  })

  it('of a reader takes no place from who could write, also where that one comes again', async () => {
    const server = startTestServer({ auth: crowd })
    const ann = openQuire(server)
    ann.open(1, 'notes', { token: 'ann' })
    await settle()
    ann.say(1, say(typistOf(7).type('hers')))
    await pass(server.clock, 500)
    const row = server.memory.byName.get(notes)
    for (let i = 0; i < READERS_PLACES + 1; i++) {
      const reader = openQuire(server)
      reader.open(1, 'notes', { token: `reader ${i}` })
      await settle()
      reader.say(1, say(typistOf(100 + i).type('spam')))
      await settle()
      reader.peer.hangUp()
    }
    await pass(server.clock, 1_000)
    await until('one has no place', () => server.events.some(({ kind }) => kind === 'patch-full'))
    expect(row?.patches).toHaveLength(READERS_PLACES)
    ann.peer.hangUp()
    const again = openQuire(server)
    again.open(1, 'notes', { token: 'ann, lowered' })
    await settle()
    again.say(1, say(typistOf(8).type('more of hers')))
    await pass(server.clock, 1_000)
    await until('hers is kept', () => row?.patches.length === READERS_PLACES + 1)
    expect((await patchesOf(server)).at(-1)).toEqual(['ann', 'more of hers'])
  })
})

const keptBy = ({ events }: TestServer): number =>
  events.filter(({ kind }) => kind === 'patch-kept').length

/** What became of what was denied, as far as it is told. */
const told = ({ events }: TestServer): number =>
  events.filter(({ kind }) => kind === 'patch-kept' || kind === 'patch-full').length
