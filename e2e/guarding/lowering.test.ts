/* Whose changes they are, and what is left of those whose logins were taken back, by the document API. */
import { connect, type Connected } from '@quire/provider'
import { createApiClient, type ApiClient } from '@quire/server/client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { sign, SECRET } from '../compat/servers/login.ts'
import { serverDuringTest } from '../harness/during-test.ts'

interface Said {
  readonly sub?: string
  readonly name?: string
  readonly jti?: string
}

/** A token that may write everything. */
const tokenFor = (said: Said): string =>
  sign({
    ...said,
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 600,
    docs: [{ name: '*', access: 'write' }],
  })

const start = async (): Promise<{ readonly url: string; readonly api: ApiClient }> => {
  const { url } = await serverDuringTest({
    env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET },
  })
  return { url, api: createApiClient({ url, token: tokenFor({}) }) }
}

const open = (url: string, token: string): { readonly doc: Y.Doc; readonly notes: Connected } => {
  const doc = new Y.Doc()
  const notes = connect({ url, document: 'notes', doc, token: () => token })
  onTestFinished(() => notes.close())
  return { doc, notes }
}

const eventually = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 10 })

describe('somebody who is lowered', () => {
  it('writes no more, and an application may still write in his name, also what he had written', async () => {
    const { url, api } = await start()
    await api.create('notes')
    const bob = open(url, tokenFor({ sub: 'bob' }))
    bob.doc.getText('body').insert(0, 'first ')
    await eventually(() => expect(bob.notes.state.saved).toBe(true))
    expect(await api.revoke({ user: 'bob', access: 'read' })).toMatchObject({ sessions: 1 })
    await eventually(() => expect(bob.notes.state.access).toBe('read'))
    bob.doc.getText('body').insert(6, 'second ')
    const notes = api.document('notes')
    await eventually(async () => expect(await notes.patches()).toMatchObject([{ user: 'bob' }]))
    expect((await notes.read('text', { field: 'body' })).content.trim()).toBe('first')
    const [patch] = await notes.patches()
    await notes.applyPatch(patch?.id ?? 0, { author: 'bob' })
    await notes.append('text', 'third', { field: 'body', author: 'bob' })
    expect((await notes.read('text', { field: 'body' })).content).toContain('first second')
    expect((await notes.authors({ field: 'body' })).ranges.map(({ author }) => author)).toEqual([
      'bob',
    ])
    // nothing of the application's own is kept as what he was denied
    expect(await notes.patches()).toMatchObject([{ id: patch?.id, parts: patch?.parts }])
    await notes.dropPatch(patch?.id ?? 0)
    expect(await notes.patches()).toEqual([])
  })

  it('is let in again where the revocation is ended', async () => {
    const { url, api } = await start()
    await api.create('notes')
    const bob = open(url, tokenFor({ sub: 'bob' }))
    await eventually(() => expect(bob.notes.state.access).toBe('write'))
    const { id } = await api.revoke({ user: 'bob', document: 'no*', access: 'comment' })
    await eventually(() => expect(bob.notes.state.access).toBe('comment'))
    expect(await api.revocations()).toMatchObject([{ id, user: 'bob', document: 'no*' }])
    await api.unrevoke(id)
    await eventually(() => expect(bob.notes.state.access).toBe('write'))
    expect(await api.revocations()).toEqual([])
  })

  it('is told by the API as well, and sent away where nothing is left', async () => {
    const { url, api } = await start()
    await api.create('notes')
    const token = tokenFor({ sub: 'bob', jti: 'of bob' })
    const bob = open(url, token)
    await eventually(() => expect(bob.notes.state.kind).toBe('live'))
    await api.revoke({ token: 'of bob' })
    await eventually(() => expect(bob.notes.state).toMatchObject({ kind: 'refused', code: 4403 }))
    const his = createApiClient({ url, token }).document('notes')
    await expect(his.facts()).rejects.toMatchObject({
      status: 403,
      message: 'this login was revoked',
    })
  })
})

describe('connections', () => {
  it('are listed with who they are, and ended one by one', async () => {
    const { url, api } = await start()
    await api.create('notes')
    const bob = open(url, tokenFor({ sub: 'bob', name: 'Bob' }))
    await eventually(() => expect(bob.notes.state.kind).toBe('live'))
    const notes = api.document('notes')
    const [connection, ...more] = await notes.connections()
    expect(more).toEqual([])
    expect(connection).toMatchObject({
      user: 'bob',
      name: 'Bob',
      access: 'write',
      family: 'quire.v1',
    })
    await notes.kick(connection?.id ?? 0)
    await eventually(() => expect(bob.notes.state.kind).toBe('refused'))
    expect(await notes.connections()).toEqual([])
  })
})
