import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { encodePresence } from '@quire/shared'
import { applyAwarenessUpdate, Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { ClientMessage } from '../message.ts'
import { ModelClient } from './model-client.ts'
import { here } from './test-room.ts'

const own = 1

/** What y-protocols believes and says of the same messages. */
const realClient = () => {
  const doc = new Y.Doc()
  doc.clientID = own
  const awareness = new Awareness(doc)
  onTestFinished(() => awareness.destroy())
  awareness.states.clear() // the model begins without a state
  const said: number[][] = []
  type Change = Record<'added' | 'updated' | 'removed', number[]>
  awareness.on('update', ({ added, updated, removed }: Change) =>
    said.push([...added, ...updated, ...removed]),
  )
  return { awareness, said }
}

const states = fc.constantFrom('{"a":1}', '{"a":2}', null)
const heard = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 5 }), states).map((all) => here(...all)),
  { minLength: 1, maxLength: 2 },
)

test('the model client believes of presence what y-protocols believes, and speaks when it does', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(states, heard), { maxLength: 8 }), (happenings) => {
      const { awareness, said } = realClient()
      const model = new ModelClient(own, 'write')
      const spoken: number[][] = []
      model.connect((message: ClientMessage) => {
        if (message.kind === 'presence') spoken.push(message.entries.map(({ client }) => client))
      })
      for (const happening of happenings) {
        if (happening === null || typeof happening === 'string') {
          awareness.setLocalState(happening === null ? null : JSON.parse(happening))
          model.show(happening)
        } else {
          applyAwarenessUpdate(awareness, encodePresence(happening), 'server')
          model.receive({ kind: 'presence', entries: happening })
        }
      }
      const present = [...model.present()].map(([client, state]) => [client, JSON.parse(state)])
      expect(new Map(present as [number, unknown][])).toEqual(awareness.getStates())
      const clocks = [...awareness.meta].map(([client, { clock }]) => [client, clock])
      expect(new Map(model.clocks())).toEqual(new Map(clocks as [number, number][]))
      const sorted = (all: number[][]) => all.map((clients) => clients.toSorted((a, b) => a - b))
      expect(sorted(spoken)).toEqual(sorted(said))
    }),
  )
})

test('a y-protocols client that is told it is gone says at once, and alone, that it is not', () => {
  const { awareness, said } = realClient()
  awareness.setLocalState({ at: 1 })
  const { clock = 0 } = awareness.meta.get(own) ?? {}
  applyAwarenessUpdate(awareness, encodePresence([here(own, clock, null)]), 'server')
  expect(said.at(-1)).toEqual([own])
  expect(awareness.meta.get(own)?.clock).toBe(clock + 1)
  expect(awareness.getLocalState()).toEqual({ at: 1 })
})
