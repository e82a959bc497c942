import fc from 'fast-check'
import { EMPTY_UPDATE, readUpdate, seq, type StateVector, type Update } from '@quire/shared'
import { runSession, sessionPlans } from '@quire/shared/testing'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { fold } from '../content/fold.ts'
import { createContent } from '../content/threaded.ts'
import type { Answer } from '../ports/content.ts'
import type { Snapshot } from '../ports/storage.ts'
import { nameOf, noon, unwrap } from '../storage/contract/fixture.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { withWeather } from '../storage/testing/weather.ts'
import { AnswerPool } from './answer-pool.ts'
import { answerFor, type Question } from './answers.ts'
import { Gate } from './gate.ts'
import { createManualClock } from './testing/manual-clock.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads have to start, and whole editing sessions are played

// What Yjs made is an update or a state vector: the brands below hold.
const vectorOf = (doc: Y.Doc): StateVector => Y.encodeStateVector(doc) as StateVector

const docOf = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** Structs and deletes, to be compared. */
const stateOf = (doc: Y.Doc): unknown => {
  const contents = readUpdate(Y.encodeStateAsUpdate(doc))
  if (!contents.ok) throw new Error(contents.error.message)
  const { structs, deletes } = contents.value
  const text = doc.getText('text').toJSON()
  return { text, structs: structs.toStateVector(), deletes: deletes.toDeleteSet() }
}

interface Stored {
  readonly folded: readonly Update[]
  readonly tail?: readonly Update[]
  readonly unsaved?: readonly Update[]
  readonly change?: (snapshot: Omit<Snapshot, 'through'>) => Omit<Snapshot, 'through'>
}

const content = createContent(createManualClock(), { collectGarbage: true })
afterAll(() => content.close())

/** A document in storage, of which is asked. */
const setUp = async ({ folded, tail = [], unsaved = [], change = (as) => as }: Stored) => {
  const weather = withWeather(createMemoryStorage())
  const { storage } = weather
  onTestFinished(() => storage.close())
  const { id: doc } = unwrap(await storage.open(nameOf('notes')))
  const [landed] = unwrap(await storage.append([{ doc, updates: folded }], noon))
  if (landed === undefined) throw new Error('nothing was appended')
  const through = landed.last
  const snapshot = { ...change(fold({ snapshot: null, tail: folded })), through }
  if (folded.length > 0) unwrap(await storage.compact(doc, snapshot, []))
  unwrap(await storage.append([{ doc, updates: tail }], noon))
  const pool = new AnswerPool(createManualClock(), 1024 * 1024 * 1024)
  const ports = { storage, content, pool, gate: new Gate(4) }
  const plain = { room: 1, doc, version: '1', unsaved, snapshotBytes: 0, bytes: 0 }
  const ask = async (
    stateVector: StateVector,
    { isWanted = () => true, ...more }: Partial<Question> = {},
  ): Promise<Answer> =>
    unwrap(
      await answerFor(ports, { ...plain, asker: { kind: 'has', stateVector }, isWanted, ...more }),
    )
  const { writer } = landed
  const was = async (at: number, more: Partial<Question> = {}, by = writer) =>
    answerFor(ports, {
      ...plain,
      asker: { kind: 'was-at', seq: seq(at), writer: by },
      isWanted: () => true,
      ...more,
    })
  return { ask, was, weather, snapshot, pool }
}

const take = (doc: Y.Doc, { first, last }: Answer): void => {
  for (const update of [...first, last]) Y.applyUpdate(doc, update)
}

/** A long text, an update for each word, some of it deleted. */
const typed = (words: number): Update[] => {
  const doc = new Y.Doc()
  const updates: Update[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update as Update))
  const text = doc.getText('text')
  for (let i = 0; i < words; i++) {
    text.insert((i * 7) % (text.length + 1), `word ${i} `)
    if (i % 5 === 0) text.delete((i * 3) % (text.length - 4), 4)
  }
  return updates
}

