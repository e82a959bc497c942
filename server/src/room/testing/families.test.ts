/* The models count, keep and say what the stock providers do, whatever happens to both. */
import { EMPTY_UPDATE, type Mark, type StateVector, type Update } from '@quire/shared'
import fc from 'fast-check'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { Dialect } from '../../dialects/dialect.ts'
import { hocuspocus, readAddress, readManners } from '../../dialects/hocuspocus.ts'
import { decodedBy } from '../../dialects/testing/decoding.ts'
import { ySweet } from '../../dialects/y-sweet.ts'
import type { ClientMessage, ServerMessage } from '../message.ts'
import { createClient, type Family } from './families.ts'
import { handSockets, type HandSockets } from './hand-socket.ts'
import { editText, type ModelClient, type TextEdit } from './model-client.ts'
import { HocuspocusClient } from './model-hocuspocus.ts'
import { YSweetClient } from './model-y-sweet.ts'
import { stockHocuspocus, ySweet09, type Stock } from './stock-providers.ts'
import { here } from './test-room.ts'

const own = 1
const bounds = { presenceEntries: 100, presenceBytes: 4_096 }

const addressed = readAddress(Uint8Array.of(1, 'd'.charCodeAt(0)))
if (!addressed.ok) throw new Error(addressed.error.message)
const { prefix } = addressed.value

const families: readonly (readonly [Family, (sockets: HandSockets) => Stock, Dialect])[] = [
  ['hocuspocus 2', stockHocuspocus('2.15.3'), hocuspocus(prefix, bounds)],
  ['hocuspocus 3', stockHocuspocus('3.4.4'), hocuspocus(prefix, bounds)],
  ['hocuspocus 4', stockHocuspocus('4.8.0'), hocuspocus(prefix, bounds)],
  ['y-sweet', ySweet09, ySweet(bounds)],
]

/** What a frame says to the document; nothing where it is about a login. */
const readBy = (dialect: Dialect, frame: Uint8Array): readonly ClientMessage[] => {
  const isAddressed = dialect.name === 'hocuspocus'
  const body = isAddressed ? frame.subarray(prefix.length) : frame
  if (isAddressed) {
    const manners = readManners(body)
    if (manners.ok && manners.value !== null) return []
  }
  return decodedBy(dialect)(body)
}

/** What matters of a message, to be compared; a presence of nobody is none. */
const gist = (message: ClientMessage): readonly unknown[] => {
  switch (message.kind) {
    case 'presence': {
      const entries = message.entries.toSorted((a, b) => a.client - b.client)
      return entries.length === 0 ? [] : [['presence', ...entries]]
    }
    case 'sync-step-1':
      return [[message.kind, [...message.stateVector]]]
    case 'sync-step-2':
    case 'update':
    case 'write':
      return [[message.kind, [...message.contents.update]]]
    case 'mark':
      return [[message.kind, [...message.mark]]]
    case 'query-presence':
    case 'stateless':
    case 'unknown':
    case 'position':
    case 'signal':
    case 'query-head':
      return [message]
  }
}

const countOf = (model: ModelClient): unknown => {
  if (model instanceof HocuspocusClient) return [model.unsynced, model.isSynced]
  if (model instanceof YSweetClient) return [model.localVersion, model.ackedVersion]
  return null
}

const foreign = new Y.Doc()
foreign.getText('text').insert(0, 'foreign')
const content = Y.encodeStateAsUpdate(foreign) as Update // made by Yjs

const receipt = (isCounted: boolean) =>
  ({ kind: 'update', update: EMPTY_UPDATE, isCounted }) as const
const heard: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.constantFrom<ServerMessage>(
    { kind: 'granted', access: 'write' },
    { kind: 'sync-step-1', stateVector: Uint8Array.of(0) as StateVector }, // of nobody
    { kind: 'sync-step-2', update: EMPTY_UPDATE },
    { kind: 'update', update: content },
    { kind: 'ack', receipts: [receipt(true)] },
    { kind: 'ack', receipts: [receipt(true), receipt(false), receipt(true)] },
    { kind: 'denied', reason: 'no' },
    { kind: 'query-presence' },
    { kind: 'keep-alive' },
  ),
  fc
    .nat({ max: 5 })
    .map((version) => Uint8Array.of(version) as Mark) // any bytes are one
    .map((mark) => ({ kind: 'ack', receipts: [{ kind: 'mark', mark }] }) as const),
  fc
    .tuple(fc.constantFrom(own, 2, 3), fc.nat({ max: 4 }), fc.constantFrom('{"a":1}', null))
    .map((entry) => ({ kind: 'presence', entries: [here(...entry)] }) as const),
)

const edit: fc.Arbitrary<TextEdit> = fc.record({
  at: fc.nat({ max: 9 }),
  text: fc.constantFrom('a', 'bc', ''),
  cut: fc.constant(1),
})

const happening = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('edit' as const), edit }) },
  {
    weight: 2,
    // one that is slow to find its login changes something first
    arbitrary: fc.record({ kind: fc.constant('connect' as const), early: fc.option(edit) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drop' as const, 'ask' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('hear' as const), message: heard }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('show' as const),
      state: fc.constantFrom('{"a":1}', null),
    }),
  },
)

test.each(families)(
  'a model of %s is what the stock provider is',
  async (family, make, dialect) => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 20, size: 'max' }), async (all) => {
        const sockets = handSockets()
        const stock = make(sockets)
        const model = createClient(own, { family, access: 'write' })
        const said: ClientMessage[] = []
        stock.document.clientID = own
        stock.awareness.clientID = own
        stock.awareness.states.clear() // the model begins without a state
        stock.awareness.meta.clear()
        stock.awareness.meta.set(own, { clock: 0, lastUpdated: Date.now() })
        const change = (by: TextEdit): void => {
          editText(stock.document, by)
          model.edit(by)
        }
        try {
          for (const step of all) {
            switch (step.kind) {
              case 'edit':
                change(step.edit)
                break
              case 'show':
                stock.awareness.setLocalState(step.state === null ? null : JSON.parse(step.state))
                model.show(step.state)
                break
              case 'ask':
                stock.askAgain()
                model.askAgain()
                break
              case 'connect':
                if (model.isConnected) break
                stock.connect()
                sockets.newest().readyState = 1
                sockets.newest().happen('open', {})
                model.open((message) => said.push(message))
                if (dialect.asking === 'in-return' && step.early !== null) change(step.early)
                await turn()
                model.start()
                break
              case 'drop':
                if (!model.isConnected) break
                sockets.newest().readyState = 3
                sockets.newest().happen('close', { code: 1006, reason: '' })
                model.disconnect()
                break
              case 'hear': {
                if (!model.isConnected) break
                const frames = dialect.encode(step.message)
                for (const frame of frames)
                  sockets.newest().happen('message', { data: frame.slice().buffer })
                if (frames.length > 0) model.receive(step.message)
              }
            }
            expect(stock.count()).toEqual(countOf(model))
          }
          const really = sockets.sent.flatMap((frame) => readBy(dialect, frame))
          expect(really.flatMap(gist)).toEqual(said.flatMap(gist))
        } finally {
          stock.destroy()
        }
      }),
      { numRuns: 200 },
    )
  },
)
