/*
 * What a live server does with bytes that are no protocol, while innocent people type in the same
 * document. E2E_SEED repeats a run.
 */
import * as encoding from 'lib0/encoding'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { presenceFrame, stepOneFrame, types, updateFrame } from '../harness/frames.ts'
import { startInnocents, type Innocents } from '../harness/innocents.ts'
import { randomFrom, runSeed } from '../harness/random.ts'
import { documentUrl, openRaw, type Closed, type RawClient } from '../harness/raw-client.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const seed = runSeed()
const MESSAGE_BYTES = 64 * 1024
const TINY = 10_000
const NOISES = 100
const TEST_MS = 60_000
/** A varUint of 2^63 (lib0 encoding.js: seven bits a byte, least first). */
const TWO_TO_63 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]

let on: ServerProcess
beforeAll(async () => {
  on = await startServer({ env: { QUIRE_MAX_MESSAGE_BYTES: String(MESSAGE_BYTES) } })
})
afterAll(() => on.remove())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const innocentsIn = async (document: string): Promise<Innocents> => {
  const innocents = await startInnocents(on, document, seed)
  cleanups.push(innocents.close)
  return innocents
}

const rawClient = async (document: string): Promise<RawClient> => {
  const client = await openRaw(documentUrl(on, document))
  cleanups.push(() => client.socket.terminate())
  return client
}

const bytes = (...all: readonly number[]): Uint8Array => Uint8Array.from(all)

const goodUpdate = (): Uint8Array => {
  const doc = new Doc()
  doc.getText('text').insert(0, 'never to be stored')
  return encodeStateAsUpdate(doc)
}

/** A message of a type, with something in it. */
const unknownFrame = (type: number): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, type)
    encoding.writeVarString(out, 'from the future')
  })

/** What is wrong, the frame, and the close code and reason that are to answer it. */
type Wrong = readonly [name: string, frame: Uint8Array | string, code: number, reason: RegExp]

const good = goodUpdate()
const wrongs: readonly Wrong[] = [
  ['nothing', bytes(), 4400, /message type/],
  ['a truncated varint', bytes(0x80), 4400, /message type ends inside a varUint/],
  ['a truncated length', bytes(types.sync, 2, 0x80), 4400, /sync message ends inside a varUint/],
  ['a short body', bytes(types.sync, 2, 100, 1, 2, 3), 4400, /claims 100 bytes, 3 are left/],
  ['a length of 2^63', bytes(types.sync, 2, ...TWO_TO_63), 4400, /sync message is over 2\^53/],
  ['a presence of 2^63', bytes(types.presence, ...TWO_TO_63), 4400, /presence message is over/],
  ['an update of 2^63 clients', updateFrame(bytes(...TWO_TO_63, 0)), 4400, /clients? .*over 2\^53/],
  ['an update that is none', updateFrame(bytes(0xff, 0xff, 0xff, 0xff)), 4400, /ends inside/],
  ['an update cut short', updateFrame(good.subarray(0, -1)), 4400, /delete/],
  ['more than an update', updateFrame(bytes(...good, 0)), 4400, /update/],
  ['a state vector that is none', stepOneFrame(bytes(5, 1)), 4400, /state vector/],
  ['a sync message of no known kind', bytes(types.sync, 9, 0), 4400, /type 9 is not known/],
  ['a text frame', 'hello', 1003, /text/],
  ['too long a message', new Uint8Array(MESSAGE_BYTES + 1), 1009, /over 65536 bytes/],
  ['presence that is not JSON', presenceFrame(7, 1, '{name:'), 4400, /presence.*not JSON/],
  ['presence with __proto__', presenceFrame(7, 1, '{"__proto__":{}}'), 4400, /__proto__/],
]

describe('a frame that is wrong', { timeout: TEST_MS }, () => {
  it.each(wrongs)(
    '%s: closes its own session and says why; nothing is stored, nobody else is harmed',
    async (name, frame, code, reason) => {
      const document = `wrong/${name}`
      const innocents = await innocentsIn(document)
      const intruder = await rawClient(document)
      intruder.socket.send(frame)
      const closed = await intruder.whenClosed()
      expect(closed.code).toBe(code)
      expect(closed.reason).toMatch(reason)
      expect(await innocents.harm()).toEqual([])
    },
  )

  it(`random bytes: each frame costs its own session at most, E2E_SEED=${seed}`, async () => {
    const innocents = await innocentsIn('noise')
    const random = randomFrom(seed)
    // most start like a message that this server knows, for the noise to get further in
    const starts = [[], [types.sync, 2], [types.sync, 0], [types.presence]]
    const closes: Closed[] = []
    for (let i = 0; i < NOISES; i++) {
      const intruder = await rawClient('noise')
      const length = Math.floor(random() * 200)
      const noise = Array.from({ length }, () => Math.floor(random() * 256))
      intruder.socket.send(bytes(...(starts[i % starts.length] ?? []), ...noise))
      intruder.socket.close()
      closes.push(await intruder.whenClosed())
    }
    const refused = closes.filter(({ code, reason }) => code === 4400 && reason !== '')
    const ownClose = closes.filter(({ code }) => code === 1005) // there was no objection
    expect(refused.length).toBeGreaterThan(NOISES / 2)
    expect(refused.length + ownClose.length).toBe(NOISES)
    expect(await innocents.harm()).toEqual([])
  })
})

describe('what a newer client may say', { timeout: TEST_MS }, () => {
  it.each([4, 5, 42, 127, 128, 2 ** 31, 2 ** 53 - 1])(
    'message type %d is ignored and closes nothing',
    async (type) => {
      const document = `unknown/${type}`
      const innocents = await innocentsIn(document)
      const newer = await rawClient(document)
      newer.socket.send(unknownFrame(type))
      let pongs = 0
      newer.socket.on('pong', () => pongs++)
      newer.socket.ping()
      await until('it was heard', () => pongs > 0 || newer.closed !== null)
      expect(await innocents.harm()).toEqual([])
      expect(newer.closed).toBeNull()
    },
  )
})

describe(`${TINY} tiny messages at once`, { timeout: TEST_MS }, () => {
  it.each([
    { name: 'unknown type', frame: unknownFrame(99) },
    { name: 'query presence', frame: bytes(types.queryPresence) },
    { name: 'empty update', frame: updateFrame(bytes(0, 0)) },
    { name: 'sync step 1', frame: stepOneFrame(bytes(0)) },
    { name: 'presence', frame: presenceFrame(7, 1, '{}') },
  ])('$name: nobody else is harmed', async ({ name, frame }) => {
    const document = `tiny/${name}`
    const innocents = await innocentsIn(document)
    const eager = await rawClient(document)
    let pongs = 0
    eager.socket.on('pong', () => pongs++)
    for (let i = 0; i < TINY; i++) eager.socket.send(frame)
    eager.socket.ping()
    await innocents.goOn()
    await until('all are worked off, or too many', () => pongs > 0 || eager.closed !== null)
    expect(eager.closed?.reason).not.toBe('') // it may be closed, but not without a word
    eager.socket.terminate()
    expect(await innocents.harm()).toEqual([])
  })
})
