import {
  decodeNotice,
  encodeChannelRequest,
  seq,
  type ChannelRequest,
  type Mark,
  type StateVector,
  type Update,
} from '@quire/shared'
import { everyTruncation, mutate, mutations, runSession, sessionPlans } from '@quire/shared/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { ServerMessage } from '../room/message.ts'
import { quire } from './quire.ts'

const dialect = quire(300, { presenceEntries: 10, presenceBytes: 1_000 })
const decode = (message: ChannelRequest) => dialect.decode(encodeChannelRequest(300, message))
const told = (message: ServerMessage): readonly unknown[] =>
  dialect.encode(message).map((frame) => {
    const notice = decodeNotice(frame)
    if (!notice.ok) throw new Error(notice.error.message)
    expect(notice.value.channel).toBe(300)
    return notice.value.message
  })

describe('quire.v1 on a channel', () => {
  it('[P25] hears a change as the change and a mark behind it', () => {
    fc.assert(
      fc.property(sessionPlans, fc.integer({ min: 1, max: 2 ** 50 }), (plan, number) => {
        for (const update of runSession(plan).updates) {
          const heard = decode({ kind: 'update', number, update: update as Update })
          if (!heard.ok) throw new Error(heard.error.message)
          expect(heard.value.map(({ kind }) => kind)).toEqual(['update', 'mark'])
          const mark = heard.value[1]
          if (mark?.kind !== 'mark') throw new Error('no mark')
          expect(told({ kind: 'ack', receipts: [{ kind: 'mark', mark: mark.mark }] })).toEqual([
            { kind: 'saved', number },
          ])
        }
      }),
      { numRuns: 30 },
    )
  })

  it('hears an answer, a question, a position, presence and a signal', () => {
    const stateVector = Y.encodeStateVector(new Y.Doc()) as StateVector
    const kinds = (message: ChannelRequest): unknown => {
      const heard = decode(message)
      return heard.ok ? heard.value.map(({ kind }) => kind) : heard.error
    }
    const update = Uint8Array.of(0, 0) as Update
    expect(kinds({ kind: 'answer', number: 1, update })).toEqual(['sync-step-2', 'mark'])
    expect(kinds({ kind: 'ask', stateVector })).toEqual(['sync-step-1'])
    expect(kinds({ kind: 'position', epoch: 1, seq: seq(2), writer: 3 })).toEqual(['position'])
    expect(kinds({ kind: 'presence', presence: Uint8Array.of(0) })).toEqual(['presence'])
    expect(kinds({ kind: 'signal', data: Uint8Array.of(9) })).toEqual(['signal'])
    expect(dialect.decode(Uint8Array.of(172, 2, 99))).toMatchObject({
      value: [{ kind: 'unknown' }],
    })
  })

  it('[P2] takes nothing of what does not read to its end, and never throws', () => {
    fc.assert(
      fc.property(sessionPlans, fc.array(mutations, { maxLength: 6 }), (plan, damage) => {
        for (const update of runSession(plan).updates.slice(0, 2)) {
          const frame = encodeChannelRequest(300, {
            kind: 'update',
            number: 1,
            update: update as Update,
          })
          for (const part of everyTruncation(frame)) expect(dialect.decode(part).ok).toBe(false)
          for (const mutation of damage) dialect.decode(mutate(frame, mutation, frame))
        }
      }),
      { numRuns: 20 },
    )
  })

  it('[P25] tells the last of several marks, and nothing of what has none', () => {
    const mark = (number: number) =>
      ({ kind: 'mark', mark: Uint8Array.of(number) as Mark }) as const
    const change = {
      kind: 'update',
      update: Uint8Array.of(0, 0) as Update,
      isCounted: true,
    } as const
    expect(told({ kind: 'ack', receipts: [change, mark(1), change, mark(2)] })).toEqual([
      { kind: 'saved', number: 2 },
    ])
    expect(told({ kind: 'ack', receipts: [change] })).toEqual([])
  })

  it('has words for what concerns its clients, and none for the rest', () => {
    expect(told({ kind: 'granted', access: 'comment' })).toEqual([
      { kind: 'access', access: 'comment' },
    ])
    expect(told({ kind: 'query-token' })).toEqual([{ kind: 'token-wanted' }])
    expect(told({ kind: 'opened', epoch: 4, user: 'ann' })).toEqual([
      { kind: 'opened', epoch: 4, user: 'ann' },
    ])
    expect(told({ kind: 'denied', reason: 'no' })).toEqual([{ kind: 'denied', reason: 'no' }])
    for (const message of [
      { kind: 'query-presence' },
      { kind: 'keep-alive' },
      { kind: 'stateless', text: 'x' },
    ] as const)
      expect(told(message)).toEqual([])
  })
})
