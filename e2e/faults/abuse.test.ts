/*
 * One abusive client among a hundred honest ones: whatever it does, they hear each other. E2E_SEED
 * repeats a run.
 */
import * as encoding from 'lib0/encoding'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Doc } from 'yjs'
import { startCrowd, type Crowd } from '../harness/crowd.ts'
import { presenceFrame, stepOneFrame, types, updateFrame } from '../harness/frames.ts'
import { between, randomFrom, runSeed } from '../harness/random.ts'
import { documentUrl, openRaw, type RawClient } from '../harness/raw-client.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const PEOPLE = 100
const LETTERS = 4
const PAUSE_MS = 500
const TEST_MS = 180_000
const HEARD_MS = 60_000
const MIB = 1024 * 1024
const KIB = 1024
/** Bytes that wait in an abuser's own socket before it pauses: more would only fill this process. */
const AHEAD_BYTES = 256 * KIB
const DROPS = 1_000
/** The document that those on a shared socket mean. */
const FLOODED = 'flooded'

let on: ServerProcess
beforeAll(async () => {
  on = await startServer({ env: { QUIRE_MAX_MESSAGE_BYTES: String(MIB) } })
})
afterAll(() => on.remove())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** What an abuser does once; it is repeated as fast as the server takes it. */
type Abuse = (abuser: RawClient, round: number) => void

/** Does it again and again until the returned function is called. */
const keepAt = (url: string, abuse: Abuse): { stop(): Promise<number> } => {
  const over = new AbortController()
  let rounds = 0
  const work = async (): Promise<void> => {
    let abuser = await openRaw(url)
    while (!over.signal.aborted) {
      if (abuser.closed !== null) abuser = await openRaw(url) // it comes back, like any client
      if (abuser.socket.bufferedAmount < AHEAD_BYTES) abuse(abuser, rounds++)
      await new Promise(setImmediate)
    }
    abuser.socket.terminate()
  }
  const done = work()
  return {
    stop: async () => {
      over.abort()
      await done
      return rounds
    },
  }
}

const crowdIn = async (document: string): Promise<Crowd> => {
  const crowd = await startCrowd(documentUrl(on, document), {
    people: PEOPLE,
    random: randomFrom(seed),
    pauseMs: PAUSE_MS,
  })
  cleanups.push(crowd.close)
  return crowd
}

/** Nobody honest is cut off, and everybody hears everything. */
const expectUnharmed = async (crowd: Crowd): Promise<void> => {
  await crowd.type(LETTERS)
  await crowd.heardAll(HEARD_MS)
  expect(crowd.ended()).toEqual([])
}

const doc = new Doc()
const tiny: Uint8Array[] = []
doc.on('update', (update: Uint8Array) => tiny.push(update))
for (let i = 0; i < 5_000; i++) doc.getText('flood').insert(0, 'x')
const tinyFrame = (at: number): Uint8Array =>
  updateFrame(tiny[at % tiny.length] ?? new Uint8Array())

const giant = (): Uint8Array => {
  const large = new Doc()
  large.getText('giant').insert(0, 'x'.repeat(900 * KIB))
  let made = new Uint8Array()
  large.on('update', (update: Uint8Array) => (made = new Uint8Array(update)))
  large.getText('giant').insert(0, 'y'.repeat(900 * KIB))
  large.destroy()
  return updateFrame(made)
}

const random = randomFrom(seed)

/** A state vector as nobody has it: clients that are not there, clocks far ahead. */
const oddStateVector = (): Uint8Array => {
  const clients = between(random, 1, 50)
  const numbers = [clients]
  for (let i = 0; i < clients; i++)
    numbers.push(between(random, 0, 2 ** 31), between(random, 0, 2 ** 31))
  return Uint8Array.from(numbers.flatMap(varUint))
}

const varUint = (value: number): number[] =>
  value < 128 ? [value] : [128 + (value % 128), ...varUint(Math.floor(value / 128))]

const abuses: readonly (readonly [string, Abuse])[] = [
  [
    'floods the document with tiny updates',
    (abuser, round) => {
      for (let i = 0; i < 100; i++) abuser.socket.send(tinyFrame(100 * round + i))
    },
  ],
  ['writes a giant update after the other', (abuser) => abuser.socket.send(giant())],
  [
    'sends frames over the limit',
    (abuser) => abuser.socket.send(new Uint8Array(MIB + 1).fill(types.queryPresence)),
  ],
  [
    'storms with presence',
    (abuser, round) =>
      abuser.socket.send(presenceFrame(7, round + 1, JSON.stringify('x'.repeat(8 * KIB)))),
  ],
  [
    'asks for presence without end',
    (abuser) => abuser.socket.send(new Uint8Array(256).fill(types.queryPresence)),
  ],
  [
    'asks for the document with odd state vectors',
    (abuser) => {
      for (let i = 0; i < 20; i++) abuser.socket.send(stepOneFrame(oddStateVector()))
    },
  ],
]

