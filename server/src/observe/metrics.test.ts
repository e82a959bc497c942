import { describe, expect, it } from 'vitest'
import type { QuireEvent } from '../ports/observe.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { all } from './all.ts'
import { createMetrics, type ServerState } from './metrics.ts'
import { Scrape } from './testing/scrape.ts'

const document = nameOf('notes')

const IDLE: ServerState = {
  documents: { open: 0, failing: 0, unopened: 0 },
  unsaved: { bytes: 0, oldestMs: 0 },
  queuedBytes: {},
  queuedEntries: {},
  databaseBytes: {},
  connections: {},
  isDraining: false,
}

const figuresAfter = async (...events: readonly QuireEvent[]) => {
  const metrics = createMetrics()
  for (const event of events) metrics.observe.event(event)
  return new Scrape(await metrics.read(async () => IDLE))
}

describe('the figures', () => {
  it('tell an attempt that a target has failed from an outbox that could not be used', async () => {
    const figures = await figuresAfter(
      { kind: 'webhook-failed', host: 'a.example', attempt: 2, problem: 'status 500' },
      { kind: 'webhook-failed', host: '', attempt: 0, problem: 'disk full' },
      { kind: 'webhook-failed', host: '', attempt: 0, problem: 'disk full' },
    )
    expect(figures.value('quire_webhooks_total', { outcome: 'failed' })).toBe(1)
    expect(figures.value('quire_storage_errors_total', { operation: 'outbox' })).toBe(2)
  })

  it('are written once for all who ask at a time, and anew for the next', async () => {
    const metrics = createMetrics()
    const held = Promise.withResolvers<ServerState>()
    let reads = 0
    const state = () => {
      reads++
      return held.promise
    }
    const asked = Array.from({ length: 100 }, () => metrics.read(state))
    held.resolve(IDLE)
    expect(new Set(await Promise.all(asked)).size).toBe(1)
    expect(reads).toBe(1)
    await metrics.read(state)
    expect(reads).toBe(2)
  })

  it('can be read again where they could not be read', async () => {
    const metrics = createMetrics()
    await expect(metrics.read(() => Promise.reject(new Error('no disk')))).rejects.toThrow(
      'no disk',
    )
    expect(new Scrape(await metrics.read(async () => IDLE)).value('quire_unsaved_bytes')).toBe(0)
  })

  it('hold a latency in the buckets from half a millisecond to ten seconds', async () => {
    const figures = await figuresAfter(
      { kind: 'acknowledged', document, ms: 0.4 },
      { kind: 'acknowledged', document, ms: 30 },
      { kind: 'acknowledged', document, ms: 20_000 },
    )
    const [series] = figures.families.get('quire_ack_seconds')?.metrics ?? []
    expect(series).toMatchObject({ count: '3', sum: '20.0304' })
    const { buckets = {} } = series ?? {}
    expect([buckets['0.0005'], buckets['0.025'], buckets['0.05'], buckets['10']]).toEqual([
      '1',
      '1',
      '2',
      '2',
    ])
  })

  it('know who is slow now, also of those who leave meanwhile', async () => {
    const who = { document, family: 'quire', transport: 'websocket' } as const
    const joined = (session: number): QuireEvent => ({ kind: 'session-joined', session, ...who })
    const held = [1, 2, 3].map((session) => ({ kind: 'session-held', session, document }) as const)
    const figures = await figuresAfter(
      joined(1),
      joined(2),
      joined(3),
      ...held,
      { kind: 'session-resynced', session: 1, document },
      { kind: 'session-left', session: 2, ms: 5, ...who },
    )
    expect(figures.value('quire_slow_sessions')).toBe(1)
    expect(figures.value('quire_slow_sessions_total')).toBe(3)
    expect(figures.value('quire_resyncs_total')).toBe(1)
    expect(figures.value('quire_sessions')).toBe(2)
  })

  it('begin at zero where a rate is to be made of them', async () => {
    const figures = await figuresAfter()
    expect(figures.value('quire_updates_total', { family: 'hocuspocus' })).toBe(0)
    expect(figures.value('quire_storage_errors_total', { operation: 'append' })).toBe(0)
    expect(figures.value('quire_closes_total', { close: 'forbidden' })).toBe(0)
  })

  it('count refusals, closes, quarantine and folds as they are told', async () => {
    const figures = await figuresAfter(
      {
        kind: 'newcomer-refused',
        bound: 'handshakes',
        of: 'address',
        limit: 1,
        address: '192.0.2.1',
      },
      { kind: 'session-closed', document, close: 'badFrame', reason: 'x' },
      { kind: 'compacted', document, folded: 40, bytes: 100 },
      { kind: 'keys-failed', problem: 'x' },
      { kind: 'bug', document: null, error: new Error('x') },
    )
    expect(figures.value('quire_refusals_total', { bound: 'handshakes', of: 'address' })).toBe(1)
    expect(figures.value('quire_closes_total', { close: 'badFrame' })).toBe(1)
    expect(figures.value('quire_compacted_updates_total')).toBe(40)
    expect(figures.value('quire_key_errors_total')).toBe(1)
    expect(figures.value('quire_bugs_total')).toBe(1)
  })
})

describe('several who listen', () => {
  const update = { kind: 'update-accepted', document, family: 'quire', bytes: 1 } as const
  const drained = { kind: 'drained', left: 0 } as const

  it('hear all, and of what is measured those who measure', () => {
    const [heard, measured]: [QuireEvent[], QuireEvent[]] = [[], []]
    const both = all(
      { event: (event) => heard.push(event) },
      { measures: true, event: (event) => measured.push(event) },
    )
    for (const event of [update, drained]) both.event(event)
    expect(both.measures).toBe(true)
    expect([heard, measured]).toEqual([[drained], [update, drained]])
  })

  it('measure nothing where none of them does', () => {
    expect(all({ event: () => undefined }).measures).toBe(false)
  })
})
