import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hasDocument, nextConnection, unsentChanges } from './connection.ts'
import type { ConnectionEvent, ConnectionState } from './connection.ts'

function after(...events: ConnectionEvent[]): ConnectionState {
  return events.reduce(nextConnection, { kind: 'connecting' })
}

const opened: ConnectionEvent = { kind: 'opened' }
const synced: ConnectionEvent = { kind: 'synced' }
const lost: ConnectionEvent = { kind: 'lost', at: 7, unheard: 0 }
const changedHere: ConnectionEvent = { kind: 'changedHere' }
const closed: ConnectionEvent = { kind: 'closed', code: 4403, reason: 'no' }

const events = fc.constantFrom(opened, synced, lost, changedHere, closed, {
  kind: 'retried',
  at: 9,
} satisfies ConnectionEvent)

describe('the connection', () => {
  it('is live once the first sync arrived', () => {
    expect(after(opened)).toEqual({ kind: 'syncing' })
    expect(after(opened, synced)).toEqual({ kind: 'live' })
  })

  it('goes back to connecting when it drops before the first sync', () => {
    expect(after(opened, lost)).toEqual({ kind: 'connecting' })
  })

  it('counts the changes made since the loss, and those the server was not heard after', () => {
    const state = after(opened, synced, { kind: 'lost', at: 7, unheard: 2 }, changedHere)
    expect(state).toEqual({ kind: 'reconnecting', since: 7, localChanges: 3 })
  })

  it('stays reconnecting while a new socket has opened but not synced', () => {
    expect(after(opened, synced, lost, opened, lost, opened)).toMatchObject({
      kind: 'reconnecting',
      since: 7,
    })
  })

  it('forgets the count when it is live again', () => {
    expect(unsentChanges(after(opened, synced, lost, changedHere, opened, synced))).toBe(0)
  })

  it('keeps the text and the count when the server refuses an open document', () => {
    expect(after(opened, synced, lost, changedHere, closed)).toEqual({
      kind: 'refused',
      code: 4403,
      reason: 'no',
      document: 'open',
      localChanges: 1,
    })
  })

  it('tries again from where it was', () => {
    expect(after(closed, { kind: 'retried', at: 9 })).toEqual({ kind: 'connecting' })
    expect(after(opened, synced, lost, changedHere, closed, { kind: 'retried', at: 9 })).toEqual({
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
