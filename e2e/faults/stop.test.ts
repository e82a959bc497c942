import { afterEach, describe, expect, it } from 'vitest'
import { missingFrom } from '../harness/contents.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { startServer } from '../harness/server-process.ts'
import { openClient } from '../harness/stock-client.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const STROKES = 200
const DRAIN_MS = 10_000
const GOING_AWAY = [1001, 1012]
const TEST_MS = 60_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

describe('a stop while people type', { timeout: TEST_MS }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    `%s tells everybody to come back, saves what it acknowledged, and ends with 0, E2E_SEED=${seed}`,
    async (signal) => {
      const on = await startServer()
      cleanups.push(on.remove)
      const people = [1, 2, 3].map(() => openClient(on, 'stop'))
      cleanups.push(...people.map((person) => person.close))
      await Promise.all(people.map((person) => person.synced()))
      const random = randomFrom(seed)
      const typists = people.map((person) => typeInto(person, { random, pauseMs: 2 }))
      await until('all type', () => typists.every(({ strokes }) => strokes >= STROKES))

      const startedAt = performance.now()
      const code = await on.end(signal)
      const tookMs = performance.now() - startedAt
      for (const typist of typists) typist.stop()
      await until('everybody noticed', () => people.every(({ wire }) => wire.closes.length > 0))
      for (const person of people) person.close()

      expect(code).toBe(0)
      expect(tookMs).toBeLessThan(DRAIN_MS)
      for (const { wire } of people) {
        expect(GOING_AWAY).toContain(wire.closes[0]?.code)
        expect(wire.closes[0]?.reason).not.toBe('')
      }
      const promised = people.flatMap(({ wire }) => wire.acknowledged)
      expect(promised.length).toBeGreaterThan(0)
      await on.restart()
      const fresh = openClient(on, 'stop')
      cleanups.push(fresh.close)
      await fresh.synced()
      expect(missingFrom(fresh.doc, promised)).toBe(0)
    },
  )

  it('SIGTERM with nobody connected ends at once with 0', async () => {
    const on = await startServer()
    cleanups.push(on.remove)
    const startedAt = performance.now()
    expect(await on.end('SIGTERM')).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(DRAIN_MS)
  })
})
