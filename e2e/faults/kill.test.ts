/*
 * kill -9 of the real server at random moments while people type. E2E_SEED repeats a run, E2E_ROUNDS
 * makes it longer.
 */
import { describe, expect, it } from 'vitest'
import { haveConverged, missingFrom } from '../harness/contents.ts'
import { clientDuringTest, serverDuringTest } from '../harness/during-test.ts'
import { between, randomFrom, runSeed, type Random } from '../harness/random.ts'
import type { ServerProcess } from '../harness/server-process.ts'
import type { StockClient } from '../harness/stock-client.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const rounds = Number(process.env['E2E_ROUNDS'] ?? 3)
const ROUND_MS = 60_000

/** Lets people type until they have made so many keystrokes, then kills the server in their midst. */
const killWhileTyping = async (
  on: ServerProcess,
  people: readonly StockClient[],
  random: Random,
): Promise<void> => {
  const typists = people.map((person) => typeInto(person, { random }))
  const strokes = between(random, 5, 150)
  await until(`${strokes} keystrokes`, () => typists.every((typist) => typist.strokes >= strokes))
  await on.end('SIGKILL')
  for (const typist of typists) typist.stop()
}

/** Waits until the last bytes that the server sent before its end have been read. */
const disconnected = (people: readonly StockClient[]): Promise<void> =>
  until('everybody noticed', () => people.every(({ provider }) => !provider.wsconnected))

describe(`kill -9, ${rounds} rounds, E2E_SEED=${seed}`, () => {
  it(
    'two who type reconnect and converge, and nothing that either saw of the other is gone',
    async () => {
      const random = randomFrom(seed)
      const on = await serverDuringTest()
      const people = [
        await clientDuringTest(on, 'kill'),
        await clientDuringTest(on, 'kill'),
      ] as const
      const [anna, ben] = people
      for (let round = 1; round <= rounds; round++) {
        await killWhileTyping(on, people, random)
        await disconnected(people)
        const seen = people.flatMap(({ wire }) => wire.seen.splice(0))
        await on.restart()
        await Promise.all(people.map((person) => person.synced()))
        await until(`round ${round}: both hold the same`, () => haveConverged(anna, ben))
        const fresh = await clientDuringTest(on, 'kill')
        await until(`round ${round}: a fresh reader holds it`, () => haveConverged(fresh, anna))
        expect(missingFrom(fresh.doc, seen), `round ${round}`).toBe(0)
        fresh.close()
      }
    },
    rounds * ROUND_MS,
  )

  it(
    'an acknowledged change is on disk even if its author never comes back',
    async () => {
      const random = randomFrom(seed + 1)
      let acknowledged = 0
      for (let round = 1; round <= rounds; round++) {
        const on = await serverDuringTest()
        const people = [await clientDuringTest(on, 'ack'), await clientDuringTest(on, 'ack')]
        await killWhileTyping(on, people, random)
        await disconnected(people)
        const promised = people.flatMap(({ wire }) => wire.acknowledged)
        for (const person of people) person.close()
        await on.restart()
        const fresh = await clientDuringTest(on, 'ack')
        expect(missingFrom(fresh.doc, promised), `round ${round}, of ${promised.length}`).toBe(0)
        acknowledged += promised.length
        fresh.close()
        await on.remove()
      }
      expect(acknowledged).toBeGreaterThan(0)
    },
    rounds * ROUND_MS,
  )

  it(
    'with QUIRE_DURABILITY=relay, what an observer saw is on disk even if the writers never come back',
    async () => {
      const random = randomFrom(seed + 2)
      let seen = 0
      for (let round = 1; round <= rounds; round++) {
        const on = await serverDuringTest({ env: { QUIRE_DURABILITY: 'relay' } })
        const people = [await clientDuringTest(on, 'relay'), await clientDuringTest(on, 'relay')]
        const observer = await clientDuringTest(on, 'relay')
        await killWhileTyping(on, people, random)
        await disconnected([...people, observer])
        for (const person of [...people, observer]) person.close()
        await on.restart()
        const fresh = await clientDuringTest(on, 'relay')
        const { wire } = observer
        expect(missingFrom(fresh.doc, wire.seen), `round ${round}, of ${wire.seen.length}`).toBe(0)
        seen += wire.seen.length
        fresh.close()
        await on.remove()
      }
      expect(seen).toBeGreaterThan(0)
    },
    rounds * ROUND_MS,
  )
})
