import { millis, type DocId } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { createMemoryStorage } from '../storage/memory.ts'
import { openId, textsIn, textUpdate } from '../storage/contract/fixture.ts'
import { withWeather } from '../storage/testing/weather.ts'
import type { Storage } from '../ports/storage.ts'
import { GroupCommit, type AppendOutcome } from './group-commit.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { settle } from './testing/server.ts'

const SPACING_MS = 10

const setUp = async () => {
  const batches: number[] = []
  const real = createMemoryStorage()
  const weather = withWeather({
    ...real,
    append(batch, at) {
      batches.push(batch.length)
      return real.append(batch, at)
    },
  })
  const clock = createManualClock()
  const commits = new GroupCommit({ storage: weather.storage, clock, spacingMs: SPACING_MS })
  const docs = [await openId(real, 'a'), await openId(real, 'b'), await openId(real, 'c')] as const
  const outcomes: [string, AppendOutcome][] = []
  const append = (doc: DocId, text: string): void =>
    commits.append({ doc, updates: [textUpdate(text)] }, (outcome) =>
      outcomes.push([text, outcome]),
    )
  const saved = (): string[] => outcomes.map(([text, { ok }]) => `${text} ${ok ? 'ok' : 'failed'}`)
  return { weather, clock, commits, docs, append, saved, outcomes, batches, real }
}

