/* Tabs over a device that fails at random, for as long as the weather is bad. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keptIn, labelled, openIn, unwrap, type Opened } from './contract/fixture.ts'
import { createOfflineMemory } from './memory.ts'
import { ManualClock, settled } from './testing/manual-clock.ts'
import { mortalTab, type Weather } from './testing/mortal.ts'

const FULL = { kind: 'quota', message: 'the disk is full' } as const
const TEN_MINUTES = 600_000

class BadWeather implements Weather {
  isBad = false
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  async pause(): Promise<void> {
    for (let turns = this.#random() * 8; turns > 0; turns--) await Promise.resolve()
  }

  problem(operation: string): typeof FULL | null {
    return this.isBad && operation !== 'read' && this.#random() < 0.7 ? FULL : null
  }
}

const randomFrom = (seed: number): (() => number) => {
  let state = (seed % 2_147_483_646) + 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

const fail = (): never => {
  throw new Error('there is no such tab')
}

const step = fc.record({
  kind: fc.constantFrom('edit', 'edit', 'hear', 'save', 'bad', 'good', 'wait', 'patience'),
  tab: fc.nat({ max: 2 }),
})

describe('in bad weather', () => {
  it('[OS4] [OS5] [OS6] everybody hears everything, and in the end all of it is kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 40 }),
        fc.nat(),
        async (steps, seed) => {
          const weather = new BadWeather(randomFrom(seed))
          const clock = new ManualClock()
          const memory = createOfflineMemory()
          const tabs = [0, 1, 2].map(() => mortalTab(memory, { weather, clock }))
          const openers: Opened[] = []
          for (const tab of tabs) openers.push(await openIn(tab))
          const given: string[] = []
          const server: string[] = []
          const keys = tabs.map((): Map<string, number> => new Map())
          const owned = tabs.map((): Set<string> => new Set())
          const saved = new Set<string>()

          for (const { kind, tab } of steps) {
            const { document } = openers[tab] ?? fail()
            const [mine, own] = [keys[tab] ?? new Map<string, number>(), owned[tab] ?? new Set()]
            const label = `${given.length}`
            if (kind === 'bad') weather.isBad = true
            if (kind === 'good') weather.isBad = false
            if (kind === 'wait') await clock.advance(100)
            if (kind === 'patience') await clock.advance(10_000)
            if (kind === 'edit') {
              given.push(label)
              own.add(label)
              mine.set(label, document.changedHere(labelled(label)))
            }
            if (kind === 'hear') {
              server.push(label)
              given.push(label)
              own.add(label)
              document.changedThere(labelled(label))
            }
            const [first] = mine
            if (kind === 'save' && first !== undefined) {
              document.saved([first[1]])
              mine.delete(first[0])
              saved.add(first[0])
            }
            await settled()
          }

          weather.isBad = false
          await clock.advance(TEN_MINUTES)
          for (const [i, { labels, problems }] of openers.entries()) {
            const all = new Set([...labels(), ...(owned[i] ?? [])])
            expect([...all].toSorted()).toEqual(given.toSorted())
            expect(problems.at(-1) ?? null).toBe(null)
          }
          for (const { document } of openers) unwrap(await document.flush())
          for (const tab of tabs) await tab.crash()
          const { labels, unsaved } = await keptIn(mortalTab(memory, { clock }))
          expect(labels).toEqual(given.toSorted())
          expect(unsaved.toSorted()).toEqual(
            given.filter((label) => !server.includes(label) && !saved.has(label)).toSorted(),
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})
