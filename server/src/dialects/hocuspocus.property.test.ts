/*
 * Every message to and from Hocuspocus' own providers, for any content and any address; its server's writers
 * are the second witness of what a frame is.
 */
import { OutgoingMessage, type Document } from '@hocuspocus/server'
import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import {
  bytesEqual,
  closeCodes,
  EMPTY_UPDATE,
  type ClientId,
  type CloseName,
  type Frame,
  type Mark,
  type StateVector,
  type Update,
} from '@quire/shared'
import { runSession, sessionPlans, texts } from '@quire/shared/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { Receipt, ServerMessage } from '../room/message.ts'
import { HocuspocusConnection } from './hocuspocus-connection.ts'
import { closeFrame, deniedFrame, hocuspocus, readManners } from './hocuspocus.ts'
import { bounds, decodeAll, open, partsOf, prefixOf } from './testing/hocuspocus-providers.ts'
import { hocuspocusVersions, type ProviderSettings } from './testing/stock-hocuspocus.ts'

const names = fc.oneof(
  fc.constantFrom('a', 'a/b//c', '%2F%', '😀 é €', '__proto__', 'x'.repeat(1_024), '\ufeff'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
)
const addresses = fc.oneof(
  names,
  fc.tuple(names, fc.string({ maxLength: 12 })).map((parts) => parts.join('\0')),
)

const only = (frames: readonly Frame[]): Frame => {
  const [frame, ...others] = frames
  if (frame === undefined || others.length > 0) throw new Error(`${frames.length} frames`)
  return frame
}

/** What a provider would complain of in the console is a failure here. */
const failOnComplaints = (): void => {
  const { error, warn } = console
  const complain = (...words: unknown[]): never => {
    throw new Error(`the provider complains: ${words.join(' ')}`)
  }
  console.error = complain
  console.warn = complain
  onTestFinished(() => {
    console.error = error
    console.warn = warn
  })
}

describe('what the server says', () => {
  it('is what Hocuspocus’ own server writes, for any document, text and address', () => {
    fc.assert(
      fc.property(addresses, texts, sessionPlans, (address, text, plan) => {
        const { encode } = hocuspocus(prefixOf(address), bounds)
        const peer = () => new OutgoingMessage(address)
        const same = (message: ServerMessage, theirs: OutgoingMessage): void => {
          expect(bytesEqual(only(encode(message)), theirs.toUint8Array())).toBe(true)
        }
        const { docs, updates } = runSession(plan)
        for (const doc of docs)
          same(
            { kind: 'sync-step-1', stateVector: Y.encodeStateVector(doc) as StateVector },
            peer()
              .createSyncMessage()
              .writeFirstSyncStepFor(doc as Document), // it reads the state vector alone
          )
        for (const update of updates)
          same(
            { kind: 'update', update: update as Update }, // made by Yjs
            peer().createSyncMessage().writeUpdate(update),
          )
        same({ kind: 'stateless', text }, peer().writeStateless(text))
        same({ kind: 'query-presence' }, peer().writeQueryAwareness())
        same({ kind: 'query-token' }, peer().writeTokenSyncRequest())
        same({ kind: 'denied', reason: text }, peer().writeSyncStatus(false))
        for (const access of ['read', 'comment', 'write'] as const)
          same({ kind: 'granted', access }, peer().writeAuthenticated(access !== 'write'))
        const prefix = prefixOf(address)
        expect(
          bytesEqual(deniedFrame(prefix, text), peer().writePermissionDenied(text).toUint8Array()),
        ).toBe(true)
        expect(
          bytesEqual(closeFrame(prefix, text), peer().writeCloseMessage(text).toUint8Array()),
        ).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('of presence is what its server writes, and a keep-alive is presence of nobody', () => {
    const { encode } = hocuspocus(prefixOf('doc'), bounds)
    const awareness = new Awareness(new Y.Doc())
    onTestFinished(() => awareness.destroy())
    awareness.setLocalState({ name: 'Ann', at: [1, null, '😀'] })
    const client = awareness.clientID as ClientId // any number is one
    const clock = awareness.meta.get(client)?.clock ?? -1
    const state = JSON.stringify(awareness.getLocalState())
    const peer = () => new OutgoingMessage('doc')
    expect(
      only(encode({ kind: 'presence', entries: [{ client, clock, state, user: null }] })),
    ).toEqual(peer().createAwarenessUpdateMessage(awareness).toUint8Array())
    expect(only(encode({ kind: 'keep-alive' }))).toEqual(
      peer().createAwarenessUpdateMessage(awareness, []).toUint8Array(),
    )
  })

  it('of what is saved is one status for each receipt that is counted, as its server writes it', () => {
    const receipts = fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constantFrom('update' as const, 'sync-step-2' as const),
          update: fc.constant(EMPTY_UPDATE),
          isCounted: fc.boolean(),
        }),
        fc.constant({ kind: 'mark' as const, mark: Uint8Array.of(7) as Mark }),
      ),
    )
    const status = new OutgoingMessage('doc').writeSyncStatus(true).toUint8Array()
    const { encode } = hocuspocus(prefixOf('doc'), bounds)
    fc.assert(
      fc.property(receipts, (all: readonly Receipt[]) => {
        const counted = all.filter((receipt) => 'isCounted' in receipt && receipt.isCounted)
        expect(encode({ kind: 'ack', receipts: all })).toEqual(counted.map(() => status))
      }),
    )
  })
})

describe.each(hocuspocusVersions)('provider %s', (version) => {
  const settings: fc.Arbitrary<ProviderSettings> = fc.record({
    name: names,
    token: fc.constantFrom('secret', '😀'.repeat(500)),
    sessionAwareness: version === '4.8.0' ? fc.boolean() : fc.constant(false),
  })

  it('is answered under the address that it uses, byte for byte, and finds itself by it', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async (chosen) => {
        const { provider, said, hear } = open(version, chosen)
        await provider.onOpen({})
        const [first] = said
        if (first === undefined) throw new Error('it says nothing')
        const { address, prefix } = partsOf(first)
        const [name, session] = address.split('\0')
        expect(name).toBe(chosen.name)
        expect(session === undefined).toBe(chosen.sessionAwareness !== true)
        for (const frame of said) expect(partsOf(frame).prefix).toEqual(prefixOf(address))
        hear(only(hocuspocus(prefix, bounds).encode({ kind: 'granted', access: 'write' })))
        expect(provider.isAuthenticated).toBe(true)
        hear(only(hocuspocus(prefixOf(`${address}!`), bounds).encode({ kind: 'query-token' })))
      }),
      { numRuns: 40 },
    )
  })

  it('is read for what it edits, whatever that is', () => {
    fc.assert(
      fc.property(sessionPlans, (plan) => {
        const { provider, said } = open(version)
        const changes: Uint8Array[] = []
        provider.document.on('update', (change: Uint8Array) => changes.push(change))
        for (const update of runSession(plan).updates) Y.applyUpdate(provider.document, update)
        expect(said.flatMap(decodeAll)).toMatchObject(
          changes.map((update) => ({ kind: 'update', contents: { update } })),
        )
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    ['a token', 'secret', 'secret'],
    ['an empty one', '', ''],
    ['none', null, ''],
    ['a function', () => Promise.resolve('asked'), 'asked'],
  ] as const)('says %s in words that are read', async (_, token, wanted) => {
    const { provider, said } = open(version, { token })
    await provider.onOpen({})
    const manners = said.flatMap((frame) => {
      const read = readManners(partsOf(frame).body)
      if (!read.ok) throw new Error(read.error.message)
      return read.value === null ? [] : [read.value]
    })
    const says = version === '2.15.3' && !token ? [] : [{ kind: 'login', token: wanted }] // 2 keeps silent
    expect(manners).toMatchObject(says)
  })

  it('is read as it asks anew, renews and ends its presence, and leaves', async () => {
    const { provider, said } = open(version)
    await provider.onOpen({})
    said.length = 0
    provider.forceSync()
    provider.awareness?.setLocalState({ name: 'Ann' })
    provider.awareness?.setLocalState(null)
    expect(said.flatMap(decodeAll)).toMatchObject([
      { kind: 'sync-step-1' },
      { kind: 'presence', entries: [{ state: '{"name":"Ann"}' }] },
      { kind: 'presence', entries: [{ state: null }] },
    ])
    said.length = 0
    provider.destroy()
    const last = said.map((frame) => readManners(partsOf(frame).body))
    expect(last).toContainEqual({ ok: true, value: { kind: 'bye' } })
  })

  it('counts down by exactly what is counted of what it is told is saved', async () => {
    const { provider, said, hear } = open(version)
    await provider.onOpen({})
    const { prefix } = partsOf(said[0] ?? new Uint8Array())
    const { encode } = hocuspocus(prefix, bounds)
    for (let i = 0; i < 50; i++) provider.document.getText('text').insert(i, 'a')
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 1 }), (counts) => {
        const before = provider.unsyncedChanges
        const receipts = counts.map((isCounted) => ({
          kind: 'update' as const,
          update: EMPTY_UPDATE,
          isCounted,
        }))
        for (const frame of encode({ kind: 'ack', receipts })) hear(frame)
        const counted = counts.filter((isCounted) => isCounted).length
        expect(provider.unsyncedChanges).toBe(before - counted)
      }),
      { numRuns: 50 },
    )
  })

  it('takes whatever its server may say, in any order, and complains of nothing', async () => {
    failOnComplaints()
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'hello')
    const update = Y.encodeStateAsUpdate(doc) as Update
    const messages = fc.constantFrom<ServerMessage>(
      { kind: 'sync-step-1', stateVector: Uint8Array.of(0) as StateVector },
      { kind: 'sync-step-2', update },
      { kind: 'sync-step-2', update: EMPTY_UPDATE },
      { kind: 'update', update },
      { kind: 'presence', entries: [{ client: 7 as ClientId, clock: 1, state: '{}', user: null }] },
      { kind: 'presence', entries: [{ client: 7 as ClientId, clock: 1, state: null, user: null }] },
      { kind: 'query-presence' },
      { kind: 'ack', receipts: [{ kind: 'update', update, isCounted: true }] },
      { kind: 'denied', reason: 'no' },
      { kind: 'granted', access: 'write' },
      { kind: 'granted', access: 'read' },
      { kind: 'query-token' },
      { kind: 'stateless', text: '😀' },
      { kind: 'keep-alive' },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(messages, { maxLength: 12 }), async (told) => {
        const { provider, said, hear } = open(version)
        await provider.onOpen({})
        const { encode } = hocuspocus(partsOf(said[0] ?? new Uint8Array()).prefix, bounds)
        for (const message of told) for (const frame of encode(message)) hear(frame)
        provider.destroy()
      }),
      { numRuns: 100 },
    )
  })

  it.each(Object.keys(closeCodes) as readonly CloseName[])(
    'takes whatever it is told when its document ends as %s, alone or beside others',
    async (close) => {
      failOnComplaints()
      for (const others of [0, 1]) {
        const { provider, said, hear } = open(version, { name: 'mine' })
        const connection = new HocuspocusConnection(10)
        await provider.onOpen({})
        for (const frame of said) connection.hear(frame)
        for (let i = 0; i < others; i++)
          connection.hear(
            encoding.encode((out) => {
              encoding.writeVarString(out, `other ${i}`)
              encoding.writeUint8Array(out, Uint8Array.of(0, 0, 1, 0))
            }),
          )
        expect(connection.open).toBe(1 + others)
        const { frames } = connection.ended('mine', closeCodes[close].code, 'because')
        for (const frame of frames) hear(frame)
        provider.destroy()
      }
    },
  )
})

describe('the frame that closes one document', () => {
  it('is one that version 2 throws at: nobody hears it who has not said a version', () => {
    const [two, three] = (['2.15.3', '3.4.4'] as const).map((version) =>
      open(version, { name: 'mine' }),
    )
    const frame = closeFrame(prefixOf('mine'), 'because')
    expect(() => two?.hear(frame)).toThrow('unknown type: 7')
    expect(() => three?.hear(frame)).not.toThrow()
  })
})
