import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import {
  bytesEqual,
  concatBytes,
  EMPTY_UPDATE,
  type ClientId,
  type StateVector,
  type Update,
} from '@quire/shared'
import { everyTruncation, runSession, sessionPlans } from '@quire/shared/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as sync from 'y-protocols/sync'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { ServerMessage } from '../room/message.ts'
import { decodedBy, expectTotal } from './testing/decoding.ts'
import { yWebsocket } from './y-websocket.ts'

const dialect = yWebsocket({ presenceEntries: 100, presenceBytes: 4_096 })

const messagesOf = decodedBy(dialect)

/** One frame of a message that has exactly one. */
const frameOf = (message: ServerMessage): Uint8Array => {
  const [frame, ...others] = dialect.encode(message)
  expect(others).toEqual([])
  if (frame === undefined) throw new Error(`no frame for ${message.kind}`)
  return frame
}

const syncFrame = (write: (out: encoding.Encoder) => void): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    write(out)
  })

const presenceFrame = (update: Uint8Array): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 1)
    encoding.writeVarUint8Array(out, update)
  })

const join = (...frames: readonly Uint8Array[]): Uint8Array => concatBytes(frames)

/** A stock client that never connects: its own handlers take the server's frames. */
const stockClient = () => {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider('ws://localhost', 'room', doc, {
    connect: false,
    disableBc: true,
  })
  onTestFinished(() => {
    provider.destroy()
    doc.destroy()
  })
  const unknown: number[] = []
  return {
    doc,
    provider,
    unknown,
    /** Lets it read one frame as its socket would (y-websocket.js, readMessage); returns its reply. */
    hear(frame: Uint8Array): Uint8Array {
      const decoder = decoding.createDecoder(frame)
      const reply = encoding.createEncoder()
      const type = decoding.readVarUint(decoder)
      const handler = provider.messageHandlers[type]
      if (handler === undefined) unknown.push(type)
      else handler(reply, decoder, provider, true, type)
      expect(decoding.hasContent(decoder)).toBe(false) // it reads one message per frame
      return encoding.toUint8Array(reply)
    },
  }
}

