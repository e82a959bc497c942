import { afterEach, describe, expect, it } from 'vitest'
import { haveConverged } from '../harness/contents.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { openClient, type StockClient } from '../harness/stock-client.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const STROKES = 100
const TEST_MS = 60_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const client = async (
  on: Pick<ServerProcess, 'yjsUrl'>,
  document: string,
): Promise<StockClient> => {
  const opened = openClient(on, document)
  cleanups.push(opened.close)
  await opened.synced()
  return opened
}

describe('a client that is away', { timeout: TEST_MS }, () => {
  it(`edits offline, others edit meanwhile, and all converge, E2E_SEED=${seed}`, async () => {
    const on = await startServer()
    cleanups.push(on.remove)
    const [anna, ben] = [await client(on, 'offline'), await client(on, 'offline')]
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
    const fresh = await client(on, 'offline')
    await until('a fresh reader holds it', () => haveConverged(fresh, anna))
  })
})
