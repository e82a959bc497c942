import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import * as Y from 'yjs'
import { clientId } from '../ids.ts'
import { everyTruncation, mutate, mutations } from '../testing/mutations.ts'
import { jsonValues } from '../testing/values.ts'
import { decodePresence, encodePresence, type PresenceEntry } from './presence.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of runs, on machines that do other things too

const bounds = { presenceEntries: 100, presenceBytes: 10_000 }

const opened: Awareness[] = []
afterEach(() => {
  for (const awareness of opened.splice(0)) awareness.destroy() // it holds a timer
})
const newAwareness = (): Awareness => {
  const awareness = new Awareness(new Y.Doc())
  opened.push(awareness)
  return awareness
}

const entries: fc.Arbitrary<PresenceEntry[]> = fc.uniqueArray(
  fc.record({
    client: fc.maxSafeNat().map(clientId),
    clock: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    state: fc.option(jsonValues.map((value) => JSON.stringify({ value }))),
  }),
  { maxLength: 5, selector: ({ client }) => client },
)

describe('presence messages', () => {
  test('[P15] carry the bytes that y-protocols writes for the same states', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const awareness = newAwareness()
        for (const { client, clock, state } of list) {
          awareness.meta.set(client, { clock, lastUpdated: 0 })
          if (state !== null) awareness.states.set(client, JSON.parse(state))
        }
        const ids = list.map(({ client }) => client)
        const bytes = encodeAwarenessUpdate(awareness, ids)
        expect(encodePresence(list)).toEqual(bytes)
        expect(decodePresence(bytes, bounds)).toEqual({ ok: true, value: list })
      }),
    )
  })

  test('[P7] mean to us what they mean to y-protocols', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const awareness = newAwareness()
        applyAwarenessUpdate(awareness, encodePresence(list), 'test')
        for (const { client, clock, state } of list) {
          expect(awareness.meta.get(client)?.clock).toBe(clock)
          expect(awareness.states.get(client) ?? null).toEqual(JSON.parse(state ?? 'null'))
        }
      }),
    )
  })

  test('[P7] of a client that comes, changes and goes are all accepted', () => {
    const awareness = newAwareness()
    const sent: Uint8Array[] = []
    awareness.on('update', () => sent.push(encodeAwarenessUpdate(awareness, [awareness.clientID])))
    awareness.setLocalStateField('user', { name: 'Zo\u00eb \u{1f600}', color: '#30bced' })
    awareness.setLocalStateField('cursor', { anchor: null, head: { type: null, tname: 'text' } })
    removeAwarenessStates(awareness, [awareness.clientID], 'gone')
    awareness.setLocalState(null)
    expect(sent).toHaveLength(4)
    const states = sent.map((bytes) => {
      const decoded = decodePresence(bytes, bounds)
      return decoded.ok ? decoded.value[0]?.state === null : 'refused'
    })
    expect(states).toEqual([false, false, true, true])
  })

  test('[P10] the keep-alive is a frame with a presence message of no entries', () => {
    expect([...encodePresence([])]).toEqual([0])
    expect(decodePresence(Uint8Array.of(0), bounds)).toEqual({ ok: true, value: [] })
  })

  test('null with white space around it means gone', () => {
    const bytes = encodePresence([{ client: clientId(1), clock: 2, state: ' null\n' }])
    expect(decodePresence(bytes, bounds)).toMatchObject({ ok: true, value: [{ state: null }] })
  })
})

describe('[P2] a presence message is taken whole or not at all', () => {
  const problemOf = (bytes: Uint8Array, limits = bounds): string => {
    const decoded = decodePresence(bytes, limits)
    return decoded.ok ? 'none' : `${decoded.error.kind}: ${decoded.error.message}`
  }
  const entry = (state: string): PresenceEntry => ({ client: clientId(7), clock: 1, state })

  test.each([
    ['not JSON', encodePresence([entry('{}'), entry('{')]), /^json: presence state/],
    ['the key __proto__', encodePresence([entry('{"__proto__":{}}')]), /^json/],
    ['nested too deep', encodePresence([entry('['.repeat(300) + ']'.repeat(300))]), /^json/],
    ['not UTF-8', Uint8Array.of(1, 7, 1, 3, 0x22, 0xff, 0x22), /^utf8/],
    ['bytes at the end', Uint8Array.of(0, 0), /^trailing/],
    ['a clock of 2^53', Uint8Array.of(1, 7, 128, 128, 128, 128, 128, 128, 128, 16, 0), /^range/],
  ])('%s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toMatch(problem)
  })

  test('bounds are told with what was found', () => {
    const many = encodePresence(Array.from({ length: 101 }, () => entry('{}')))
    expect(problemOf(many)).toMatch('limit: presence has 101 entries, limit 100')
    const big = encodePresence([entry(JSON.stringify('x'.repeat(20)))])
    expect(problemOf(big, { ...bounds, presenceBytes: 22 })).toBe('none')
    expect(problemOf(big, { ...bounds, presenceBytes: 21 })).toMatch(
      'limit: presence state is 22 bytes, limit 21',
    )
  })

  test('[P1] damaged messages get an answer, and y-protocols takes those that pass', () => {
    const lists = fc.array(mutations, { minLength: 8, maxLength: 12 })
    fc.assert(
      fc.property(entries, lists, (list, damage) => {
        const bytes = encodePresence(list)
        const awareness = newAwareness()
        for (const mutation of damage) {
          const damaged = mutate(bytes, mutation, bytes)
          if (decodePresence(damaged, bounds).ok) applyAwarenessUpdate(awareness, damaged, 'test')
        }
        for (const part of everyTruncation(bytes))
          expect(decodePresence(part, bounds).ok).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})