describe('what y-protocols writes', () => {
  it('is read for what it means, and a message to others has the same bytes', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        const { docs, updates } = runSession(plan)
        for (const update of updates) {
          const frame = syncFrame((out) => sync.writeUpdate(out, update))
          const [said] = messagesOf(frame)
          if (said?.kind !== 'update') throw new Error(`read as ${said?.kind}`)
          expect(said.contents.update).toEqual(update)
          expect(frameOf({ kind: 'update', update: said.contents.update })).toEqual(frame)
        }
        for (const doc of docs) {
          const step1 = syncFrame((out) => sync.writeSyncStep1(out, doc))
          const [asked] = messagesOf(step1)
          if (asked?.kind !== 'sync-step-1') throw new Error(`read as ${asked?.kind}`)
          expect(bytesEqual(asked.stateVector, Y.encodeStateVector(doc))).toBe(true)
          const { stateVector } = asked
          expect(frameOf({ kind: 'sync-step-1', stateVector })).toEqual(step1)

          const step2 = syncFrame((out) => sync.writeSyncStep2(out, doc))
          const [told] = messagesOf(step2)
          if (told?.kind !== 'sync-step-2') throw new Error(`read as ${told?.kind}`)
          expect(frameOf({ kind: 'sync-step-2', update: told.contents.update })).toEqual(step2)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('presence is read for what it means, and written with the same bytes', () => {
    const states = fc.array(fc.option(fc.record({ name: fc.string(), at: fc.jsonValue() })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(states, (wanted) => {
        fc.pre(!JSON.stringify(wanted).includes('__proto__'))
        const awareness = new Awareness(new Y.Doc())
        for (const state of wanted) awareness.setLocalState(state)
        const frame = presenceFrame(encodeAwarenessUpdate(awareness, [awareness.clientID]))
        const clock = awareness.meta.get(awareness.clientID)?.clock
        awareness.destroy()
        const [said] = messagesOf(frame)
        if (said?.kind !== 'presence') throw new Error(`read as ${said?.kind}`)
        expect(said.entries).toHaveLength(1)
        expect(said.entries[0]).toMatchObject({ client: awareness.clientID, clock })
        expect(JSON.parse(said.entries[0]?.state ?? 'null')).toEqual(
          JSON.parse(JSON.stringify(wanted.at(-1))),
        )
        expect(
          frameOf({
            kind: 'presence',
            entries: said.entries.map((one) => Object.assign(one, { user: null })),
          }),
        ).toEqual(frame)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a frame', () => {
  const step1 = Uint8Array.of(0, 0, 1, 0)
  const step2 = Uint8Array.of(0, 1, 2, 0, 0)
  const query = Uint8Array.of(3)

  it('may hold several messages, in order', () => {
    const kinds = messagesOf(join(step1, step2, query, step1)).map(({ kind }) => kind)
    expect(kinds).toEqual(['sync-step-1', 'sync-step-2', 'query-presence', 'sync-step-1'])
  })

  it('of any number of good messages reads as each of them alone', () => {
    const frames = fc.array(fc.constantFrom(step1, step2, query), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(frames, (parts) => {
        expect(messagesOf(join(...parts))).toEqual(parts.flatMap(messagesOf))
      }),
    )
  })

  it('holds at most 256 messages', () => {
    expect(messagesOf(new Uint8Array(256).fill(3))).toHaveLength(256)
    const decoded = dialect.decode(new Uint8Array(257).fill(3))
    expect(decoded).toMatchObject({ ok: false, error: { kind: 'limit' } })
  })

  it.each([2, 4, 100, 2 ** 40])('of the unknown type %i is skipped and named', (type) => {
    const frame = encoding.encode((out) => {
      encoding.writeVarUint(out, type)
      encoding.writeVarUint(out, 99)
    })
    expect(messagesOf(frame)).toEqual([{ kind: 'unknown', type }])
    expect(messagesOf(join(step1, frame)).map(({ kind }) => kind)).toEqual([
      'sync-step-1',
      'unknown',
    ])
  })

  it('of a type over 2^53 is skipped as well', () => {
    const type = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1) // 2^64 - 1
    expect(messagesOf(join(step1, type)).at(-1)).toEqual({ kind: 'unknown', type: Infinity })
  })

  it('that ends anywhere inside of a message does not decode', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'text')
    const update = syncFrame((out) => sync.writeUpdate(out, Y.encodeStateAsUpdate(doc)))
    const presence = presenceFrame(Uint8Array.of(1, 5, 1, 2, 0x7b, 0x7d))
    for (const frame of [update, presence, step1, step2])
      for (const cut of everyTruncation(frame)) {
        expect(dialect.decode(cut).ok, `${cut.length} of ${frame.length} bytes`).toBe(false)
        expect(dialect.decode(join(frame, cut)).ok).toBe(cut.length === 0)
      }
  })

  it('of any bytes decodes or is refused with a place, and never throws', () => {
    const doc = new Y.Doc()
    doc.getMap('map').set('key', [1, 'two', { three: null }])
    const good = join(
      syncFrame((out) => sync.writeUpdate(out, Y.encodeStateAsUpdate(doc))),
      presenceFrame(Uint8Array.of(1, 5, 1, 2, 0x7b, 0x7d)),
    )
    expectTotal(dialect, good)
  })
})

describe('the stock client understands', () => {
  const source = new Y.Doc()
  source.getText('text').insert(0, 'hello')
  const update = Y.encodeStateAsUpdate(source) as Update // made by Yjs

  it('a sync step 2, by which it is synced', () => {
    const { doc, provider, hear } = stockClient()
    hear(frameOf({ kind: 'sync-step-2', update }))
    expect(doc.getText('text').toJSON()).toBe('hello')
    expect(provider.synced).toBe(true)
  })

  it('an update, by which it is not', () => {
    const { doc, provider, hear } = stockClient()
    hear(frameOf({ kind: 'update', update }))
    expect(doc.getText('text').toJSON()).toBe('hello')
    expect(provider.synced).toBe(false)
  })

  it('a sync step 1, which it answers', () => {
    const { doc, hear } = stockClient()
    doc.getText('text').insert(0, 'mine')
    const stateVector = Uint8Array.of(0) as StateVector // an empty document's
    const [said] = messagesOf(hear(frameOf({ kind: 'sync-step-1', stateVector })))
    expect(said).toMatchObject({ kind: 'sync-step-2' })
  })

  it('presence, and its end at the same clock', () => {
    const { provider, hear } = stockClient()
    const client = 77 as ClientId // any number is one
    hear(
      frameOf({
        kind: 'presence',
        entries: [{ client, clock: 3, state: '{"name":"Ann"}', user: null }],
      }),
    )
    expect(provider.awareness.getStates().get(client)).toEqual({ name: 'Ann' })
    hear(frameOf({ kind: 'presence', entries: [{ client, clock: 3, state: null, user: null }] }))
    expect(provider.awareness.getStates().has(client)).toBe(false)
  })

  it('a query for its presence, which it answers', () => {
    const { provider, hear } = stockClient()
    provider.awareness.setLocalState({ name: 'Ann' })
    const [said] = messagesOf(hear(frameOf({ kind: 'query-presence' })))
    expect(said).toMatchObject({ kind: 'presence', entries: [{ state: '{"name":"Ann"}' }] })
  })

  it('a denial, with its reason', () => {
    const { hear, unknown } = stockClient()
    const warned: unknown[] = []
    const { warn } = console
    console.warn = (...words: unknown[]) => warned.push(words.join(' '))
    try {
      hear(frameOf({ kind: 'denied', reason: 'this login may not change the document' }))
    } finally {
      console.warn = warn
    }
    expect(unknown).toEqual([])
    expect(warned.join()).toContain('this login may not change the document')
  })

  it('a keep-alive, which is 01 01 00 and changes nothing', () => {
    const { provider, hear, doc } = stockClient()
    const before = Y.encodeStateAsUpdate(doc)
    const frame = frameOf({ kind: 'keep-alive' })
    expect([...frame]).toEqual([1, 1, 0])
    expect(hear(frame)).toEqual(new Uint8Array())
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
    expect(provider.awareness.getStates().size).toBe(1)
  })

  it('an acknowledgement: each of its updates as they were sent, which it applies for nothing', () => {
    const { doc, hear } = stockClient()
    hear(frameOf({ kind: 'sync-step-2', update }))
    const second = new Y.Doc()
    second.getMap('map').set('key', 1)
    const other = Y.encodeStateAsUpdate(second) as Update // made by Yjs
    const frames = dialect.encode({
      kind: 'ack',
      receipts: [
        { kind: 'update', update, isCounted: true },
        { kind: 'sync-step-2', update: EMPTY_UPDATE, isCounted: true }, // says nothing, needs no echo
        { kind: 'sync-step-2', update: other, isCounted: true },
      ],
    })
    expect(frames.map(messagesOf)).toMatchObject([
      [{ kind: 'update', contents: { update } }],
      [{ kind: 'update', contents: { update: other } }],
    ])
    for (const frame of frames) hear(frame)
    expect(doc.getText('text').toJSON()).toBe('hello')
  })
})
