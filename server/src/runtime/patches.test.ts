/* [R15] What was denied is found as a patch of whoever wrote it. */
import { ok, type Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { plainGrant } from '../auth/plain-grant.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { tokenAuth } from './testing/logins.ts'
import { openQuire, typistOf } from './testing/quire-peer.ts'
import { pass, settle, startTestServer, until, type TestServer } from './testing/server.ts'

const notes = nameOf('notes')
const auth = tokenAuth({
  ann: () => ok(plainGrant({ access: 'write', user: 'ann', expiresAt: null })),
  bob: () => ok(plainGrant({ access: 'read', user: 'bob', expiresAt: null })),
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
})
