import { expect, it } from 'vitest'
import * as Y from 'yjs'
import {
  encodeSample,
  OPERATIONS_FEED,
  readFeed,
  sampleFields,
  SAMPLE_MS,
  SAMPLES_KEPT,
  TROUBLES_KEPT,
  type OperationsEntry,
  type OperationsNow,
  type OperationsSample,
  type OperationsTrouble,
} from '@quire/shared'
import { LiveDocument } from './live-document.ts'

const NOW: OperationsNow = {
  at: 0,
  startedAt: 0,
  refusing: null,
  isDraining: false,
  failing: 0,
  unopened: 0,
  sessions: [],
  documents: Array.from({ length: 50 }, (_, i) => ({
    name: `team/notes ${i}`,
    sessions: i,
    updatesPerSecond: i / 2,
    bytesPerSecond: i * 10,
    unsavedBytes: i,
  })),
  slow: [],
  since: { updates: 0, bytes: 0, commits: 0, refusals: 0, denials: 0, errors: 0 },
}

const sampleAt = (at: number): OperationsSample =>
  Object.fromEntries(
    sampleFields.map((name, i) => [name, name === 'at' ? at : at % (97 + i)]),
  ) as unknown as OperationsSample // each field of the table

const sampleEntry = (at: number): OperationsEntry => [`s${at}`, encodeSample(sampleAt(at))]

const troubleEntry = (id: number): OperationsEntry => {
  const trouble: OperationsTrouble = {
    id,
    at: id,
    kind: 'error',
    event: 'bug',
    document: null,
    reason: `the problem ${id}`,
    times: 1,
  }
  return [`t${id}`, trouble]
}

const viewer = () => {
  const doc = new Y.Doc()
  return {
    doc,
    hear: (update: Uint8Array) => Y.applyUpdate(doc, update),
    view: () => readFeed(doc.getArray(OPERATIONS_FEED).toArray()),
  }
}

it('tells who follows what is there, what is new, and what is gone', () => {
  const live = new LiveDocument(1, [])
  const page = viewer()
  page.hear(live.begin([sampleEntry(2_000), troubleEntry(1), ['now', NOW]]))
  expect(page.view()).toEqual({
    now: NOW,
    samples: [sampleAt(2_000)],
    troubles: [expect.objectContaining({ id: 1 })],
  })
  const next = { ...NOW, at: 2 }
  page.hear(live.change({ put: [sampleEntry(4_000), ['now', next]], drop: ['t1', 'unknown'] }))
  expect(page.view()).toEqual({
    now: next,
    samples: [sampleAt(2_000), sampleAt(4_000)],
    troubles: [],
  })
})

it('goes on from what is stored, under the same client id', () => {
  const first = new LiveDocument(7, [])
  const stored = [first.begin([sampleEntry(2_000), ['now', NOW]])]
  const page = viewer()
  for (const update of stored) page.hear(update)
  const second = new LiveDocument(7, stored)
  page.hear(second.begin([sampleEntry(4_000), ['now', NOW]]))
  expect(page.view().samples).toEqual([sampleAt(4_000)])
  expect(Y.decodeStateVector(Y.encodeStateVector(page.doc)).size).toBe(1)
})

it('is as large after an hour as after ten minutes, for the server and for who follows', () => {
  const live = new LiveDocument(1, [])
  const page = viewer()
  page.hear(live.begin([['now', NOW]]))
  const sizes: number[] = []
  const ticks = (60 * 60_000) / SAMPLE_MS
  for (let tick = 1; tick <= ticks; tick++) {
    const put: OperationsEntry[] = [sampleEntry(tick * SAMPLE_MS), ['now', { ...NOW, at: tick }]]
    const drop = [`s${(tick - SAMPLES_KEPT) * SAMPLE_MS}`]
    if (tick % 7 === 0) {
      // some stay for long between what goes at once
      put.push(troubleEntry(tick))
      drop.push(`t${tick - 7 * TROUBLES_KEPT}`)
    }
    page.hear(live.change({ put, drop }))
    if (tick % SAMPLES_KEPT === 0) sizes.push(Y.encodeStateAsUpdate(page.doc).length)
  }
  const [first = 0] = sizes
  const last = sizes.at(-1) ?? 0
  expect(page.view().samples).toHaveLength(SAMPLES_KEPT)
  expect(sizes).toHaveLength(6)
  // the clocks take a byte more, and the last hundred troubles are all there only after a while
  expect(last, `bytes every ten minutes: ${sizes.join(', ')}`).toBeLessThan(first * 1.25)
  const hourly = [...(page.doc.store.clients.get(1) ?? [])].length
  expect(hourly, 'structs after an hour').toBeLessThan(4 * (SAMPLES_KEPT + TROUBLES_KEPT))
})
