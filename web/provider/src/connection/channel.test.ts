import { seq, type ChannelNotice, type StateVector, type Update } from '@quire/shared'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyUpdate, Doc, encodeStateVector } from 'yjs'
import { channelDueAt, stepChannel } from './channel.ts'
import { createChannel, type ChannelEffect, type ChannelEvent } from './channel-state.ts'
import { FRAME_MS } from './sending.ts'

/** Updates of somebody who types. */
const typist = () => {
  const doc = new Doc()
  const made: Update[] = []
  doc.on('update', (update: Uint8Array) => made.push(update as Update))
  return (text = 'x'): Update => {
    doc.getText('text').insert(0, text)
    return made.at(-1) ?? (new Uint8Array() as Update)
  }
}

class Run {
  readonly channel
  messageBytes = 1_000_000

  constructor(loads = false) {
    this.channel = createChannel({ document: 'notes', pending: [], loads })
  }

  now = 1_000_000
  random = 0.5

  take(event: ChannelEvent): readonly ChannelEffect[] {
    return stepChannel(this.channel, event, { now: this.now, random: this.random })
  }

  /** What is compared is found at once, as it is in a document. */
  hear(notice: ChannelNotice): readonly ChannelEffect[] {
    const effects = this.take({ kind: 'notice', notice })
    return effects.flatMap((effect) =>
      effect.kind === 'compare' ? this.take({ kind: 'compared', update: nothing }) : [effect],
    )
  }

  online(): readonly ChannelEffect[] {
    return this.take({ kind: 'online', messageBytes: this.messageBytes })
  }

  token(token: string | null = null): readonly ChannelEffect[] {
    return this.take({ kind: 'token', attempt: this.channel.attempt, token })
  }

  change(update: Update, key: number | null = null): readonly ChannelEffect[] {
    return this.take({ kind: 'changed', update, key })
  }

  /** Opens it; `answers` if the server has asked as well, and was answered. */
  open(epoch = 7): this {
    this.online()
    this.token('t')
    this.hear({ kind: 'opened', epoch, user: 'ann' })
    return this
  }

  live(): this {
    this.open()
    this.hear({ kind: 'ask', stateVector })
    this.hear({ kind: 'answer', update: nothing })
    this.hear({ kind: 'saved', number: 1 })
    this.hear({ kind: 'at', seq: seq(5), writer: 9 })
    return this
  }
}

const nothing = Uint8Array.of(0, 0) as Update
const stateVector = encodeStateVector(new Doc()) as StateVector // Yjs wrote it
const kinds = (effects: readonly ChannelEffect[]): readonly string[] =>
  effects.map((effect) => (effect.kind === 'say' ? effect.request.kind : effect.kind))
const closed = (advice: 'stop' | 'retry', code = 1013, waitMs = 0): ChannelNotice => ({
  kind: 'closed',
  code,
  advice,
  waitMs,
  reason: 'why',
})

