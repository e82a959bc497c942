import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'
import type { StateVector, Update } from '../bytes.ts'
import { runSession, sessionPlans } from '../testing/yjs-session.ts'
import { ByteReader } from './byte-reader.ts'
import { readSync, type SyncMessage, writeSync } from './sync.ts'

const written = (write: (out: encoding.Encoder) => void): Uint8Array => {
  const out = encoding.createEncoder()
  write(out)
  return encoding.toUint8Array(out)
}

const ours = (message: SyncMessage): Uint8Array => written((out) => writeSync(out, message))

const read = (bytes: Uint8Array): ReturnType<typeof readSync> => readSync(new ByteReader(bytes))

describe('sync messages', () => {
  test('[P15] are the bytes of y-protocols', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        const [doc = new Y.Doc()] = runSession(plan).docs
        const stateVector = Y.encodeStateVector(doc) as StateVector
        const update = Y.encodeStateAsUpdate(doc) as Update
        expect(ours({ kind: 'sync-step-1', stateVector })).toEqual(
          written((out) => sync.writeSyncStep1(out, doc)),
        )
        expect(ours({ kind: 'sync-step-2', update })).toEqual(
          written((out) => sync.writeSyncStep2(out, doc)),
        )
        expect(ours({ kind: 'update', update })).toEqual(
          written((out) => sync.writeUpdate(out, update)),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('[P7] of y-protocols are read as they were meant', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        const { docs, updates } = runSession(plan)
        const [doc = new Y.Doc()] = docs
        expect(read(written((out) => sync.writeSyncStep1(out, doc)))).toMatchObject({
          ok: true,
          value: {
            kind: 'sync-step-1',
            stateVector: Y.encodeStateVector(doc),
          },
        })
        expect(read(written((out) => sync.writeSyncStep2(out, doc)))).toMatchObject({
          ok: true,
          value: { kind: 'sync-step-2', contents: { update: Y.encodeStateAsUpdate(doc) } },
        })
        for (const update of updates)
          expect(read(written((out) => sync.writeUpdate(out, update)))).toMatchObject({
            ok: true,
            value: { kind: 'update', contents: { update } },
          })
      }),
      { numRuns: 30 },
    )
  })

  test('what we write does to a y-protocols client what its own messages do', () => {
    const from = new Y.Doc()
    from.getText('text').insert(0, 'hello')
    const to = new Y.Doc()
    const bytes = ours({ kind: 'sync-step-2', update: Y.encodeStateAsUpdate(from) as Update })
    sync.readSyncMessage(decoding.createDecoder(bytes), encoding.createEncoder(), to, 'test')
    expect(to.getText('text').toJSON()).toBe('hello')
  })

  test('[P8] leave the reader at the next message', () => {
    const reader = new ByteReader(Uint8Array.of(0, 1, 0, 2, 2, 0, 0))
    expect(readSync(reader)).toMatchObject({ ok: true, value: { kind: 'sync-step-1' } })
    expect(readSync(reader)).toMatchObject({ ok: true, value: { kind: 'update' } })
    expect(reader.left).toBe(0)
  })

  test.each([
    ['a sub-type that is not known', [3, 1, 0], 'unknown'],
    ['a sub-type that is not known and nothing behind it', [9], 'unknown'],
    ['no bytes', [], 'truncated'],
    ['a length that lies', [2, 9, 0, 0], 'truncated'],
    ['an update with bytes behind it', [2, 3, 0, 0, 0], 'trailing'],
    ['a state vector with bytes behind it', [0, 2, 0, 0], 'trailing'],
    ['an update of no bytes', [2, 0], 'truncated'],
  ])('[P2] with %s are a problem', (_, list, kind) => {
    const result = read(Uint8Array.from(list))
    expect(result.ok ? null : result.error.kind).toBe(kind)
  })
})