describe('an answer to a client that lacks the end of the snapshot', () => {
  it('is found by the index, without the rest of the snapshot', async () => {
    const updates = typed(3_000)
    const { ask, weather, snapshot } = await setUp({
      folded: updates.slice(0, -60),
      tail: updates.slice(-60, -20),
      unsaved: updates.slice(-20),
    })
    const client = docOf(updates.slice(0, -80))
    const { first, last } = await ask(vectorOf(client))
    take(client, { first, last })
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
    expect(weather.calls).toMatchObject({ parts: 1, read: 0 })
    const structs = [...first, last].reduce((sum, update) => sum + update.length, 0)
    expect(snapshot.bytes.length).toBeGreaterThan(40_000)
    expect(structs - snapshot.deleteSet.length).toBeLessThan(5_000)
  })

  it.each<readonly [string, NonNullable<Stored['change']>]>([
    ['has no index', (as) => ({ ...as, index: null })],
    [
      'has an index that does not read',
      (as) => ({ ...as, index: as.index?.subarray(0, 9) as never }),
    ],
    [
      'has the index of something else',
      (as) => ({ ...as, index: fold({ snapshot: null, tail: typed(900) }).index }),
    ],
    [
      'has a damaged delete set beside it',
      (as) => ({ ...as, deleteSet: as.deleteSet.subarray(0, -1) as never }),
    ],
    [
      'has a damaged state vector beside it',
      (as) => ({ ...as, stateVector: as.stateVector.subarray(0, -1) as never }),
    ],
  ])('is whole where the snapshot %s', async (_, change) => {
    const updates = typed(3_000)
    const { ask, weather } = await setUp({ folded: updates, change })
    const client = docOf(updates.slice(0, -80))
    take(client, await ask(vectorOf(client)))
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
    expect(weather.calls.read).toBe(1)
  })

  it('is whole where too much of the snapshot would have to be looked through at once', async () => {
    const updates = typed(6_000)
    const { ask, weather, snapshot, pool } = await setUp({ folded: updates })
    const client = docOf(updates.slice(0, 80))
    expect(snapshot.bytes.length - Y.encodeStateAsUpdate(client).length).toBeGreaterThan(64 * 1024)
    const answer = await ask(vectorOf(client))
    expect(weather.calls).toMatchObject({ parts: 0, read: 1 })
    const bytes = [...answer.first, answer.last].reduce((sum, { length }) => sum + length, 0)
    expect(pool.heldBytes).toBe(2 * bytes) // once, and the same once more as it is laid out
    take(client, answer)
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
  })

  it('is whole where another fold has come in between', async () => {
    const updates = typed(1_000)
    const { ask, weather, snapshot } = await setUp({
      folded: updates.slice(0, -20),
      tail: updates.slice(-20),
    })
    weather.hold('parts')
    const client = docOf(updates.slice(0, -40))
    const answer = ask(vectorOf(client))
    await weather.called('parts', 1)
    const { id, head } = unwrap(await weather.storage.open(nameOf('notes')))
    expect(head).toBeGreaterThan(snapshot.through)
    const newer = { ...fold({ snapshot: null, tail: updates }), through: head }
    expect(unwrap(await weather.storage.compact(id, newer, []))).toBe(true)
    weather.release('parts')
    take(client, await answer)
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
  })

  it('says what could not be read', async () => {
    const updates = typed(1_000)
    const { ask, weather } = await setUp({ folded: updates })
    weather.fail('parts', { kind: 'io', message: 'the disk is gone' })
    await expect(ask(vectorOf(docOf(updates.slice(0, -9))))).rejects.toThrow('the disk is gone')
  })
})

describe('an answer for which somebody waits', () => {
  // of each what its client has, in updates, and what the room says of its size
  const made = [
    ['whole', { has: 80, snapshotBytes: 0 }],
    ['in two', { has: 0, snapshotBytes: 1024 * 1024 }],
  ] as const

  it.each(made)('is made %s though who asked first has left', async (_, { has, snapshotBytes }) => {
    const updates = typed(6_000)
    const { ask, weather } = await setUp({ folded: updates })
    const client = docOf(updates.slice(0, has))
    weather.hold('outline')
    let isThere = true
    const first = ask(vectorOf(client), { snapshotBytes, isWanted: () => isThere })
    const second = ask(vectorOf(client), { snapshotBytes })
    await weather.called('outline', 1)
    isThere = false
    weather.release('outline')
    await first
    take(client, await second)
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
  })

  it.each(made)('is made %s after all who asked have left', async (_, { has, snapshotBytes }) => {
    const updates = typed(6_000)
    const { ask, weather } = await setUp({ folded: updates })
    const client = docOf(updates.slice(0, has))
    weather.hold('outline')
    let isThere = true
    const first = ask(vectorOf(client), { snapshotBytes, isWanted: () => isThere })
    await weather.called('outline', 1)
    isThere = false
    weather.release('outline')
    expect(await first).toEqual({ first: [], last: EMPTY_UPDATE })
    take(client, await ask(vectorOf(client), { snapshotBytes }))
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
  })
})

describe('an answer to a client that knows its position', () => {
  const updates = typed(40)
  const stored = {
    folded: updates.slice(0, 10),
    tail: updates.slice(10, 30),
    unsaved: updates.slice(30),
  }

  it.each([10, 17, 30])('is what came behind %i, and what is not on disk yet', async (at) => {
    const { was, weather } = await setUp(stored)
    const client = docOf(updates.slice(0, at))
    take(client, unwrap(await was(at)))
    expect(stateOf(client)).toEqual(stateOf(docOf(updates)))
    expect(weather.calls).toMatchObject({ outline: 1, read: 0, parts: 0 })
  })

  it('is none where the log was folded beyond it', async () => {
    const { was } = await setUp(stored)
    expect(await was(9)).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/folded beyond 9/) },
    })
  })

  it.each([10, 17])('is none where update %i was written by somebody else', async (at) => {
    const { was } = await setUp(stored)
    expect(await was(at, {}, 0)).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/is another one/) },
    })
  })

  it('finds place for as much as the tail holds while it is made', async () => {
    const { was, weather, pool } = await setUp(stored)
    weather.hold('outline')
    const asked = was(10, { bytes: 3_000, snapshotBytes: 1_000 })
    await weather.called('outline', 1)
    expect(pool.heldBytes).toBe(2 * 2_000)
    weather.release('outline')
    unwrap(await asked)
  })
})

it('an answer brings any client to the whole document, however the log is split', async () => {
  await fc.assert(
    fc.asyncProperty(
      sessionPlans,
      fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)),
      fc.infiniteStream(fc.boolean()),
      async (plan, shares, luck) => {
        const updates = runSession(plan).updates as Update[]
        fc.pre(updates.length > 0)
        const at = (percent: number): number => Math.ceil((updates.length * percent) / 100)
        const through = Math.max(1, at(shares[0]))
        const saved = Math.max(through, at(shares[1]))
        const { ask } = await setUp({
          folded: updates.slice(0, through),
          tail: updates.slice(through, saved),
          unsaved: updates.slice(saved),
        })
        // any part of the log; and read first by both, for halves of surrogate pairs depend on the order
        const most = updates.slice(0, at(shares[2])).filter(() => luck.next().value)
        const client = docOf(most)
        take(client, await ask(vectorOf(client)))
        expect(stateOf(client)).toEqual(stateOf(docOf([...most, ...updates])))
      },
    ),
    { numRuns: 150 },
  )
})