describe('a channel', () => {
  it('[P24] opens with a token, and asks, until the server has answered', () => {
    const run = new Run()
    expect(kinds(run.online())).toEqual(['get-token'])
    expect(kinds(run.token('t'))).toEqual(['open', 'ask'])
    run.hear({ kind: 'access', access: 'write' })
    expect(kinds(run.hear({ kind: 'opened', epoch: 7, user: null }))).toEqual([
      'note-position', // of which document it is, before anything of it is kept
      'say-presence',
    ])
    expect(run.channel.phase.kind).toBe('syncing')
    expect(run.hear({ kind: 'ask', stateVector })).toEqual([
      { kind: 'say', request: { kind: 'answer', number: 1, update: nothing } },
    ])
    expect(kinds(run.hear({ kind: 'answer', update: nothing }))).toEqual(['apply'])
    expect(run.channel.phase.kind).toBe('live')
  })

  it('[P24] comes back with its position, and sends again what is not saved', () => {
    const run = new Run().live()
    const type = typist()
    run.change(type())
    run.take({ kind: 'offline' })
    run.change(type())
    run.online()
    const said = run.token()
    expect(kinds(said)).toEqual(['open', 'position'])
    expect(said).toContainEqual({
      kind: 'say',
      request: { kind: 'position', epoch: 7, seq: 5, writer: 9 },
    })
    const opened = run.hear({ kind: 'opened', epoch: 7, user: null })
    expect(kinds(opened)).toEqual(['update', 'say-presence'])
    expect(run.channel.pending).toMatchObject([{ number: 1, changes: 2 }])
    run.hear({ kind: 'saved', number: 1 })
    expect(run.channel.pending).toEqual([])
  })

  it('[P26] asks where it has heard of more than its position stands for: it may be the last that has it', () => {
    const run = new Run().live()
    run.hear({ kind: 'update', update: nothing })
    run.take({ kind: 'offline' })
    run.online()
    expect(kinds(run.token())).toEqual(['open', 'ask'])
    run.hear({ kind: 'opened', epoch: 7, user: null })
    run.hear({ kind: 'ask', stateVector })
    run.hear({ kind: 'answer', update: nothing })
    run.hear({ kind: 'at', seq: seq(6), writer: 9 })
    run.take({ kind: 'offline' })
    run.online()
    expect(kinds(run.token())).toEqual(['open', 'position'])
  })

  it('[P24] asks where the server does not know its position', () => {
    const run = new Run().live()
    run.take({ kind: 'offline' })
    run.open()
    expect(kinds(run.hear({ kind: 'position-unknown' }))).toEqual(['ask'])
    run.take({ kind: 'offline' })
    run.online()
    expect(kinds(run.token())).toEqual(['open', 'ask'])
  })

  it.each([
    ['as the server says', (run: Run) => run.hear(closed('stop', 4409))],
    ['as its epoch says', (run: Run) => run.hear({ kind: 'opened', epoch: 8, user: null })],
  ])('[P24] of a document that was replaced, %s, merges nothing and sends nothing', (_, learn) => {
    const run = new Run().live()
    run.change(typist()())
    run.take({ kind: 'offline' })
    run.online()
    run.token()
    expect(kinds(learn(run)).filter((kind) => kind === 'update' || kind === 'apply')).toEqual([])
    expect(run.channel.phase.kind).toBe('replaced')
    expect(run.take({ kind: 'offline' })).toEqual([])
    expect(run.online()).toEqual([])
    expect(run.channel.pending).toHaveLength(1)
  })

  it('sends what is changed at once, and what follows closely together', () => {
    const run = new Run().live()
    const type = typist()
    expect(kinds(run.change(type()))).toEqual(['update'])
    for (let i = 0; i < 5; i++) {
      run.now++
      expect(run.change(type())).toEqual([])
    }
    expect(channelDueAt(run.channel)).toBe(run.now - 5 + FRAME_MS)
    run.now += FRAME_MS
    expect(kinds(run.take({ kind: 'tick' }))).toEqual(['update'])
    expect(run.channel.pending.map(({ number, changes }) => [number, changes])).toEqual([
      [2, 1],
      [3, 5],
    ])
  })

  it('[P25] what is changed before the server has asked is part of the answer', () => {
    const run = new Run().open()
    expect(run.change(typist()())).toEqual([])
    run.hear({ kind: 'ask', stateVector })
    expect(run.channel.pending).toMatchObject([{ number: 1 }])
  })

  it('keeps thousands of offline changes as one, whole', () => {
    const run = new Run()
    const type = typist()
    for (let i = 0; i < 5_000; i++) run.change(type(`${i} `))
    expect(run.channel.pending.length).toBeLessThan(101)
    expect(run.channel.pending.reduce((sum, { changes }) => sum + changes, 0)).toBe(5_000)
    const doc = new Doc()
    for (const { update } of run.channel.pending) applyUpdate(doc, update)
    expect(doc.getText('text').toJSON().split(' ')).toHaveLength(5_001)
  })

  it.each([['an acknowledgement of what was not sent', { kind: 'saved', number: 9 }]] as const)(
    'distrusts a server that tells %s',
    (_, notice) => {
      const run = new Run().live()
      run.change(typist()())
      expect(kinds(run.hear(notice))).toContain('close')
      expect(run.channel.phase.kind).toBe('waiting')
      expect(run.channel.pending).toHaveLength(1)
    },
  )

  it('distrusts a server that tells of a document before it is open', () => {
    const run = new Run()
    run.online()
    run.token()
    run.hear({ kind: 'update', update: nothing })
    expect(run.channel.phase).toMatchObject({
      kind: 'waiting',
      reason: 'the server says "update" of a document that is not open',
    })
  })

  it('[P29] waits where it is told to come back, not less than the server says, and longer each time', () => {
    const run = new Run().open()
    run.random = 1
    const pauses: number[] = []
    for (let i = 0; i < 3; i++) {
      run.hear(closed('retry', 1013, 500))
      pauses.push((channelDueAt(run.channel) ?? 0) - run.now)
      run.now += pauses.at(-1) ?? 0
      expect(kinds(run.take({ kind: 'tick' }))).toEqual(['get-token'])
      run.token()
    }
    expect(pauses).toEqual([1_500, 2_500, 4_500])
  })

  it('asks for another token where the server wants one, and says it', () => {
    const run = new Run().live()
    expect(kinds(run.hear({ kind: 'token-wanted' }))).toEqual(['get-token'])
    expect(run.token('new')).toEqual([{ kind: 'say', request: { kind: 'token', token: 'new' } }])
  })
})

