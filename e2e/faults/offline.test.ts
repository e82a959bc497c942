import { describe, expect, it } from 'vitest'
import { haveConverged } from '../harness/contents.ts'
import { clientDuringTest, serverDuringTest } from '../harness/during-test.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const STROKES = 100
const TEST_MS = 60_000

describe('a client that is away', { timeout: TEST_MS }, () => {
  it(`edits offline, others edit meanwhile, and all converge, E2E_SEED=${seed}`, async () => {
    const on = await serverDuringTest()
    const [anna, ben] = [
      await clientDuringTest(on, 'offline'),
      await clientDuringTest(on, 'offline'),
    ]
    anna.text.insert(0, 'both have this')
    await until('Ben has it', () => haveConverged(anna, ben))

    ben.provider.disconnect()
    const random = randomFrom(seed)
    const typists = [typeInto(anna, { random }), typeInto(ben, { random })]
    await until('both typed', () => typists.every(({ strokes }) => strokes >= STROKES))
    for (const typist of typists) typist.stop()
    expect(haveConverged(anna, ben)).toBe(false)

    ben.provider.connect()
    await until('both hold the same', () => haveConverged(anna, ben))
    const fresh = await clientDuringTest(on, 'offline')
    await until('a fresh reader holds it', () => haveConverged(fresh, anna))
  })
})
