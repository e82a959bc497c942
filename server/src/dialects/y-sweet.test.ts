/* Byte for byte against y-sweet's own client: what it says is read, and what it is told it understands. */
import { YSweetProvider, type YSweetStatus } from '@y-sweet/client'
import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import {
  EMPTY_UPDATE,
  type ClientId,
  type Mark,
  type StateVector,
  type Update,
} from '@quire/shared'
import { everyTruncation, runSession, sessionPlans } from '@quire/shared/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import type { Receipt, ServerMessage } from '../room/message.ts'
import { decodedBy, expectTotal } from './testing/decoding.ts'
import { ySweet } from './y-sweet.ts'

const dialect = ySweet({ presenceEntries: 100, presenceBytes: 4_096 })

const messagesOf = decodedBy(dialect)

const kindsOf = (frames: readonly Uint8Array[]): readonly string[] =>
  frames.flatMap(messagesOf).map(({ kind }) => kind)

const markFrame = (mark: Uint8Array): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 102)
    encoding.writeVarUint8Array(out, mark)
  })

/** The stock client behind a socket that leads nowhere: what it says is kept, what it hears is handed to it. */
const openClient = async () => {
  const said: Uint8Array[] = []
  const made = Promise.withResolvers<Nowhere>()
  class Nowhere extends EventTarget {
    static readonly CONNECTING = 0
    static readonly OPEN = 1
    static readonly CLOSING = 2
    static readonly CLOSED = 3
    readonly readyState = Nowhere.OPEN
    binaryType = 'blob'
    onopen: () => void = () => undefined
    onmessage: (event: { data: ArrayBufferLike }) => void = () => undefined
    readonly url: string
    constructor(url: string | URL) {
      super()
      this.url = String(url)
      made.resolve(this)
    }
    send(frame: Uint8Array): void {
      said.push(frame)
    }
    close(): void {
      /* it leads nowhere */
    }
  }
  const doc = new Y.Doc()
  const token = { url: 'ws://localhost/d/doc/ws', baseUrl: 'http://localhost', docId: 'doc' }
  const provider = new YSweetProvider(
    () => Promise.resolve({ ...token, token: 'secret', authorization: 'full' }),
    'doc',
    doc,
    { WebSocketPolyfill: Nowhere as never, showDebuggerLink: false }, // all of a WebSocket that it uses
  )
  onTestFinished(() => {
    provider.destroy()
    doc.destroy()
  })
  const socket = await made.promise
  return {
    doc,
    provider,
    said,
    url: socket.url,
    open: () => socket.onopen(),
    hear: (frame: Uint8Array) => socket.onmessage({ data: frame.slice().buffer }),
    tell: (message: ServerMessage): void => {
      for (const frame of dialect.encode(message)) socket.onmessage({ data: frame.slice().buffer })
    },
  }
}

const typed = (): Update => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'hello')
  return Y.encodeStateAsUpdate(doc) as Update // made by Yjs
}

const CONNECTED: YSweetStatus = 'connected'

