import { ok, type StateVector, type Update } from '@quire/shared'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import type { ContentSource } from '../ports/content.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { fold } from './fold.ts'
import { answerTo } from './merge.ts'
import { createContent } from './threaded.ts'

vi.setConfig({ testTimeout: 30_000 }) // threads have to start

const contentForTest = () => {
  const content = createContent(createManualClock(), { collectGarbage: true })
  onTestFinished(() => content.close())
  return { content }
}

/** A document typed in `count` updates, and what a client of its first half knows. */
const typed = (count: number): { source: ContentSource; half: StateVector } => {
  const doc = new Y.Doc()
  const tail: Update[] = []
  doc.on('update', (update: Uint8Array) => tail.push(update as Update))
  let half = Y.encodeStateVector(doc)
  for (let i = 0; i < count; i++) {
    doc.getText('text').insert(0, `word ${i} `)
    if (i === count >> 1) half = Y.encodeStateVector(doc)
  }
  return { source: { snapshot: null, tail }, half: half as StateVector }
}

const EMPTY = Uint8Array.of(0) as StateVector
const BROKEN: ContentSource = { snapshot: null, tail: [Uint8Array.of(9, 9, 9) as Update] }

const textOf = (...updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('text').toJSON()
}

describe('content', () => {
  it.each([
    ['on the event loop', 5],
    ['in the thread', 500],
  ])('answers %s what merging answers', async (_, count) => {
    const { content } = contentForTest()
    const { source, half } = typed(count)
    expect(await content.answer(source, half)).toEqual(ok(answerTo(source, half)))
    expect(await content.answer(source, EMPTY)).toEqual(ok(answerTo(source, EMPTY)))
    const folded = { snapshot: fold(source).bytes, tail: typed(3).source.tail }
    expect(await content.answer(folded, half)).toEqual(ok(answerTo(folded, half)))
    expect(await content.answer(folded, EMPTY)).toEqual(ok(answerTo(folded, EMPTY)))
  })

  it('gives an empty client the very bytes of a large snapshot, without sending them anywhere', async () => {
    const { content } = contentForTest()
    const snapshot = new Uint8Array(1024 * 1024) as Update // never looked into
    const answer = await content.answer({ snapshot, tail: typed(500).source.tail }, EMPTY)
    if (!answer.ok) throw new Error(answer.error.message)
    expect(answer.value.first[0]).toBe(snapshot)
    expect(textOf(answer.value.last)).toContain('word 499')
  })

  it.each([
    ['on the event loop', 5],
    ['in the thread', 500],
  ])('merges %s what applying one by one gives', async (_, count) => {
    const { content } = contentForTest()
    const { tail } = typed(count).source
    const merged = await content.merge(tail)
    if (!merged.ok) throw new Error(merged.error.message)
    expect(textOf(merged.value)).toBe(textOf(...tail))
    const damaged = [...tail, ...BROKEN.tail]
    expect(await content.merge(damaged)).toMatchObject({ error: { kind: 'broken' } })
  })

  it('folds in the thread, from views into a larger buffer, too, and leaves the source alone', async () => {
    const { content } = contentForTest()
    const { source } = typed(200)
    const buffer = new ArrayBuffer(8 * 1024 * 1024)
    let offset = 0
    const views = source.tail.map((update) => {
      const view = new Uint8Array(buffer, offset, update.length)
      view.set(update)
      offset += update.length
      return view as Update
    })
    const folded = await content.fold({ snapshot: null, tail: views })
    expect(folded).toEqual(ok({ ...fold(source), leftOut: [] }))
    expect(views).toEqual(source.tail)
  })

  it.each([20, 2_000])(
    'a damaged row takes none of the other %i away, neither from an answer nor from a fold',
    async (n) => {
      const { content } = contentForTest()
      const { half, source } = typed(n)
      const damaged = { ...source, tail: [...source.tail, ...BROKEN.tail] }
      expect(await content.answer(damaged, half)).toEqual(await content.answer(source, half))
      const leftOut = [{ index: n, problem: expect.stringContaining('does not read') }]
      expect(await content.fold(damaged)).toEqual(ok({ ...fold(source), updates: n + 1, leftOut }))
      const snapshot = { snapshot: BROKEN.tail[0] ?? null, tail: source.tail }
      expect(await content.fold(snapshot)).toMatchObject({
        error: { kind: 'broken', message: expect.stringContaining('the snapshot is damaged') },
      })
    },
  )

  it('closed while it is busy: what is under way and what waits ends as closed', async () => {
    const { content } = contentForTest()
    const { source } = typed(2_000)
    const jobs = [content.fold(source), content.fold(source), content.fold(source)]
    await content.close()
    for (const done of await Promise.all(jobs))
      expect(done).toMatchObject({ error: { kind: 'closed' } })
    expect(await content.fold(typed(3).source)).toMatchObject({ error: { kind: 'closed' } })
    await content.close()
  })
})
