import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { SAMPLES_KEPT, TROUBLES_KEPT } from '@quire/shared'
import type { QuireEvent } from '../ports/observe.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { OperationsFeed, type MeasuredFigures } from './operations-feed.ts'

const notes = nameOf('notes')

const NOTHING: MeasuredFigures = {
  documents: 0,
  sessions: 0,
  unsavedBytes: 0,
  unsavedMs: 0,
  queuedBytes: 0,
  rssBytes: 0,
  heapBytes: 0,
  loopP99: 0,
  loopMax: 0,
  cpu: 0,
}

const start = () => {
  const clock = createManualClock()
  const feed = new OperationsFeed(clock)
  return { clock, feed, say: (event: QuireEvent) => feed.event(event) }
}

const closed = (reason: string, close: 'forbidden' | 'badFrame' | 'normal' = 'badFrame') =>
  ({ kind: 'session-closed', document: notes, close, reason }) as const

describe('the feed of operations', () => {
  it('counts an interval and begins anew, and latencies by their own interval', () => {
    const { clock, feed, say } = start()
    for (let i = 1; i <= 100; i++) {
      say({ kind: 'update-accepted', document: notes, family: 'quire', bytes: 10 })
      say({ kind: 'acknowledged', document: notes, ms: i })
    }
    say({ kind: 'committed', documents: 1, updates: 100, bytes: 1_000, ms: 0.25 })
    clock.advance(2_000)
    const first = feed.sample(NOTHING)
    expect(first).toMatchObject({ ms: 2_000, updates: 100, bytes: 1_000, commits: 1 })
    expect(first.ackP50).toBeCloseTo(50, 0)
    expect(first.ackP99).toBeCloseTo(99, 0)
    expect(first.commitP50).toBeCloseTo(0.25, 2)
    expect(first.relayP99).toBeNull()
    clock.advance(2_000)
    expect(feed.sample(NOTHING)).toMatchObject({ updates: 0, ackP50: null, commitP99: null })
    expect(feed.since).toMatchObject({ updates: 100, bytes: 1_000, commits: 1 })
  })

  it('keeps the newest samples and no more', () => {
    const { clock, feed } = start()
    for (let i = 0; i < SAMPLES_KEPT + 10; i++) {
      clock.advance(2_000)
      feed.sample({ ...NOTHING, documents: i })
    }
    expect(feed.samples).toHaveLength(SAMPLES_KEPT)
    expect([feed.samples[0]?.documents, feed.samples.at(-1)?.documents]).toEqual([10, 309])
  })

  it('counts by document only while somebody looks', () => {
    const { feed, say } = start()
    const accepted = {
      kind: 'update-accepted',
      document: notes,
      family: 'quire',
      bytes: 7,
    } as const
    say(accepted)
    feed.sample(NOTHING)
    expect(feed.active.size).toBe(0)
    feed.watch(true)
    say(accepted)
    say(accepted)
    feed.sample(NOTHING)
    expect([...feed.active]).toEqual([[notes, { updates: 2, bytes: 14 }]])
    feed.watch(false)
    say(accepted)
    feed.sample(NOTHING)
    expect(feed.active.size).toBe(0)
  })

  it('knows the sessions by family and transport, and who is slow until he is not', () => {
    const { feed, say } = start()
    const one = { document: notes, family: 'quire', transport: 'websocket' } as const
    say({ kind: 'session-joined', session: 1, ...one })
    say({ kind: 'session-joined', session: 2, ...one, family: 'hocuspocus' })
    say({ kind: 'session-joined', session: 3, ...one, family: 'direct', transport: 'direct' })
    say({ kind: 'session-held', document: notes, session: 1 })
    say({ kind: 'session-held', document: notes, session: 2 })
    expect(feed.sessions).toEqual([
      { family: 'quire', transport: 'websocket', sessions: 1 },
      { family: 'hocuspocus', transport: 'websocket', sessions: 1 },
    ])
    expect(feed.slow.map(({ session }) => session)).toEqual([1, 2])
    say({ kind: 'session-resynced', document: notes, session: 2 })
    say({ kind: 'session-left', session: 1, ...one, ms: 5 })
    expect(feed.slow).toEqual([])
    expect(feed.sessions).toHaveLength(1)
  })

  it('keeps refusals, denials and errors with their time and reason, without tokens', () => {
    const { clock, feed, say } = start()
    const at = clock.wall()
    say(closed('presence frame has 900 entries, limit 256'))
    say(closed('the login does not grant this', 'forbidden'))
    say(closed('as asked', 'normal'))
    say({ kind: 'bug', document: null, error: new Error('GET /?token=hush failed') })
    expect(feed.troubles).toMatchObject([
      { kind: 'refusal', document: 'notes', at, times: 1 },
      { kind: 'denial', event: 'session-closed' },
      { kind: 'error', event: 'bug', reason: 'GET /?token=[redacted] failed' },
    ])
    expect(feed.since).toMatchObject({ refusals: 1, denials: 1, errors: 1 })
  })

  it('tells of a target of webhooks once it is given up', () => {
    const { feed, say } = start()
    say({ kind: 'webhook-failed', host: 'example.org', attempt: 1, problem: 'status 500' })
    expect(feed.troubles).toEqual([])
    say({ kind: 'webhook-dead', host: 'example.org', id: 'evt_1', problem: 'status 500' })
    expect(feed.troubles).toMatchObject([
      { kind: 'error', reason: 'webhook of example.org given up: status 500' },
    ])
  })

  it('keeps a flood of the same as one, so that it drives nothing else out', () => {
    const { clock, feed, say } = start()
    say({ kind: 'append-failed', document: notes, problem: 'the disk is full' })
    for (let i = 0; i < 1_000; i++) {
      clock.advance(10)
      say(closed('the same again'))
    }
    expect(feed.troubles).toMatchObject([
      { reason: 'the disk is full' },
      { reason: 'the same again', times: 1_000, at: clock.wall() },
    ])
  })

  it('keeps a bounded number whatever comes, the newest, with ascending ids', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ reason: fc.nat({ max: 200 }), gap: fc.nat(90_000) })),
        (list) => {
          const { clock, feed, say } = start()
          for (const { reason, gap } of list) {
            clock.advance(gap)
            say(closed(`reason ${reason}`))
          }
          const kept = feed.troubles
          expect(kept.length).toBeLessThanOrEqual(TROUBLES_KEPT)
          expect(kept.map(({ id }) => id)).toEqual(
            kept.map(({ id }) => id).toSorted((a, b) => a - b),
          )
          expect(kept.at(-1)?.reason).toBe(
            list.length === 0 ? undefined : `reason ${list.at(-1)?.reason}`,
          )
          expect(feed.since.refusals).toBe(list.length)
        },
      ),
      { verbose: 1 },
    )
  })
})
