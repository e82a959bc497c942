import type { ProviderState } from '@quire/provider'
import { closeCodes, millis } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { connectionOf, hasDocument, mayWriteIn, unsentChanges } from './connection.ts'
import type { ConnectionState } from './connection.ts'

type Kind = ProviderState['kind']

const client = (kind: Kind, changes = 0, more: Partial<ProviderState> = {}): ProviderState => {
  const always = {
    saved: changes === 0,
    unsaved: { changes, since: changes === 0 ? null : 5 },
    access: 'write',
    user: null,
    serverSaves: true,
    denied: null,
  } as const
  const situation = {
    connecting: { kind: 'connecting' },
    syncing: { kind: 'syncing' },
    live: { kind: 'live' },
    waiting: { kind: 'waiting', until: 9, reason: 'cut' },
    refused: { kind: 'refused', code: closeCodes.forbidden.code, reason: 'no' },
    replaced: { kind: 'replaced', reason: 'another' },
    closed: { kind: 'closed' },
  } as const
  return { ...always, ...situation[kind], ...more } as ProviderState // one of each
}

function after(...states: readonly ProviderState[]): ConnectionState {
  return states.reduce<ConnectionState>((state, next) => connectionOf(state, next, millis(7)), {
    kind: 'connecting',
  })
}
const live = (localChanges: number): ConnectionState => ({
  kind: 'live',
  localChanges,
  mayWrite: true,
  serverSaves: true,
})

describe('the connection', () => {
  it('is live once the first sync arrived', () => {
    expect(after(client('connecting'), client('syncing'))).toEqual({ kind: 'syncing' })
    expect(after(client('syncing'), client('live'))).toEqual(live(0))
  })

  it('goes back to connecting when it drops before the first sync', () => {
    expect(after(client('syncing'), client('waiting'))).toEqual({ kind: 'connecting' })
  })

  it('keeps the count of unsaved changes through a loss, and follows it', () => {
    const lost = after(client('live', 2), client('waiting', 2))
    expect(lost).toEqual({ kind: 'reconnecting', since: 7, localChanges: 2, mayWrite: true })
    expect(unsentChanges(connectionOf(lost, client('syncing', 3), millis(99)))).toBe(3)
  })

  it('has been lost since it was, whatever is tried meanwhile', () => {
    const lost = after(client('live'), client('waiting'))
    const tried = connectionOf(lost, client('connecting'), millis(99))
    expect(connectionOf(tried, client('syncing'), millis(100))).toMatchObject({ since: 7 })
  })

  it('stays the same while nothing of it changes', () => {
    const state = after(client('live', 2))
    expect(connectionOf(state, client('live', 2), millis(99))).toBe(state)
  })

  it('keeps a document that was open, read-only, when it is refused, and goes on when it is not', () => {
    const refused = after(client('live', 1), client('refused', 1))
    expect(refused).toEqual({
      kind: 'refused',
      code: closeCodes.forbidden.code,
      reason: 'no',
      document: 'open',
      localChanges: 1,
    })
    expect(mayWriteIn(refused)).toBe(false)
    expect(connectionOf(refused, client('connecting', 1), millis(8))).toMatchObject({
      kind: 'reconnecting',
      since: 8,
    })
    expect(after(client('refused'))).toMatchObject({ document: 'unopened' })
  })

  it('says that a document was replaced', () => {
    expect(after(client('live'), client('replaced'))).toMatchObject({
      kind: 'refused',
      code: closeCodes.replaced.code,
    })
  })

  it('says what may be done, and whether the server saves', () => {
    const reader = client('live', 0, { access: 'read' })
    expect(mayWriteIn(after(reader))).toBe(false)
    expect(mayWriteIn(after(reader, client('waiting', 0, { access: null })))).toBe(false)
    expect(after(client('live', 1, { serverSaves: false }))).toMatchObject({ serverSaves: false })
  })

  it('is what it was when it is closed', () => {
    expect(after(client('live', 3), client('closed'))).toEqual(live(3))
  })

  it('shows a document from its first sync on, whatever happens then', () => {
    const kinds = fc.constantFrom<Kind>(
      'connecting',
      'syncing',
      'live',
      'waiting',
      'refused',
      'replaced',
      'closed',
    )
    fc.assert(
      fc.property(fc.array(kinds), (all) => {
        const state = after(...all.map((kind) => client(kind)))
        expect(hasDocument(state)).toBe(all.includes('live'))
      }),
    )
  })
})
