/* Moments that the contract meets by chance only: what happens between two steps of an opener. */
import { EMPTY_UPDATE, type Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import {
  at,
  keptIn,
  labelled,
  labelsInOrder,
  openIn,
  unwrap,
  type Opened,
} from './contract/fixture.ts'
import { createOfflineMemory, memoryRecords, type OfflineMemory } from './memory.ts'
import { packUpdates } from './packed.ts'
import { NOTHING_KEPT, type DocumentRecords } from './records.ts'
import type { SiblingEvent, Siblings } from './siblings.ts'
import { ManualClock, settled } from './testing/manual-clock.ts'
import { calm, mortalTab, type MortalTab, type Weather } from './testing/mortal.ts'

const DOCUMENT = 'notes'
const NO_LOG = NOTHING_KEPT.size
const FULL = { kind: 'quota', message: 'the disk is full' } as const

/** An opener whose every step a test makes itself. */
interface ByHand {
  readonly siblings: Siblings
  readonly records: DocumentRecords
  readonly events: readonly SiblingEvent[]
  /** Keeps something unsaved, and tells nobody. */
  keep(label: string): Promise<Update>
}

const byHand = async (memory: OfflineMemory): Promise<ByHand> => {
  const events: SiblingEvent[] = []
  const siblings = unwrap(await memory.join(DOCUMENT, (event) => events.push(event)))
  const label = new TextEncoder().encode(DOCUMENT)
  const records = unwrap(await memoryRecords(memory).document(DOCUMENT, label))
  return {
    siblings,
    records,
    events,
    keep: async (text) => {
      const update = labelled(text)
      const batch = {
        life: null,
        owner: siblings.self,
        log: { bytes: packUpdates([update]), updates: 1 },
        unsaved: [{ at: 0, bytes: update }],
        saved: [],
        position: null,
      }
      unwrap(await records.write(batch))
      return update
    },
  }
}

const fail = (): never => {
  throw new Error('nothing was to be told')
}

const lifeOf = (memory: OfflineMemory): string => memory.rows.get(DOCUMENT)?.contents.life ?? ''

/** Weather that holds one moment of one operation until it is released. */
const holding = (operation: keyof DocumentRecords, moment: 'before' | 'after') => {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const weather: Weather = {
    ...calm,
    pause: async (which, when) => {
      if (which !== operation || when !== moment) return
      reached.resolve()
      await released.promise
    },
  }
  return { weather, reached: reached.promise, release: () => released.resolve() }
}

/** Weather in which these operations fail for as long as it is bad. */
const failing = (...operations: readonly (keyof DocumentRecords)[]) => {
  const state = { isBad: true }
  const weather: Weather = {
    ...calm,
    problem: (operation) => (state.isBad && operations.includes(operation) ? FULL : null),
  }
  return { weather, state }
}

const unsavedIn = ({ document, inherited }: Opened): readonly string[] =>
  labelsInOrder([...document.kept.unsaved, ...inherited].map(({ update }) => update))

describe('an opener', () => {
  it('[OS7] has what is kept while it reads', async () => {
    const memory = createOfflineMemory()
    const other = await byHand(memory)
    await other.keep('before')
    const { weather, reached, release } = holding('read', 'after')
    const opening = openIn(mortalTab(memory, { weather }))
    await reached
    const update = await other.keep('meanwhile')
    other.siblings.tell({
      epoch: null,
      kind: 'kept',
      life: lifeOf(memory),
      updates: [update],
      position: null,
      size: NO_LOG,
    })
    await settled()
    release()
    const { document, heard } = await opening
    expect(labelsInOrder(document.kept.updates)).toEqual(['before', 'meanwhile'])
    expect(heard).toEqual([])
  })

  it('[OS9] has what was kept between its reading and the end of who kept it', async () => {
    const memory = createOfflineMemory()
    const other = await byHand(memory)
    await other.keep('before')
    const { weather, reached, release } = holding('read', 'after')
    const opening = openIn(mortalTab(memory, { weather }))
    await reached
    await other.keep('meanwhile')
    other.siblings.leave()
    release()
    const opened = await opening
    expect(labelsInOrder(opened.document.kept.updates)).toEqual(['before', 'meanwhile'])
    expect(unsavedIn(opened)).toEqual(['before', 'meanwhile'])
  })

  it('[OS9] inherits later what it cannot take over when it opens', async () => {
    const memory = createOfflineMemory()
    const clock = new ManualClock()
    const other = await byHand(memory)
    await other.keep('left')
    other.siblings.leave()
    const { weather, state } = failing('adopt')
    const opened = await openIn(mortalTab(memory, { weather, clock }))
    expect(unsavedIn(opened)).toEqual([])
    expect(opened.problems).toEqual([])
    await clock.advance(100)
    expect(opened.problems).toEqual([FULL])
    state.isBad = false
    await clock.advance(60_000)
    expect(unsavedIn(opened)).toEqual(['left'])
    expect(opened.problems).toEqual([FULL, null])
  })

  it('[OS9] hears what it inherits, and so do the others, if nobody was told of it', async () => {
    const memory = createOfflineMemory()
    const openers = [await openIn(mortalTab(memory)), await openIn(mortalTab(memory))]
    const other = await byHand(memory)
    await other.keep('never told')
    await settled()
    other.siblings.leave()
    await settled()
    expect(openers.flatMap(unsavedIn)).toEqual(['never told'])
    for (const opened of openers) expect(opened.labels()).toEqual(['never told'])
  })

  it('[OS10] ends if it finds another life than its own', async () => {
    const memory = createOfflineMemory()
    const other = await byHand(memory)
    await other.keep('a')
    const ends = {
      write: (opened: Opened) => void opened.document.changedHere(labelled('b')),
      adopt: () => other.siblings.leave(),
      told: () =>
        other.siblings.tell({
          epoch: null,
          kind: 'kept',
          life: 'another',
          updates: [],
          position: null,
          size: NO_LOG,
        }),
    }
    for (const end of [ends.write, ends.told, ends.adopt]) {
      const opened = await openIn(mortalTab(memory))
      await settled() // it is among the others now
      unwrap(await other.records.clear()) // and tells nobody
      await other.keep('of the next life')
      end(opened)
      await settled()
      expect(opened.problems).toEqual([
        {
          kind: 'cleared',
          message: 'what was kept of notes on this device has been cleared meanwhile',
        },
      ])
      expect(opened.inherited).toEqual([])
      await opened.document.close()
    }
  })

  it('[OS10] does not take what is still told of a life that it has ended itself', async () => {
    const memory = createOfflineMemory()
    const other = await byHand(memory)
    await other.keep('a')
    const life = lifeOf(memory)
    const opened = await openIn(mortalTab(memory))
    unwrap(await opened.document.clear())
    other.siblings.tell({
      epoch: null,
      kind: 'kept',
      life,
      updates: [labelled('late')],
      position: null,
      size: NO_LOG,
    })
    await settled()
    opened.document.changedHere(labelled('b'))
    unwrap(await opened.document.flush())
    expect([opened.heard, opened.problems]).toEqual([[], []])
    expect((await keptIn(mortalTab(memory))).labels).toEqual(['b'])
  })

  it('[OS10] goes on as it was if a clear fails', async () => {
    const memory = createOfflineMemory()
    const { weather, state } = failing('clear')
    const { document, problems, heard } = await openIn(mortalTab(memory, { weather }))
    document.changedHere(labelled('a'))
    unwrap(await document.flush())
    document.changedHere(labelled('b'))
    expect(await document.clear()).toEqual({ ok: false, error: FULL })
    unwrap(await document.flush())
    const other = await openIn(mortalTab(memory))
    other.document.changedHere(labelled('c'))
    unwrap(await other.document.flush())
    await settled()
    expect([problems, labelsInOrder(heard)]).toEqual([[], ['c']])
    expect((await keptIn(mortalTab(memory))).labels).toEqual(['a', 'b', 'c'])
    state.isBad = false
    unwrap(await document.clear())
    expect((await keptIn(mortalTab(memory))).labels).toEqual([])
  })

  it('[OS6] tells what it cannot keep to those who come later', async () => {
    const memory = createOfflineMemory()
    const { weather } = failing('write')
    const one = await openIn(mortalTab(memory, { weather }))
    one.document.changedHere(labelled('a'))
    expect(await one.document.flush()).toEqual({ ok: false, error: FULL })
    const two = await openIn(mortalTab(memory, { weather }))
    await settled()
    expect(two.labels()).toEqual(['a'])
  })

  it('[OS6] tells what it cannot keep, to those who come later as well; and they keep it', async () => {
    const memory = createOfflineMemory()
    const { weather } = failing('write')
    const tab = mortalTab(memory, { weather })
    const one = await openIn(tab)
    const two = await openIn(mortalTab(memory))
    await settled()
    one.document.changedHere(labelled('a'))
    expect(await one.document.flush()).toEqual({ ok: false, error: FULL })
    one.document.changedThere(labelled('b')) // a server tells it again
    one.document.changedHere(labelled('c'))
    await settled()
    expect(two.labels()).toEqual(['a', 'c'])
    const three = await openIn(mortalTab(memory))
    await settled()
    expect(three.labels()).toEqual(['a', 'c'])
    unwrap(await two.document.flush())
    await tab.crash()
    expect(await keptIn(mortalTab(memory))).toMatchObject({ labels: ['a', 'c'], unsaved: [] })
  })

  it('[OS6] tells one who comes while it tries again, too', async () => {
    const memory = createOfflineMemory()
    const clock = new ManualClock()
    const { weather } = failing('write')
    const released = Promise.withResolvers<void>()
    let writes = 0
    const one = await openIn(
      mortalTab(memory, {
        clock,
        weather: {
          ...weather,
          pause: async (operation, moment) => {
            if (operation === 'write' && moment === 'before' && ++writes === 2)
              await released.promise
          },
        },
      }),
    )
    one.document.changedHere(labelled('a'))
    await clock.advance(1_100)
    const two = await openIn(mortalTab(memory, { weather }))
    released.resolve()
    await settled()
    await clock.advance(1)
    expect([writes, two.labels()]).toEqual([2, ['a']])
  })

  it('[OS6] tells each change once, and holds it once, however many fail and come', async () => {
    const memory = createOfflineMemory()
    const clock = new ManualClock()
    const { weather, state } = failing('write')
    const told: number[] = []
    const counting: OfflineMemory = {
      ...memory,
      join: async (document, onEvent) => {
        const joined = unwrap(await memory.join(document, onEvent))
        const tell: Siblings['tell'] = (message) => {
          if (message.kind === 'unkept') told.push(message.updates.length)
          joined.tell(message)
        }
        return { ok: true, value: { ...joined, tell } }
      },
    }
    const openers: Opened[] = []
    const come = async (): Promise<void> => {
      const opened = await openIn(mortalTab(counting, { weather, clock }))
      openers.push(opened)
      opened.document.changedHere(labelled(`by ${openers.length}`))
      opened.document.changedThere(labelled('by a server'))
      await clock.advance(1)
    }
    for (let i = 0; i < 3; i++) await come()
    for (let i = 0; i < 4; i++) {
      const opened = await openIn(mortalTab(counting, { weather, clock }))
      await clock.advance(60_000)
      await opened.document.close()
    }
    const all = told.reduce((sum, count) => sum + count, 0)
    expect(all).toBeLessThanOrEqual(3 * (1 + 6)) // each its own: at first, and to six who came
    state.isBad = false
    const before = memory.rows.get(DOCUMENT)?.contents.size.tailUpdates ?? 0
    unwrap((await openers[0]?.document.flush()) ?? { ok: true, value: undefined })
    const after = memory.rows.get(DOCUMENT)?.contents.size.tailUpdates ?? 0
    expect([before, after]).toEqual([0, 4]) // three changes, and what a server told
  })
})

describe('a store', () => {
  it('[OS13] that is closed while a document is being opened does not open it', async () => {
    const memory = createOfflineMemory()
    const { weather, reached, release } = holding('read', 'before')
    const { store } = mortalTab(memory, { weather })
    const opening = store.open(DOCUMENT, {
      changed: fail,
      belongs: fail,
      kept: fail,
      inherited: fail,
      problem: fail,
    })
    await reached
    const closing = store.close()
    release()
    expect(await opening).toEqual({
      ok: false,
      error: { kind: 'unavailable', message: 'the offline store is closed' },
    })
    await closing
    const left = await byHand(memory)
    left.siblings.tell({ epoch: null, kind: 'unkept', updates: [labelled('nobody is there')] })
    expect((await openIn(mortalTab(memory))).labels()).toEqual([])
  })
})

describe('what comes from a server', () => {
  /** Three who have a document open; the first of them is elected. */
  const three = async () => {
    const memory = createOfflineMemory()
    const clock = new ManualClock()
    const tabs: MortalTab[] = [1, 2, 3].map(() => mortalTab(memory, { clock }))
    const openers: Opened[] = []
    for (const tab of tabs) openers.push(await openIn(tab))
    await clock.advance(1)
    const kept = (): number => memory.rows.get(DOCUMENT)?.contents.log.length ?? 0
    return { memory, clock, tabs, openers, kept }
  }

  it('[OS8] is kept soon by the one who is elected, and by nobody else', async () => {
    const { memory, clock, openers, kept } = await three()
    const update = labelled('a')
    for (const { document } of openers) {
      document.changedThere(update)
      document.moved(at(1))
    }
    await clock.advance(199)
    expect(kept()).toBe(0)
    await clock.advance(2)
    expect(kept()).toBe(1)
    await clock.advance(60_000)
    expect(kept()).toBe(1)
    expect(memory.rows.get(DOCUMENT)?.contents.position).toEqual(at(1))
    for (const { heard } of openers) expect(heard).toEqual([]) // they had it
  })

  it('[OS8] is kept by another if the one who is elected does not hear it', async () => {
    const { memory, clock, openers, kept } = await three()
    const [, second, third] = openers
    for (const opened of [second, third]) {
      opened?.document.changedThere(labelled('a'))
      opened?.document.moved(at(1))
    }
    third?.document.changedHere(labelled('its own'))
    await clock.advance(4_999)
    expect(kept()).toBe(1)
    await clock.advance(2)
    expect(kept()).toBeGreaterThanOrEqual(2)
    expect(memory.rows.get(DOCUMENT)?.contents.position).toEqual(at(1))
  })

  it('[OS4] leaves no change without its epoch, whoever is elected', async () => {
    const { memory, clock, tabs, openers } = await three()
    openers[1]?.document.moved(at(0))
    openers[1]?.document.changedHere(labelled('its own'))
    await settled()
    for (const tab of tabs) await tab.crash()
    expect(await keptIn(mortalTab(memory, { clock }))).toMatchObject({
      unsaved: ['its own'],
      position: at(0),
    })
  })

  it('[OS8] does not wait for long if it is much', async () => {
    const { openers, kept } = await three()
    openers[2]?.document.changedThere(new Uint8Array(300_000) as Update) // nothing looks inside
    await settled()
    expect(kept()).toBe(1)
  })

  it('[OS8] falls to the next who is elected, and what it has heard before, too', async () => {
    const { memory, clock, tabs, openers, kept } = await three()
    const update = labelled('a')
    for (const { document } of openers) {
      document.changedThere(update)
      document.moved(at(1))
    }
    await tabs[0]?.crash()
    await clock.advance(300)
    expect(kept()).toBe(1)
    await tabs[1]?.crash()
    openers[2]?.document.changedThere(labelled('b'))
    openers[2]?.document.moved(at(2))
    await clock.advance(300)
    expect(kept()).toBe(2)
    expect(memory.rows.get(DOCUMENT)?.contents.position).toEqual(at(2))
  })

  it('is not kept at all if it is only said to be saved what is not there', async () => {
    const { openers, memory } = await three()
    openers[0]?.document.saved([7])
    unwrap((await openers[0]?.document.flush()) ?? { ok: true, value: undefined })
    expect(memory.rows.size).toBe(0)
  })
})

describe('a log that another writes', () => {
  it('[OS11] is folded by the one who is elected', async () => {
    const memory = createOfflineMemory()
    const elected = await openIn(mortalTab(memory))
    const { document } = await openIn(mortalTab(memory))
    await settled()
    for (let i = 0; i < 15; i++) {
      for (let n = 0; n < 100; n++) document.changedHere(EMPTY_UPDATE)
      unwrap(await document.flush())
      await settled()
    }
    const { size } = memory.rows.get(DOCUMENT)?.contents ?? NOTHING_KEPT
    expect(size.foldedBytes).toBeGreaterThan(0)
    expect(size.tailUpdates).toBe(500)
    expect(elected.problems).toEqual([])
  })
})

describe('a log that the one who is elected does not fold', () => {
  it('[OS11] is folded by another when it is four times as long', async () => {
    const memory = createOfflineMemory()
    await byHand(memory) // is elected, and asleep
    const { document } = await openIn(mortalTab(memory))
    const tails: number[] = []
    for (let i = 1; i <= 41; i++) {
      for (let n = 0; n < 100; n++) document.changedThere(EMPTY_UPDATE)
      unwrap(await document.flush())
      await settled()
      tails.push(memory.rows.get(DOCUMENT)?.contents.size.tailUpdates ?? 0)
    }
    expect([tails[38], tails[39], tails[40]]).toEqual([3_900, 0, 100])
  })
})

describe('a log that cannot be folded', () => {
  it('is tried again only at twice its length', async () => {
    const memory = createOfflineMemory()
    const clock = new ManualClock()
    let folds = 0
    const weather: Weather = {
      ...calm,
      problem: (operation) => {
        if (operation !== 'fold') return null
        folds++
        return FULL
      },
    }
    const { document, problems } = await openIn(mortalTab(memory, { weather, clock }))
    await clock.advance(1)
    const counts: number[] = []
    for (let i = 1; i <= 45; i++) {
      for (let n = 0; n < 100; n++) document.changedThere(EMPTY_UPDATE)
      unwrap(await document.flush())
      await clock.advance(1)
      counts.push(folds)
    }
    expect([counts[8], counts[9], counts[18], counts[19], counts[38], counts[39]]).toEqual([
      0, 1, 1, 2, 2, 3,
    ])
    expect(problems).toEqual([]) // all is kept
    const contents = memory.rows.get(DOCUMENT)?.contents ?? NOTHING_KEPT
    expect(contents.size.tailUpdates).toBe(4_500)
  })
})
