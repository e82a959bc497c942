/*
 * Peers whose network dies without a word: no FIN, no reset, nothing. E2E_SEED repeats a run.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { haveConverged } from '../harness/contents.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { openClient, type StockClient } from '../harness/stock-client.ts'
import { startProxy } from '../harness/tcp-proxy.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
/** A twentieth of the default, so that 30 s are 1.5. */
const SILENCE_MS = 1_100
/** A third of the time after which its own presence would end: what is gone by then was taken away. */
const WITHIN_MS = 10_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const serverWith = async (silenceMs: number): Promise<ServerProcess> => {
  const on = await startServer({ env: { QUIRE_MAX_SILENCE_MS: String(silenceMs) } })
  cleanups.push(on.remove)
  return on
}

const somebody = async (
  on: Pick<ServerProcess, 'yjsUrl'>,
  document: string,
  name: string,
): Promise<StockClient> => {
  const client = openClient(on, document)
  cleanups.push(client.close)
  await client.synced()
  client.provider.awareness.setLocalState({ name })
  return client
}

const sees = (watcher: StockClient, other: StockClient): boolean =>
  watcher.provider.awareness.getStates().has(other.doc.clientID)

const sessionsOf = async (on: ServerProcess): Promise<number> => {
  const answer = await fetch(`${on.url}/health/ready`)
  return ((await answer.json()) as { sessions: number }).sessions // health.ts
}

describe('a peer that goes silent', () => {
  it(`[R7] is gone for the others when its time is over, also while they write, E2E_SEED=${seed}`, async () => {
    const on = await serverWith(SILENCE_MS)
    const proxy = await startProxy(on.port)
    cleanups.push(proxy.close)
    const watcher = await somebody(on, 'half-open', 'watcher')
    const lost = await somebody(proxy, 'half-open', 'lost')
    await until('the watcher sees it', () => sees(watcher, lost))
    const typist = typeInto(watcher, { random: randomFrom(seed) })
    cleanups.push(() => typist.stop())

    proxy.freeze()
    await until('the watcher no longer sees it', () => !sees(watcher, lost), WITHIN_MS)
    await until('its session is closed', async () => (await sessionsOf(on)) === 1, WITHIN_MS)
    expect(watcher.wire.closes).toEqual([])
  })

  it('[R7] that comes back before its time is over is seen throughout, and misses nothing', async () => {
    const on = await serverWith(600_000) // it never is: the new session takes the old one's place
    const proxy = await startProxy(on.port)
    cleanups.push(proxy.close)
    const watcher = await somebody(on, 'half-open', 'watcher')
    const lost = await somebody(proxy, 'half-open', 'lost')
    await until('the watcher sees it', () => sees(watcher, lost))
    const gone: number[] = []
    watcher.provider.awareness.on('change', ({ removed }: { removed: number[] }) =>
      gone.push(...removed),
    )
    proxy.freeze()
    watcher.text.insert(0, 'written meanwhile')
    lost.provider.disconnect() // which nobody hears of
    lost.provider.serverUrl = on.yjsUrl
    lost.provider.connect()
    await until('it holds what was written', () => haveConverged(lost, watcher))
    lost.provider.awareness.setLocalState({ name: 'lost', is: 'back' })
    await until('the watcher sees that', () => {
      const state = watcher.provider.awareness.getStates().get(lost.doc.clientID)
      return state?.['is'] === 'back'
    })
    expect(gone).toEqual([])
  })
})

describe('a peer that closes', () => {
  it('[R7] is gone for the others at once', async () => {
    const on = await serverWith(600_000)
    const watcher = await somebody(on, 'closing', 'watcher')
    const leaver = await somebody(on, 'closing', 'leaver')
    await until('the watcher sees it', () => sees(watcher, leaver))
    leaver.provider.disconnect()
    await until('the watcher no longer sees it', () => !sees(watcher, leaver), WITHIN_MS)
    expect(await sessionsOf(on)).toBe(1)
  })
})
