/*
 * Event streams whose clients misbehave, or are cut off, at a real server: its memory is bounded, and nobody else notices.
 * E2E_SEED repeats a run.
 */
import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { EMPTY_STATE_VECTOR } from '@quire/shared'
import { openBulkWriter } from '../harness/bulk-writer.ts'
import { haveConverged } from '../harness/contents.ts'
import { isReady } from '../harness/health.ts'
import { startInnocents } from '../harness/innocents.ts'
import { residentMib } from '../harness/memory.ts'
import { between, randomFrom, runSeed } from '../harness/random.ts'
import { documentUrl } from '../harness/raw-client.ts'
import { openRawStream, streamOf, type RawStream } from '../harness/raw-stream.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const MIB = 1024 * 1024
const TEST_MS = 180_000
const READERS = 8
const STEP_MIB = 4
const WARM_UP_MIB = 24
const SAID_MIB = 64
const SWING_MIB = 40

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const serverWith = async (env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
  const on = await startServer({ env: { QUIRE_LOG_LEVEL: 'warn', ...env } })
  cleanups.push(async () => {
    expect(on.log()).not.toContain('"kind":"bug"')
    await on.remove()
  })
  return on
}

/** A stream on which a document is open. */
const read = async (on: ServerProcess, document: string): Promise<RawStream> => {
  const stream = await openRawStream(on)
  cleanups.push(() => stream.close())
  expect(await stream.say({ kind: 'open', document, token: null })).toBe(204)
  expect(await stream.say({ kind: 'ask', stateVector: EMPTY_STATE_VECTOR })).toBe(204)
  await until('it is open', () => stream.notices.some(({ kind }) => kind === 'opened'))
  return stream
}

describe('readers of event streams', { timeout: TEST_MS }, () => {
  it.each([
    ['that stop reading', (stream: RawStream) => stream.pause()],
    ['behind a proxy that takes in everything', () => undefined],
  ])('[R9] [P33] %s are held and not buffered, and miss nothing', async (_, stall) => {
    const on = await serverWith({
      QUIRE_MAX_BYTES_PER_SECOND: String(4096 * MIB),
      QUIRE_MAX_MESSAGES_PER_SECOND: '10000000',
      QUIRE_MAX_SILENCE_MS: '120000',
      QUIRE_MAX_LAG_BYTES: String(MIB),
    })
    const slow = await Promise.all(Array.from({ length: READERS }, () => read(on, 'busy')))
    const writer = await openBulkWriter(documentUrl(on, 'busy'))
    cleanups.push(() => writer.close())
    const allHaveIt = () =>
      until('they hold what was written', () =>
        slow.every((stream) => haveConverged(stream, writer)),
      )
    const tellRead = () => Promise.all(slow.map((stream) => stream.post(new Uint8Array())))
    const write = async (mib: number, each: () => Promise<unknown>): Promise<number> => {
      let most = 0
      for (let written = 0; written < mib; written += STEP_MIB) {
        await writer.write(STEP_MIB)
        await each()
        most = Math.max(most, await residentMib(on.pid))
      }
      return most
    }
    const theyHoldIt = () =>
      until('they hold it', async () => {
        await tellRead()
        return slow.every((stream) => haveConverged(stream, writer))
      })
    const paced = await write(WARM_UP_MIB, theyHoldIt)
    // as fast as later: how far the heap swings by itself, between two collections
    const usual = Math.max(paced, await write(WARM_UP_MIB, tellRead))
    await theyHoldIt()
    for (const stream of slow) stall(stream)
    const most = await write(SAID_MIB, () => Promise.resolve())
    for (const stream of slow) stream.resume()
    await until('all of it is told again', async () => {
      await tellRead()
      return slow.every((stream) => haveConverged(stream, writer))
    })
    await allHaveIt()
    expect(slow.filter(({ isOver }) => isOver)).toEqual([])
    expect(most - usual).toBeLessThan(SWING_MIB)
  })
})

describe('clients of event streams', { timeout: TEST_MS }, () => {
  /** Something that is no good, done over and over by several at the same time. */
  const abuses: readonly (readonly [
    string,
    (on: ServerProcess, random: () => number) => Promise<unknown>,
  ])[] = [
    [
      'that say what is no message',
      async (on, random) => {
        const stream = await openRawStream(on)
        await stream.post(
          Uint8Array.from({ length: between(random, 1, 5_000) }, () => between(random, 0, 255)),
        )
        stream.close()
      },
    ],
    [
      'that begin messages that never end',
      async (on) => {
        const stream = await openRawStream(on)
        await stream.post(streamOf(new Uint8Array(MIB)).subarray(0, MIB / 4))
        stream.close()
      },
    ],
    [
      'that send bodies which do not end',
      async (on) => {
        const stream = await openRawStream(on)
        const headers = {
          'Quire-Stream': stream.name,
          'Quire-From': '0',
          'Quire-Read': '0',
          'Content-Length': '500000',
        }
        const path = '/sync/stream'
        const asked = request({
          port: on.port,
          host: '127.0.0.1',
          method: 'POST',
          path,
          headers,
          agent: false,
        })
        asked.on('error', () => undefined)
        await new Promise((resolve) => asked.write(new Uint8Array(100_000), resolve))
        asked.destroy()
        stream.close()
      },
    ],
    [
      'that guess names',
      async (on, random) => {
        const headers = { 'Quire-Stream': String(random()), 'Last-Event-ID': '0' }
        await (await fetch(`${on.url}/sync/stream`, { headers })).text()
      },
    ],
    [
      'that claim to have read what was never told',
      async (on, random) => {
        const stream = await openRawStream(on)
        await stream.post(new Uint8Array(), { read: between(random, 1_000, 2 ** 40) })
        await stream.post(new Uint8Array(), { from: between(random, 1_000, 2 ** 40) })
        stream.close()
      },
    ],
    [
      'that flood a stream with requests',
      async (on) => {
        const stream = await openRawStream(on)
        await Promise.all(
          Array.from({ length: 100 }, () =>
            stream.post(streamOf(Uint8Array.of(0, 1)), { from: 0 }),
          ),
        )
        stream.close()
      },
    ],
    ['that open streams and leave them', async (on) => (await openRawStream(on)).close()],
  ]

  it.each(abuses)(`%s disturb nobody, E2E_SEED=${seed}`, async (_, abuse) => {
    const on = await serverWith({ QUIRE_MAX_MESSAGE_BYTES: String(MIB) })
    const innocents = await startInnocents(on, 'work', seed)
    cleanups.push(() => innocents.close())
    const random = randomFrom(seed)
    const over = new AbortController()
    let rounds = 0
    const keepAt = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await abuse(on, random)
        rounds++
      }
    }
    const abusers = Array.from({ length: 8 }, keepAt)
    for (let i = 0; i < 5; i++) await innocents.goOn()
    await until('each has done it twice', () => rounds >= 2 * abusers.length)
    over.abort()
    await Promise.all(abusers)
    expect(await innocents.harm()).toEqual([])
    expect(await isReady(on)).toBe(true)
  })

  it('are told as the server stops, which it does in time', async () => {
    const on = await serverWith()
    const streams = await Promise.all([read(on, 'a'), read(on, 'b'), openRawStream(on)])
    cleanups.push(() => streams[2].close())
    const startedAt = performance.now()
    expect(await on.end('SIGTERM')).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await until('all have ended', () => streams.every(({ isOver }) => isOver))
    expect(streams.map(({ closed }) => closed?.code)).toEqual([1012, 1012, 1012])
  })
})
