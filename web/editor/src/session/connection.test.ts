import { closeCodes, millis } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hasDocument, nextConnection, unsentChanges } from './connection.ts'
import type { ConnectionEvent, ConnectionState } from './connection.ts'

function after(...events: ConnectionEvent[]): ConnectionState {
  return events.reduce(nextConnection, { kind: 'connecting' })
}

const opened: ConnectionEvent = { kind: 'opened' }
const synced: ConnectionEvent = { kind: 'synced' }
const lost: ConnectionEvent = { kind: 'lost', at: millis(7) }
const counted = (localChanges: number): ConnectionEvent => ({ kind: 'counted', localChanges })
const closed: ConnectionEvent = { kind: 'closed', code: closeCodes.forbidden.code, reason: 'no' }

const events = fc.constantFrom(opened, synced, lost, counted(0), counted(2), closed, {
  kind: 'retried',
  at: millis(9),
} satisfies ConnectionEvent)

describe('the connection', () => {
  it('is live once the first sync arrived', () => {
    expect(after(opened)).toEqual({ kind: 'syncing' })
    expect(after(opened, synced)).toEqual({ kind: 'live', localChanges: 0 })
  })

  it('goes back to connecting when it drops before the first sync', () => {
    expect(after(opened, lost)).toEqual({ kind: 'connecting' })
  })

  it('keeps the count of unconfirmed changes through a loss, and follows it', () => {
    expect(unsentChanges(after(opened, synced, counted(2)))).toBe(2)
    expect(after(opened, synced, counted(2), lost)).toEqual({
      kind: 'reconnecting',
      since: 7,
      localChanges: 2,
    })
    expect(unsentChanges(after(opened, synced, counted(2), lost, counted(3)))).toBe(3)
  })

  it('stays the same while the count does', () => {
    const live = after(opened, synced, counted(2))
    expect(nextConnection(live, counted(2))).toBe(live)
  })

  it('stays reconnecting while a new socket has opened but not synced', () => {
    expect(after(opened, synced, lost, opened, lost, opened)).toMatchObject({
      kind: 'reconnecting',
      since: 7,
    })
  })

  it('does not take being live again for a confirmation', () => {
    const again = [opened, synced, lost, counted(1), opened, synced]
    expect(after(...again)).toEqual({ kind: 'live', localChanges: 1 })
    expect(after(...again, counted(0))).toEqual({ kind: 'live', localChanges: 0 })
  })

  it('keeps the text and the count when the server refuses an open document', () => {
    expect(after(opened, synced, lost, counted(1), closed)).toEqual({
      kind: 'refused',
      code: closeCodes.forbidden.code,
      reason: 'no',
      document: 'open',
      localChanges: 1,
    })
  })

  it('tries again from where it was', () => {
    expect(after(closed, { kind: 'retried', at: millis(9) })).toEqual({ kind: 'connecting' })
    expect(
      after(opened, synced, lost, counted(1), closed, { kind: 'retried', at: millis(9) }),
    ).toEqual({
      kind: 'reconnecting',
      since: 9,
      localChanges: 1,
    })
  })

  it('never takes the document away again, in any order of events', () => {
    fc.assert(
      fc.property(fc.array(events), (sequence) => {
        let state: ConnectionState = { kind: 'connecting' }
        let had = false
        for (const event of sequence) {
          state = nextConnection(state, event)
          expect(!had || hasDocument(state)).toBe(true)
          had = hasDocument(state)
        }
      }),
    )
  })
})
