import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { presenceFrame, types } from '../harness/frames.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { documentUrl, openRaw, type RawClient } from '../harness/raw-client.ts'
import { startServer } from '../harness/server-process.ts'
import { openClient } from '../harness/stock-client.ts'
import { typeInto } from '../harness/typist.ts'
import { until } from '../harness/until.ts'

const MIB = 1024 * 1024
const QUEUE_MIB = 8
const WARM_UP_MIB = 48
const SAID_MIB = 160
const STATE_BYTES = 15 * 1024
const STATE = JSON.stringify('x'.repeat(STATE_BYTES))
const CLIENT_ID = 7
const TEST_MS = 180_000
/** The close frame that waits behind the queue, or the end of TCP that its deadline brings. */
const RETRY_OR_CUT = [1013, 1006]
/** States that are under way at most, so that only who does not read falls behind. */
const AHEAD = 256
/** Room for the heap's own swings: 119 MiB were seen, and over 200 where nothing bounds the queue. */
const SWING_MIB = 150

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Resident memory of a process (proc_pid_status(5)); Linux only. */
const residentMib = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024
}

/** Somebody whose presence changes all the time, and is large. */
class Chatterbox {
  readonly #client: RawClient
  readonly #pid: number
  #clock = 0
  #echoes = 0

  constructor(client: RawClient, pid: number) {
    this.#client = client
    this.#pid = pid
    client.socket.on('message', (frame: Buffer) => {
      if (frame[0] === types.presence && frame.length > STATE_BYTES) this.#echoes++
    })
  }

  /** Says so much, to everybody; returns the most memory that the server took meanwhile, in MiB. */
  async say(mib: number): Promise<number> {
    let most = 0
    const last = this.#clock + Math.ceil((mib * MIB) / STATE_BYTES)
    while (this.#clock < last) {
      for (let i = 0; i < AHEAD; i++)
        this.#client.socket.send(presenceFrame(CLIENT_ID, ++this.#clock, STATE))
      await until('all of it came back', () => this.#echoes >= this.#clock)
      most = Math.max(most, await residentMib(this.#pid))
    }
    return most
  }
}

describe('a client that never reads', { timeout: TEST_MS }, () => {
  it('is let go at QUIRE_MAX_QUEUE_BYTES, while the others go on', async () => {
    const on = await startServer({ env: { QUIRE_MAX_QUEUE_BYTES: String(QUEUE_MIB * MIB) } })
    cleanups.push(on.remove)
    const url = documentUrl(on, 'slow')
    const innocent = openClient(on, 'slow')
    cleanups.push(innocent.close)
    await innocent.synced()
    const typist = typeInto(innocent, { random: randomFrom(runSeed()), pauseMs: 100 })
    cleanups.push(() => typist.stop())
    const talking = await openRaw(url)
    cleanups.push(() => talking.socket.terminate())
    const chatterbox = new Chatterbox(talking, on.pid)
    const usual = await chatterbox.say(WARM_UP_MIB)

    const deaf = await openRaw(url)
    cleanups.push(() => deaf.socket.terminate())
    // who has said nothing yet is not told of presence
    deaf.socket.send(Uint8Array.of(types.queryPresence))
    deaf.socket.pause()
    const acknowledged = innocent.wire.acknowledged.length
    const most = await chatterbox.say(SAID_MIB)
    expect(most - usual).toBeLessThan(QUEUE_MIB + SWING_MIB)
    expect(innocent.wire.closes).toEqual([])
    expect(innocent.wire.acknowledged.length).toBeGreaterThan(acknowledged)

    deaf.socket.resume()
    const { code } = await deaf.whenClosed()
    expect(RETRY_OR_CUT).toContain(code)
  })
})