const updates = typist()
const anyEvent: fc.Arbitrary<ChannelEvent | number> = fc.oneof(
  fc.constantFrom<ChannelEvent>(
    { kind: 'online', messageBytes: 1_000 },
    { kind: 'offline' },
    { kind: 'woken' },
    { kind: 'tick' },
    { kind: 'pause' },
    { kind: 'token', attempt: 1, token: 't' },
    { kind: 'token', attempt: 2, token: 't' },
    { kind: 'token-failed', attempt: 1, reason: 'no' },
    { kind: 'compared', update: nothing },
    { kind: 'overheard' },
    { kind: 'broken', reason: 'bad' },
  ),
  fc
    .constantFrom<ChannelNotice>(
      { kind: 'opened', epoch: 7, user: null },
      { kind: 'ask', stateVector },
      { kind: 'answer', update: nothing },
      { kind: 'update', update: nothing },
      { kind: 'saved', number: 1 },
      { kind: 'saved', number: 3 },
      { kind: 'at', seq: seq(4), writer: 9 },
      { kind: 'denied', reason: 'no' },
      { kind: 'position-unknown' },
      closed('retry'),
    )
    .map((notice) => ({ kind: 'notice', notice }) as const),
  fc.nat({ max: 40_000 }),
)

it('a refused channel sleeps when it is wanted again, and keeps what was changed', () => {
  const run = new Run().live()
  run.change(typist()())
  run.hear(closed('stop', 4401))
  run.take({ kind: 'offline' })
  run.take({ kind: 'wanted' })
  expect(run.channel.phase.kind).toBe('asleep')
  run.open()
  expect(run.channel.pending).toMatchObject([{ changes: 1, number: 1 }])
})

describe('whatever happens to a channel', () => {
  it('a change is kept until a number that it was sent under is saved on that connection', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyEvent, fc.constant('edit' as const)), { maxLength: 60 }),
        (all) => {
          const run = new Run()
          let edits = 0
          let acknowledged = 0
          for (const one of all) {
            const before = run.channel.pending
            const sent = run.channel.number
            if (one === 'edit') {
              edits++
              run.change(updates())
            } else if (typeof one === 'number') run.now += one
            else run.take(one)
            const isSaved =
              typeof one === 'object' && one.kind === 'notice' && one.notice.kind === 'saved'
            if (isSaved && one.notice.kind === 'saved' && one.notice.number <= sent)
              for (const { number, changes } of before)
                if (
                  number !== null &&
                  number <= one.notice.number &&
                  !run.channel.pending.some((left) => left.number === number)
                )
                  acknowledged += changes
            const left = run.channel.pending.reduce((sum, { changes }) => sum + changes, 0)
            expect(left).toBe(edits - acknowledged)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('numbers on a connection ascend, and are told once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyEvent, fc.constant('edit' as const)), { maxLength: 60 }),
        (all) => {
          const run = new Run()
          let last = 0
          for (const one of all) {
            if (typeof one === 'number') {
              run.now += one
              continue
            }
            const effects =
              one === 'edit'
                ? run.change(updates())
                : one.kind === 'notice'
                  ? run.hear(one.notice)
                  : run.take(one)
            if (run.channel.number === 0) last = 0
            for (const effect of effects) {
              if (effect.kind !== 'say' || !('number' in effect.request)) continue
              expect(effect.request.number).toBe(last + 1)
              last = effect.request.number
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('refused, replaced and closed are final', () => {
    const ends = fc.constantFrom<ChannelEvent>(
      { kind: 'notice', notice: closed('stop', 4403) },
      { kind: 'notice', notice: closed('stop', 4409) },
      { kind: 'close' },
    )
    fc.assert(
      fc.property(ends, fc.array(anyEvent, { maxLength: 30 }), (end, all) => {
        const run = new Run().live()
        run.take(end)
        const { kind } = run.channel.phase
        expect(['refused', 'replaced', 'over']).toContain(kind)
        for (const one of all) {
          const effects = typeof one === 'number' ? [] : run.take(one)
          expect(effects).toEqual([])
          expect(run.channel.phase.kind).toBe(kind)
        }
      }),
    )
  })

  it('with a connection and a willing server it is live in the end', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (all) => {
        const run = new Run()
        for (const one of all)
          if (typeof one === 'number') run.now += one
          else run.take(one)
        run.take({ kind: 'offline' })
        run.now += 120_000
        run.take({ kind: 'tick' })
        run.open()
        run.hear({ kind: 'ask', stateVector })
        run.hear({ kind: 'answer', update: nothing })
        expect(run.channel.phase.kind).toBe('live')
      }),
      { numRuns: 500 },
    )
  })
})
