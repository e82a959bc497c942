import * as encoding from 'lib0/encoding'
import { EMPTY_UPDATE, type Update } from '@quire/shared'
import { describe, expect, it, vi } from 'vitest'
import { writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import { poisons } from '../content/testing/poison.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, testLimits, until } from './testing/server.ts'

const silent = (): void => {}
vi.spyOn(console, 'error').mockImplementation(silent) // y-protocols tells of what Yjs throws on

const notes = nameOf('notes')
const FORGED_CLIENT = 7 // of poison.ts
const [{ before, breaks } = { before: [], breaks: EMPTY_UPDATE }] = poisons

const frameOf = (update: Update): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    writeUpdate(out, update)
  })

/** A server that folds whenever the last one leaves. */
const setUp = () => {
  const server = startTestServer({ limits: { ...testLimits, compactIdleUpdates: 1 } })
  const commit = async (): Promise<void> => {
    await settle()
    server.clock.advance(10)
    await settle()
  }
  return {
    server,
    commit,
    /** One who says these updates, and words of its own around them; then everybody leaves. */
    async visit(updates: readonly Update[], words: string): Promise<void> {
      const writer = server.connect(notes)
      await settle()
      writer.type(words)
      await commit()
      for (const update of updates) {
        writer.peer.say(frameOf(update))
        await commit()
      }
      writer.peer.hangUp()
      await until('the document is folded and gone', () => server.documents.figures().rooms === 0)
    },
    async inQuarantine() {
      const row = server.memory.byName.get(notes)
      if (row === undefined) throw new Error('no document')
      const kept = await server.weather.storage.quarantined(row.id)
      return kept.ok ? kept.value.map(({ bytes }) => bytes) : kept
    },
  }
}

describe('[R14] an update that breaks its document', () => {
  it('is kept aside; the rest is folded and served, and the room opens as before', async () => {
    const { server, visit, inQuarantine } = setUp()
    await visit([...before, breaks], 'honest ')
    expect(await inQuarantine()).toEqual([breaks])
    expect(server.memory.byName.get(notes)).toMatchObject({ tail: [], snapshot: { through: 3 } })
    expect(server.events).toContainEqual({
      kind: 'quarantined',
      document: notes,
      updates: [3],
      problem: expect.any(String) as unknown,
    })
    const reader = server.connect(notes)
    await settle()
    reader.type('words')
    await settle()
    expect([reader.isSynced, reader.text()]).toEqual([true, 'honest words'])
  })

  it('is not claimed by the room that opens next, so that who has it may send it; it is kept once', async () => {
    const { server, visit, inQuarantine } = setUp()
    await visit([...before, breaks], 'one ')
    await visit([breaks], 'two ') // accepted, so it was not known
    expect(await inQuarantine()).toEqual([breaks])
    expect(server.events.filter(({ kind }) => kind === 'quarantined')).toHaveLength(2)
    const snapshot = server.memory.byName.get(notes)?.snapshot
    if (!snapshot) throw new Error('not folded')
    expect(Y.decodeStateVector(snapshot.stateVector).get(FORGED_CLIENT)).toBe(1)
  })
})