/** A frame on a socket of Hocuspocus' provider: the document that it is for comes first. */
const addressed = (document: string, body: Uint8Array): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarString(out, document)
    encoding.writeUint8Array(out, body)
  })

const loginBody = (token: string): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 2)
    encoding.writeVarUint(out, 0)
    encoding.writeVarString(out, token)
  })

const sharedSocketAbuses: readonly (readonly [string, Abuse])[] = [
  [
    'opens ever more documents on one socket',
    (abuser, round) => {
      for (let i = 0; i < 100; i++)
        abuser.socket.send(addressed(`more-${round % 50}-${i}`, loginBody('any')))
    },
  ],
  [
    'speaks to ever more documents without a login',
    (abuser, round) => {
      for (let i = 0; i < 100; i++)
        abuser.socket.send(addressed(`waiting-${round}-${i}`, tinyFrame(0)))
    },
  ],
  [
    'logs in again and again, and floods the document',
    (abuser, round) => {
      abuser.socket.send(addressed(FLOODED, loginBody(`token ${round}`)))
      for (let i = 0; i < 100; i++)
        abuser.socket.send(addressed(FLOODED, tinyFrame(100 * round + i)))
    },
  ],
  [
    'says addresses of a megabyte',
    (abuser) => abuser.socket.send(addressed('x'.repeat(MIB - 8), loginBody('any'))),
  ],
]

/** A frame on a socket of y-sweet's client that asks to be told what is on disk. */
const mark = (version: number): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 102)
    encoding.writeVarUint8Array(
      out,
      encoding.encode((inner) => encoding.writeVarUint(inner, version)),
    )
  })

describe(`one among ${PEOPLE} who`, { timeout: TEST_MS }, () => {
  it.each(abuses)(`%s takes nothing from them, E2E_SEED=${seed}`, async (name, abuse) => {
    const crowd = await crowdIn(name)
    const abuser = keepAt(documentUrl(on, name), abuse)
    cleanups.push(() => abuser.stop())
    await expectUnharmed(crowd)
    expect(await abuser.stop()).toBeGreaterThan(1)
  })

  it.each(sharedSocketAbuses)(`%s takes nothing from them, E2E_SEED=${seed}`, async (_, abuse) => {
    const crowd = await crowdIn(FLOODED)
    const abuser = keepAt(`ws://127.0.0.1:${on.port}/hocuspocus`, abuse)
    cleanups.push(() => abuser.stop())
    await expectUnharmed(crowd)
    expect(await abuser.stop()).toBeGreaterThan(1)
  })

  it(`asks without end whether all is saved takes nothing from them, E2E_SEED=${seed}`, async () => {
    const document = 'marks'
    const crowd = await crowdIn(document)
    const abuser = keepAt(
      `ws://127.0.0.1:${on.port}/d/${document}/ws/${document}`,
      (client, round) => {
        for (let i = 0; i < 100; i++) client.socket.send(mark(100 * round + i))
      },
    )
    cleanups.push(() => abuser.stop())
    await expectUnharmed(crowd)
    expect(await abuser.stop()).toBeGreaterThan(1)
  })

  it(`never reads takes nothing from them, E2E_SEED=${seed}`, async () => {
    const document = 'never reads'
    const crowd = await crowdIn(document)
    const deaf = await openRaw(documentUrl(on, document))
    cleanups.push(() => deaf.socket.terminate())
    deaf.socket.send(stepOneFrame(Uint8Array.of(0)))
    deaf.socket.pause()
    await expectUnharmed(crowd)
  })

  it(`connects and drops ${DROPS} times takes nothing from them, E2E_SEED=${seed}`, async () => {
    const document = 'drops'
    const crowd = await crowdIn(document)
    let dropped = 0
    const drop = async (): Promise<void> => {
      while (dropped < DROPS) {
        dropped++
        const client = await openRaw(documentUrl(on, document))
        client.socket.send(presenceFrame(1_000 + dropped, 1, '{"name":"gone"}'))
        client.socket.terminate()
      }
    }
    await Promise.all([expectUnharmed(crowd), drop(), drop(), drop(), drop()])
    const ready = async (): Promise<{ sessions: number }> =>
      (await (await fetch(`${on.url}/health/ready`)).json()) as { sessions: number } // health.ts
    await until('only the honest are left', async () => (await ready()).sessions === PEOPLE)
  })
})
