import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, testLimits, until } from './testing/server.ts'

const notes = nameOf('notes')
const MIB = 1024 * 1024
const LARGE = 'x'.repeat(1.5 * MIB)

/** A writer and two readers, for whom a large update is too much for one turn. */
const setUp = async (lagBytes: number) => {
  const limits = { ...testLimits, unsavedBytes: 64 * MIB }
  const server = startTestServer({ lagBytes, limits })
  const [ann, bob, cyd] = ['ann', 'bob', 'cyd'].map(() => server.connect(notes))
  if (ann === undefined || bob === undefined || cyd === undefined) throw new Error('three')
  await settle()
  return { server, ann, bob, cyd }
}

describe('a large update', () => {
  it('[R9] that is too much on its way to readers is told of when that is written, and nothing is missed', async () => {
    const { server, ann, bob, cyd } = await setUp(MIB)
    for (let i = 0; i < 4; i++) ann.type(LARGE)
    ann.type('end')
    expect(server.events.filter(({ kind }) => kind === 'session-held')).toHaveLength(2)
    await until('both have all of it', () =>
      [bob, cyd].every((reader) => reader.text() === ann.text()),
    )
    ann.type('and on')
    await settle()
    expect([bob.text().slice(-6), cyd.text().slice(-6)]).toEqual(['and on', 'and on'])
  })

  it('[R10] is written before a drain closes those whom it is for', async () => {
    const { server, ann, bob, cyd } = await setUp(64 * MIB)
    ann.type(LARGE)
    ann.type('end')
    expect(bob.text()).toBe('')
    void server.documents.drain(60_000)
    await settle()
    expect([bob.peer.ending?.code, cyd.peer.ending?.code]).toEqual([1012, 1012])
    expect([bob.text() === ann.text(), cyd.text() === ann.text()]).toEqual([true, true])
  })
})
