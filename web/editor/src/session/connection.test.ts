import type { ProviderState } from '@quire/provider'
import { closeCodes } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  connectionOf,
  hasDocument,
  holdsOnlyCopy,
  isSettled,
  mayWriteIn,
  unsavedChanges,
} from './connection.ts'
import type { ConnectionState } from './connection.ts'

type Kind = ProviderState['kind']
const kinds = [
  'connecting',
  'syncing',
  'live',
  'waiting',
  'refused',
  'replaced',
  'closed',
] as const satisfies readonly Kind[]

const client = (kind: Kind, changes = 0, more: Partial<ProviderState> = {}): ProviderState => {
  const always = {
    saved: changes === 0,
    unsaved: { changes, unkept: 0, since: changes === 0 ? null : 5 },
    access: 'write',
    user: null,
    serverSaves: true,
    denied: null,
    local: 'open',
    storeProblem: null,
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

const follow =
  (hasSomething: boolean) =>
  (...states: readonly ProviderState[]): ConnectionState =>
    states.reduce<ConnectionState>(
      (state, next) => connectionOf(state, { client: next, hasSomething }),
      {
        kind: 'connecting',
      },
    )
/** What becomes of a document of which this device has nothing. */
const after = follow(false)
/** What becomes of one of which it has something. */
const afterKept = follow(true)

const work = (localChanges = 0, unkept = 0) =>
  ({ localChanges, unkept, keeping: 'kept', denied: null }) as const
const live = (localChanges: number): ConnectionState => ({
  kind: 'live',
  mayWrite: true,
  serverSaves: true,
  ...work(localChanges),
})

describe('the connection', () => {
  it.each<[Kind, ConnectionState, ConnectionState]>([
    ['connecting', { kind: 'connecting' }, { kind: 'reconnecting', mayWrite: true, ...work() }],
    ['syncing', { kind: 'syncing' }, { kind: 'reconnecting', mayWrite: true, ...work() }],
    ['waiting', { kind: 'absent' }, { kind: 'offline', mayWrite: true, ...work() }],
    ['live', live(0), live(0)],
    [
      'refused',
      { kind: 'refused', code: 4403, document: 'unopened', reason: 'no', ...work() },
      { kind: 'refused', code: 4403, document: 'open', reason: 'no', ...work() },
    ],
    [
      'replaced',
      { kind: 'replaced', document: 'unopened', reason: 'another', ...work() },
      { kind: 'replaced', document: 'open', reason: 'another', ...work() },
    ],
    ['closed', { kind: 'connecting' }, { kind: 'connecting' }],
  ])('at the start, %s: with nothing kept here, and with something', (kind, nothing, something) => {
    expect(after(client(kind))).toEqual(nothing)
    expect(afterKept(client(kind))).toEqual(something)
  })

  it('shows nothing before this device has read what it keeps', () => {
    for (const kind of ['connecting', 'waiting', 'syncing'] as const)
      expect(hasDocument(afterKept(client(kind, 0, { local: 'opening' })))).toBe(false)
    expect(after(client('waiting', 0, { local: 'opening' }))).toEqual({ kind: 'connecting' })
  })

  it('is live once the first sync arrived', () => {
    expect(after(client('connecting'), client('syncing'), client('live'))).toEqual(live(0))
  })

  it('is absent until the server is reached, however often it is tried', () => {
    expect(after(client('waiting'), client('connecting'))).toEqual({ kind: 'absent' })
    expect(after(client('waiting'), client('connecting'), client('syncing'))).toEqual({
      kind: 'syncing',
    })
  })

  it('is offline until the server is reached, however often it is tried', () => {
    const lost = [client('live'), client('connecting')]
    expect(after(...lost)).toMatchObject({ kind: 'reconnecting' })
    expect(after(...lost, client('waiting'))).toMatchObject({ kind: 'offline' })
    expect(after(...lost, client('waiting'), client('connecting'))).toMatchObject({
      kind: 'offline',
    })
    expect(after(...lost, client('waiting'), client('syncing'))).toMatchObject({
      kind: 'reconnecting',
    })
  })

  it('keeps the count of unsaved changes through a loss, and follows it', () => {
    const lost = after(client('live', 2), client('waiting', 2))
    expect(lost).toEqual({ kind: 'offline', mayWrite: true, ...work(2) })
    expect(
      unsavedChanges(connectionOf(lost, { client: client('waiting', 3), hasSomething: true })),
    ).toBe(3)
  })

  it('stays the same while nothing of it changes', () => {
    const state = after(client('live', 2))
    expect(connectionOf(state, { client: client('live', 2), hasSomething: true })).toBe(state)
  })

  it('knows whether this device keeps what is changed', () => {
    const full = { kind: 'quota', message: 'full' } as const
    const lost = after(client('live'), client('waiting', 2, { storeProblem: full }))
    expect(lost).toMatchObject({ keeping: 'quota', localChanges: 2 })
    expect(holdsOnlyCopy(lost)).toBe(true)
    expect(holdsOnlyCopy(after(client('live'), client('waiting', 2)))).toBe(false)
    expect(holdsOnlyCopy(after(client('live'), client('waiting', 0, { storeProblem: full })))).toBe(
      false,
    )
    const written = after(
      client('live'),
      client('waiting', 2, { unsaved: { changes: 2, unkept: 1, since: 5 } }),
    )
    expect(written).toMatchObject({ keeping: 'kept', localChanges: 2, unkept: 1 })
    expect(holdsOnlyCopy(written)).toBe(true)
    expect(after(client('live', 1, { local: 'off' }))).toMatchObject({ keeping: 'unavailable' })
  })

  it('carries why a change will never be saved, whatever the connection is in', () => {
    const denied = 'too large'
    for (const kind of ['live', 'connecting', 'syncing', 'waiting', 'refused', 'replaced'] as const)
      expect(afterKept(client(kind, 2, { denied }))).toMatchObject({ denied, localChanges: 2 })
    expect(after(client('live', 2, { denied }), client('live', 2))).toMatchObject({ denied: null })
  })

  it.each<[string, Kind, number, Partial<ProviderState>, boolean]>([
    ['all is saved', 'live', 0, {}, true],
    ['some is on its way', 'live', 1, {}, false],
    ['the server is away', 'waiting', 1, {}, false],
    ['denied and kept here', 'live', 1, { denied: 'too large' }, true],
    ['denied, kept here, and the server is away', 'waiting', 1, { denied: 'too large' }, true],
    ['denied, and only in this tab', 'live', 1, { denied: 'too large', local: 'off' }, false],
  ])('has nothing left to wait for? %s', (_what, kind, count, more, settled) => {
    expect(isSettled(afterKept(client('live'), client(kind, count, more)))).toBe(settled)
  })

  it('keeps a document that was open, read-only, when it is refused, and goes on when it is not', () => {
    const refused = after(client('live', 1), client('refused', 1))
    expect(refused).toMatchObject({ kind: 'refused', document: 'open', localChanges: 1 })
    expect(mayWriteIn(refused)).toBe(false)
    expect(
      connectionOf(refused, { client: client('waiting', 1), hasSomething: true }),
    ).toMatchObject({
      kind: 'offline',
    })
  })

  it('says that a document was replaced, of which nothing can be changed then', () => {
    const replaced = after(client('live'), client('replaced', 3))
    expect(replaced).toMatchObject({ kind: 'replaced', document: 'open', localChanges: 3 })
    expect(mayWriteIn(replaced)).toBe(false)
  })

  it('says what may be done, and whether the server saves', () => {
    const reader = client('live', 0, { access: 'read' })
    expect(mayWriteIn(after(reader))).toBe(false)
    expect(mayWriteIn(after(reader, client('waiting', 0, { access: null })))).toBe(false)
    expect(mayWriteIn(afterKept(client('waiting', 0, { access: null })))).toBe(true)
    expect(after(client('live', 1, { serverSaves: false }))).toMatchObject({ serverSaves: false })
  })

  it('is what it was when it is closed', () => {
    expect(after(client('live', 3), client('closed'))).toEqual(live(3))
  })

  it('shows a document from its first sync on, or from the device, whatever happens then', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds)), fc.boolean(), (all, isKept) => {
        const state = follow(isKept)(...all.map((kind) => client(kind)))
        const isShown = all.includes('live') || (isKept && all.some((kind) => kind !== 'closed'))
        expect(hasDocument(state)).toBe(isShown)
      }),
    )
  })
})