describe('the stock client', () => {
  it('is read as it opens: its question, its mark, its presence', async () => {
    const { provider, said, open, url } = await openClient()
    expect(url).toBe('ws://localhost/d/doc/ws/doc?token=secret')
    provider.awareness.setLocalState({ name: 'Ann' })
    open()
    expect(said.slice(-3).flatMap(messagesOf)).toMatchObject([
      { kind: 'sync-step-1' },
      { kind: 'mark', mark: Uint8Array.of(0) },
      { kind: 'presence', entries: [{ state: '{"name":"Ann"}' }] },
    ])
  })

  it('sets a mark behind each change, and is saved when the last one is echoed, byte for byte', async () => {
    const { doc, provider, said, open, hear } = await openClient()
    open()
    for (let version = 1; version <= 300; version++) {
      said.length = 0
      doc.getMap('map').set('key', version)
      const [update, mark] = said.flatMap(messagesOf)
      expect(update).toMatchObject({ kind: 'update' })
      if (mark?.kind !== 'mark') throw new Error(`read as ${mark?.kind}`)
      const frames = dialect.encode({ kind: 'ack', receipts: [{ kind: 'mark', mark: mark.mark }] })
      expect(frames).toEqual(said.slice(1)) // two bytes of version from 128 on
      expect(provider.hasLocalChanges).toBe(true)
      if (version % 100 !== 0) continue
      for (const frame of frames) hear(frame)
      expect(provider.hasLocalChanges).toBe(false)
    }
  })

  it('is not saved by the receipts of its updates, nor by what is denied', async () => {
    const { doc, provider, open, tell } = await openClient()
    open()
    doc.getMap('map').set('key', 1)
    tell({ kind: 'denied', reason: 'this login may not change the document' })
    tell({ kind: 'ack', receipts: [{ kind: 'update', update: typed(), isCounted: true }] })
    tell({ kind: 'ack', receipts: [{ kind: 'mark', mark: Uint8Array.of(0) as Mark }] })
    expect(provider.hasLocalChanges).toBe(true)
    tell({ kind: 'ack', receipts: [{ kind: 'mark', mark: Uint8Array.of(1) as Mark }] })
    expect(provider.hasLocalChanges).toBe(false)
  })

  it('answers "who is here" with a type 3 of its own, which is read as presence', async () => {
    const { provider, said, open, tell } = await openClient()
    provider.awareness.setLocalState({ name: 'Ann' })
    open()
    said.length = 0
    tell({ kind: 'query-presence' })
    expect(said.map((frame) => frame[0])).toEqual([3])
    expect(said.flatMap(messagesOf)).toMatchObject([
      { kind: 'presence', entries: [{ state: '{"name":"Ann"}' }] },
    ])
  })

  it('connects with a sync step 2, applies updates, answers questions, sees presence come and go', async () => {
    const { doc, provider, said, open, tell } = await openClient()
    open()
    tell({ kind: 'update', update: typed() })
    expect(doc.getText('text').toJSON()).toBe('hello')
    expect(provider.status).not.toBe(CONNECTED)
    tell({ kind: 'sync-step-2', update: EMPTY_UPDATE })
    expect(provider.status).toBe(CONNECTED)
    said.length = 0
    tell({ kind: 'sync-step-1', stateVector: Uint8Array.of(0) as StateVector })
    expect(kindsOf(said)).toEqual(['sync-step-2'])
    const client = 77 as ClientId // any number is one
    tell({ kind: 'presence', entries: [{ client, clock: 3, state: '{"name":"Bob"}', user: null }] })
    expect(provider.awareness.getStates().get(77)).toEqual({ name: 'Bob' })
    tell({ kind: 'presence', entries: [{ client, clock: 3, state: null, user: null }] })
    expect(provider.awareness.getStates().has(77)).toBe(false)
  })

  it('takes a keep-alive for a sign of life that changes nothing', async () => {
    const { doc, said, open, tell } = await openClient()
    open()
    said.length = 0
    const before = Y.encodeStateAsUpdate(doc)
    tell({ kind: 'keep-alive' })
    expect(said).toEqual([])
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  })

  it('is read for what it edits, whatever that is', async () => {
    await fc.assert(
      fc.asyncProperty(sessionPlans, async (plan) => {
        const { doc, said, open } = await openClient()
        open()
        said.length = 0
        const changes: Uint8Array[] = []
        doc.on('update', (change: Uint8Array) => changes.push(change))
        for (const update of runSession(plan).updates) Y.applyUpdate(doc, update)
        expect(said.flatMap(messagesOf)).toMatchObject(
          changes.flatMap((update) => [{ kind: 'update', contents: { update } }, { kind: 'mark' }]),
        )
      }),
      { numRuns: 30 },
    )
  })

  it('hears nothing of what its family has no words for', () => {
    for (const message of [
      { kind: 'denied', reason: 'no' },
      { kind: 'granted', access: 'write' },
      { kind: 'query-token' },
      { kind: 'stateless', text: 'hi' },
    ] as const)
      expect(dialect.encode(message)).toEqual([])
  })
})

describe('a mark', () => {
  it('is echoed with the bytes that it had, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (mark) => {
        const frame = markFrame(mark)
        expect(messagesOf(frame)).toEqual([{ kind: 'mark', mark }])
        const receipts: readonly Receipt[] = [{ kind: 'mark', mark: mark as Mark }]
        expect(dialect.encode({ kind: 'ack', receipts })).toEqual([frame])
      }),
    )
  })

  it('has at most 64 bytes', () => {
    expect(dialect.decode(markFrame(new Uint8Array(65)))).toMatchObject({
      ok: false,
      error: { kind: 'limit', message: 'sync status is 65 bytes, limit 64 at byte 67' },
    })
  })

  it('stands alone in its frame, whole', () => {
    const frame = markFrame(Uint8Array.of(1, 2, 3))
    expect(dialect.decode(Uint8Array.of(...frame, 0)).ok).toBe(false)
    for (const cut of everyTruncation(frame)) expect(dialect.decode(cut).ok).toBe(false)
  })
})

describe('a frame', () => {
  it('of type 3 asks who is here, or says it if there is more of it', () => {
    expect(messagesOf(Uint8Array.of(3))).toEqual([{ kind: 'query-presence' }])
    expect(messagesOf(Uint8Array.of(3, 1, 0))).toEqual([{ kind: 'presence', entries: [] }])
    for (const bad of [
      [3, 1],
      [3, 2, 0],
      [3, 1, 0, 9],
      [3, 5, 1, 5, 1, 2, 0x7b],
    ])
      expect(dialect.decode(Uint8Array.from(bad)).ok, `${bad.length} bytes`).toBe(false)
  })

  it.each([2, 4, 100, 101, 103, 127, 2 ** 40])('of the unknown type %i is skipped', (type) => {
    const frame = encoding.encode((out) => {
      encoding.writeVarUint(out, type)
      encoding.writeVarUint(out, 99)
    })
    expect(messagesOf(frame)).toEqual([{ kind: 'unknown', type }])
  })

  it('of any bytes decodes or is refused with a place, and never throws', () => {
    expectTotal(
      dialect,
      markFrame(Uint8Array.of(200, 1)),
      Uint8Array.of(3, 6, 1, 5, 1, 2, 0x7b, 0x7d),
      Uint8Array.of(0, 2, typed().length, ...typed()),
    )
  })
})
