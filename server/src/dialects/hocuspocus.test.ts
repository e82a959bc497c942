/* Byte for byte against the stock providers: their own writers make what we read, their readers take what we write. */
import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import {
  EMPTY_UPDATE,
  type ClientId,
  type Mark,
  type StateVector,
  type Update,
} from '@quire/shared'
import { everyTruncation, mutate, mutations } from '@quire/shared/testing'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { ServerMessage } from '../room/message.ts'
import { closeFrame, deniedFrame, hocuspocus, readAddress, readManners } from './hocuspocus.ts'
import { bounds, decodeAll, open, partsOf, prefixOf } from './testing/hocuspocus-providers.ts'
import { hocuspocusVersions } from './testing/stock-hocuspocus.ts'

const typed = (): Update => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'hello')
  return Y.encodeStateAsUpdate(doc) as Update // made by Yjs
}

describe.each(hocuspocusVersions)('provider %s', (version) => {
  it('is read as it opens: its login, its question, its presence', async () => {
    const { provider, said } = open(version)
    await provider.onOpen({})
    provider.sendStateless('hi')
    expect(said.map((frame) => partsOf(frame).address)).toEqual(said.map(() => 'a/é 😀'))
    const [login, ...others] = said
    if (login === undefined) throw new Error('it says nothing')
    const manners = readManners(partsOf(login).body)
    expect(manners).toMatchObject({ ok: true, value: { kind: 'login', token: 'secret' } })
    const named = manners.ok && manners.value?.kind === 'login' ? manners.value.version : null
    expect(named).toBe(version === '4.8.0' ? version : null)
    expect(others.flatMap(decodeAll).map(({ kind }) => kind)).toEqual([
      'sync-step-1',
      'presence',
      'stateless',
    ])
  })

  it('is read as it edits', () => {
    const { provider, said } = open(version)
    const updates: Uint8Array[] = []
    provider.document.on('update', (update: Uint8Array) => updates.push(update))
    provider.document.getText('text').insert(0, 'hello')
    expect(said.flatMap(decodeAll)).toMatchObject([
      { kind: 'update', contents: { update: updates[0] } },
    ])
  })

  it('takes every message that the server has for it, and throws at none', async () => {
    const { provider, said } = open(version)
    await provider.onOpen({})
    const heard: string[] = []
    provider.on('stateless', ({ payload }: { payload: string }) => heard.push(payload))
    const { prefix } = partsOf(said[0] ?? new Uint8Array())
    const { encode } = hocuspocus(prefix, bounds)
    const tell = (message: ServerMessage): void => {
      for (const frame of encode(message)) provider.onMessage({ data: frame.slice().buffer })
    }
    tell({ kind: 'granted', access: 'write' })
    expect(provider.isAuthenticated).toBe(true)
    expect(provider.authorizedScope).toBe('read-write')
    tell({ kind: 'granted', access: 'comment' })
    expect(provider.authorizedScope).toBe('readonly')
    said.length = 0
    tell({ kind: 'sync-step-1', stateVector: Uint8Array.of(0) as StateVector })
    expect(said.flatMap(decodeAll).map(({ kind }) => kind)).toEqual(['sync-step-2'])
    expect(provider.isSynced).toBe(false)
    const first = typed()
    tell({ kind: 'sync-step-2', update: first })
    expect(provider.isSynced).toBe(true)
    expect(provider.document.getText('text').toJSON()).toBe('hello')
    const other = new Y.Doc()
    Y.applyUpdate(other, first)
    other.getText('text').insert(5, ' there')
    tell({ kind: 'update', update: Y.encodeStateAsUpdate(other) as Update })
    expect(provider.document.getText('text').toJSON()).toBe('hello there')
    tell({
      kind: 'presence',
      entries: [{ client: 7 as ClientId, clock: 1, state: '{"a":1}', user: null }],
    })
    expect(provider.awareness?.getStates().get(7)).toEqual({ a: 1 })
    said.length = 0
    tell({ kind: 'query-presence' })
    expect(said.flatMap(decodeAll).map(({ kind }) => kind)).toEqual(['presence'])
    tell({ kind: 'stateless', text: 'hi 😀' })
    expect(heard).toEqual(['hi 😀'])
    tell({ kind: 'keep-alive' })
    tell({ kind: 'query-token' })
    provider.onMessage({ data: deniedFrame(prefix, 'no').slice().buffer })
    expect(provider.isAuthenticated).toBe(false)
  })

  it('counts what it waits for as we do', async () => {
    const { provider, said } = open(version)
    await provider.onOpen({})
    const { encode } = hocuspocus(partsOf(said[0] ?? new Uint8Array()).prefix, bounds)
    provider.document.getText('text').insert(0, 'a')
    expect(provider.unsyncedChanges).toBe(2)
    const tell = (message: ServerMessage): void => {
      for (const frame of encode(message)) provider.onMessage({ data: frame.slice().buffer })
    }
    tell({ kind: 'denied', reason: 'no' })
    expect(provider.unsyncedChanges).toBe(2)
    tell({
      kind: 'ack',
      receipts: [
        { kind: 'sync-step-2', update: EMPTY_UPDATE, isCounted: true },
        { kind: 'update', update: typed(), isCounted: false },
        { kind: 'mark', mark: Uint8Array.of(1) as Mark },
      ],
    })
    expect(provider.unsyncedChanges).toBe(1)
    tell({ kind: 'ack', receipts: [{ kind: 'update', update: typed(), isCounted: true }] })
    expect(provider.unsyncedChanges).toBe(0)
  })
})