describe('group commit', () => {
  it('commits a lone append at once', async () => {
    const { weather, docs, append, saved } = await setUp()
    append(docs[0], 'one')
    expect(weather.calls.append).toBe(1)
    await settle()
    expect(saved()).toEqual(['one ok'])
  })

  it('starts the next commit no sooner than one spacing after the last start', async () => {
    const { weather, clock, docs, append, saved } = await setUp()
    append(docs[0], 'one')
    await settle()
    append(docs[0], 'two')
    clock.advance(SPACING_MS - 1)
    await settle()
    expect(weather.calls.append).toBe(1)
    clock.advance(1)
    await settle()
    expect(saved()).toEqual(['one ok', 'two ok'])
  })

  it('commits at once again after quiet', async () => {
    const { weather, clock, docs, append } = await setUp()
    append(docs[0], 'one')
    await settle()
    clock.advance(SPACING_MS)
    append(docs[0], 'two')
    expect(weather.calls.append).toBe(2)
  })

  it('has one commit in flight, and what comes meanwhile goes into the next', async () => {
    const { weather, clock, docs, append, saved, batches } = await setUp()
    weather.hold('append')
    append(docs[0], 'one')
    append(docs[1], 'two')
    append(docs[2], 'three')
    clock.advance(60_000)
    await settle()
    expect(weather.calls.append).toBe(1)
    weather.release('append')
    await settle()
    expect(batches).toEqual([1, 2])
    expect(saved()).toEqual(['one ok', 'two ok', 'three ok'])
  })

  it('waits one spacing and not longer when the wall clock is set back', async () => {
    const batches: number[] = []
    const real = createMemoryStorage()
    const doc = await openId(real)
    const clock = createManualClock()
    let skew = 0
    const skewed = { ...clock, now: () => millis(clock.now() - skew) }
    const storage: Storage = {
      ...real,
      append: (batch, at) => {
        batches.push(batch.length)
        return real.append(batch, at)
      },
    }
    const commits = new GroupCommit({ storage, clock: skewed, spacingMs: SPACING_MS })
    commits.append({ doc, updates: [textUpdate('one')] }, () => undefined)
    await settle()
    skew = 500_000
    commits.append({ doc, updates: [textUpdate('two')] }, () => undefined)
    clock.advance(SPACING_MS)
    await settle()
    expect(batches).toEqual([1, 1])
  })

  it('tells every append of a failed commit, and goes on', async () => {
    const { weather, clock, docs, append, saved } = await setUp()
    weather.hold('append')
    append(docs[0], 'one')
    append(docs[1], 'two')
    append(docs[2], 'three')
    weather.fail('append', { kind: 'full', message: 'disk is full' }, 2)
    weather.release('append')
    await settle()
    clock.advance(SPACING_MS)
    await settle()
    expect(saved()).toEqual(['one failed', 'two failed', 'three failed'])
    append(docs[0], 'again')
    clock.advance(SPACING_MS)
    await settle()
    expect(saved().at(-1)).toBe('again ok')
  })

  it('takes a storage that throws for a failed commit, and goes on', async () => {
    const { real, docs, saved, outcomes } = await setUp()
    const clock = createManualClock()
    let isBroken = true
    const storage: Storage = {
      ...real,
      append: (batch, at) =>
        isBroken ? Promise.reject(new Error('a bug')) : real.append(batch, at),
    }
    const commits = new GroupCommit({ storage, clock, spacingMs: SPACING_MS })
    const append = (text: string): void =>
      commits.append({ doc: docs[0], updates: [textUpdate(text)] }, (outcome) =>
        outcomes.push([text, outcome]),
      )
    append('one')
    await settle()
    isBroken = false
    clock.advance(SPACING_MS)
    append('two')
    await settle()
    expect(saved()).toEqual(['one failed', 'two ok'])
    expect(outcomes[0]?.[1]).toMatchObject({ error: { kind: 'io' } })
  })

  it('saves the others of a batch when one document is damaged, with few commits', async () => {
    const { weather, clock, real, commits, saved, outcomes, batches, append, docs } = await setUp()
    const unknown = 999 as DocId // no such row
    const many = await Promise.all(
      Array.from({ length: 63 }, (_, i) => openId(real, `document ${i}`)),
    )
    weather.hold('append')
    append(docs[0], 'first')
    for (const doc of many) append(doc, `of ${doc}`)
    commits.append({ doc: unknown, updates: [textUpdate('lost')] }, (outcome) =>
      outcomes.push(['lost', outcome]),
    )
    weather.release('append')
    await settle()
    clock.advance(SPACING_MS)
    await settle()
    const failed = saved().filter((line) => line.endsWith('failed'))
    expect(failed).toEqual(['lost failed'])
    expect(saved()).toHaveLength(65)
    expect(batches.length).toBeLessThanOrEqual(1 + 1 + 2 * Math.log2(64)) // halving, not one by one
    for (const doc of many) expect((await textsIn(real, doc)).tail).toEqual([`of ${doc}`])
  })

  it('puts what the outcomes of one commit lead to into one next commit', async () => {
    const { weather, clock, docs, commits, append, batches } = await setUp()
    weather.hold('append')
    append(docs[0], 'first')
    const again = (doc: DocId): void =>
      commits.append({ doc, updates: [textUpdate('one')] }, () =>
        commits.append({ doc, updates: [textUpdate('two')] }, () => undefined),
      )
    for (const doc of docs) again(doc)
    clock.advance(SPACING_MS)
    weather.release('append')
    await settle()
    clock.advance(SPACING_MS)
    await settle()
    expect(batches).toEqual([1, 3, 3])
  })

  it('keeps a commit below its bound in bytes; a larger append goes alone', async () => {
    const { weather, clock, docs, commits, append, batches } = await setUp()
    const large = new Uint8Array(20 * 1024 * 1024)
    const appendLarge = (doc: DocId, times: number): void =>
      commits.append(
        {
          doc,
          updates: Array.from({ length: times }, () => large as ReturnType<typeof textUpdate>),
        },
        () => undefined,
      )
    weather.hold('append')
    append(docs[0], 'first')
    appendLarge(docs[0], 1)
    append(docs[1], 'small')
    appendLarge(docs[1], 1) // over 32 MiB with the one before
    appendLarge(docs[2], 2) // over 32 MiB by itself
    append(docs[0], 'last')
    weather.release('append')
    await settle()
    for (let i = 0; i < 5; i++) {
      clock.advance(SPACING_MS)
      await settle()
    }
    expect(batches).toEqual([1, 2, 1, 1, 1])
  })
})
