/* A client that says more than its rates, and is not read for longer than presence lasts. */
import { afterEach, expect, it } from 'vitest'
import { haveConverged } from '../harness/contents.ts'
import { startServer } from '../harness/server-process.ts'
import { openClient, type StockClient } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'

const TEST_MS = 120_000
const KIB = 1024
const BYTES_PER_SECOND = 256 * KIB
/** After so long without a renewal clients take each other for gone (y-protocols awareness.js). */
const OUTDATED_MS = 30_000
/** So much takes 38 s: what two hear counts twice. */
const LARGE = 'x'.repeat((38 * BYTES_PER_SECOND) / 2)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

it(
  '[R7] one who is held back for longer than presence lasts stays where it is for the others',
  async () => {
    const on = await startServer({
      env: { QUIRE_MAX_BYTES_PER_SECOND: String(BYTES_PER_SECOND) },
    })
    cleanups.push(on.remove)
    const somebody = async (name: string): Promise<StockClient> => {
      const client = openClient(on, 'held back')
      cleanups.push(client.close)
      await client.synced()
      client.provider.awareness.setLocalState({ name })
      return client
    }
    const watcher = await somebody('watcher')
    const held = await somebody('held back')
    const stateOf = () => watcher.provider.awareness.getStates().get(held.doc.clientID)
    await until('the watcher sees it', () => stateOf() !== undefined)
    const gone: number[] = []
    watcher.provider.awareness.on('change', ({ removed }: { removed: number[] }) =>
      gone.push(...removed),
    )
    held.text.insert(0, LARGE)
    const startedAt = performance.now()
    held.text.insert(0, 'the next word')
    held.provider.awareness.setLocalState({ name: 'held back', at: 13 })
    await until('it is read again', () => haveConverged(watcher, held), TEST_MS)
    expect(performance.now() - startedAt).toBeGreaterThan(OUTDATED_MS)
    await until('the watcher sees where it is now', () => stateOf()?.['at'] === 13)
    expect(gone).toEqual([])
    expect([...watcher.wire.closes, ...held.wire.closes]).toEqual([])
  },
  TEST_MS,
)