describe('a frame', () => {
  const { decode } = hocuspocus(prefixOf('doc'), bounds)

  it('of an unknown type is skipped, whatever is behind it', () => {
    for (const type of [4, 6, 9, 11, 300, 2 ** 40])
      expect(
        decode(
          encoding.encode((out) => {
            encoding.writeVarUint(out, type)
            encoding.writeUint8Array(out, Uint8Array.of(255, 255))
          }),
        ),
      ).toEqual({ ok: true, value: [{ kind: 'unknown', type }] })
  })

  it('of a type over 2^53 is skipped as well: no client is to end for what it knows and we do not', () => {
    const type = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1) // 2^64 - 1
    expect(decode(type)).toEqual({ ok: true, value: [{ kind: 'unknown', type: Infinity }] })
    expect(readManners(type)).toEqual({ ok: true, value: null })
    expect(decode(type.subarray(0, 5)).ok).toBe(false)
  })

  it('with something behind its message is none', () => {
    for (const frame of [
      [0, 2, 2, 0, 0, 9],
      [1, 1, 0, 9],
      [5, 1, 97, 9],
    ])
      expect(decode(Uint8Array.from(frame)).ok).toBe(false)
  })

  it('closes one document of version 4, which is told why', () => {
    const { provider } = open('4.8.0')
    let reason = ''
    provider.on('close', ({ event }: { event: { reason: string } }) => (reason = event.reason))
    provider.onMessage({ data: closeFrame(prefixOf('a/é 😀'), 'because').slice().buffer })
    expect(reason).toBe('because')
  })

  it('says goodbye with its type alone', () => {
    expect(readManners(Uint8Array.of(7))).toEqual({ ok: true, value: { kind: 'bye' } })
    expect(readManners(Uint8Array.of(2, 1, 0)).ok).toBe(false)
  })

  it('that is damaged never throws, and its address stays what it was', () => {
    const { said, provider } = open('4.8.0')
    provider.document.getText('text').insert(0, 'hello')
    provider.sendStateless('hi')
    fc.assert(
      fc.property(fc.array(mutations, { minLength: 4, maxLength: 8 }), (damage) => {
        for (const frame of said)
          for (const mutation of damage) {
            const addressed = readAddress(mutate(frame, mutation, frame))
            if (!addressed.ok) continue
            readManners(addressed.value.body)
            hocuspocus(addressed.value.prefix, bounds).decode(addressed.value.body)
          }
      }),
      { numRuns: 200 },
    )
    const parts = said.flatMap((frame) => Array.from(everyTruncation(partsOf(frame).body)))
    expect(parts.filter((part) => decode(part).ok)).toEqual([])
  })
})
