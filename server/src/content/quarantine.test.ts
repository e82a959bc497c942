import { type Update } from '@quire/shared'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { poisons } from './testing/poison.ts'
import { createContent } from './threaded.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads have to start

const contentForTest = ({ collectGarbage = true } = {}) => {
  const content = createContent(createManualClock(), { collectGarbage })
  onTestFinished(() => content.close())
  return content
}

/** Honest words, one update each. */
const typed = (...words: readonly string[]): Update[] => {
  const doc = new Y.Doc()
  const updates: Update[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update as Update)) // Yjs made it
  for (const word of words) doc.getText('text').insert(doc.getText('text').length, word)
  return updates
}

const open = (update: Uint8Array): Y.Doc => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc
}

describe('a document with an update that breaks it', () => {
  it.each(poisons)('[R14] is folded without it ($rule), and opens', async ({ before, breaks }) => {
    const content = contentForTest()
    const [first, second, third] = typed('one ', 'two ', 'three ')
    if (!first || !second || !third) throw new Error('not three updates')
    const tail = [first, ...before, second, breaks, third]
    const folded = await content.fold({ snapshot: null, tail })
    if (!folded.ok) throw new Error(folded.error.message)
    expect(folded.value.leftOut.map(({ index }) => index)).toEqual([before.length + 2])
    expect(folded.value.updates).toBe(tail.length)
    expect(open(folded.value.bytes).getText('text').toJSON()).toBe('one two three ')

    const again = await content.fold({ snapshot: folded.value.bytes, tail: [breaks] })
    expect(again).toMatchObject({ value: { updates: 1 } }) // V2 breaks what is not folded yet
  })

  it('[R14] does not claim the structs of what was left out', async () => {
    const [poison] = poisons
    if (poison === undefined) throw new Error('no poison')
    const folded = await contentForTest().fold({
      snapshot: null,
      tail: [...poison.before, poison.breaks],
    })
    if (!folded.ok) throw new Error(folded.error.message)
    const known = Y.decodeStateVector(folded.value.stateVector)
    expect(known).toEqual(new Map([[7, 1]])) // not 2
  })
})

describe('without garbage collection', () => {
  it('a fold keeps the content of what was deleted', async () => {
    const doc = new Y.Doc({ gc: false })
    doc.getText('text').insert(0, 'secret')
    const before = Y.snapshot(doc)
    doc.getText('text').delete(0, 6)
    const source = { snapshot: null, tail: [Y.encodeStateAsUpdate(doc) as Update] }
    const kept = await contentForTest({ collectGarbage: false }).fold(source)
    const collected = await contentForTest().fold(source)
    if (!kept.ok || !collected.ok) throw new Error('not folded')
    const textIn = (bytes: Update): string => new TextDecoder().decode(bytes)
    expect(textIn(collected.value.bytes)).not.toContain('secret')
    const whole = new Y.Doc({ gc: false })
    Y.applyUpdate(whole, kept.value.bytes)
    expect(Y.createDocFromSnapshot(whole, before).getText('text').toJSON()).toBe('secret')
    expect(kept.value.stateVector).toEqual(collected.value.stateVector)
  })
})
