import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { presentIn, type Presents } from './present.ts'

let here: Awareness
let there: Awareness
beforeEach(() => {
  here = new Awareness(new Doc())
  there = new Awareness(new Doc())
})
afterEach(() => {
  for (const awareness of [here, there]) awareness.destroy()
})

/** What is set there comes here. */
const say = (state: Record<string, unknown>): void => {
  there.setLocalState(state)
  applyAwarenessUpdate(here, encodeAwarenessUpdate(there, [there.clientID]), 'network')
}

const nobody: Presents<unknown> = new Map()

it('who says the same again is the same object, and so is the whole', () => {
  say({ user: { name: 'Ada' } })
  const first = presentIn(here, nobody)
  expect(first.get(there.clientID)).toEqual({
    state: { user: { name: 'Ada' } },
    user: null,
    isSelf: false,
  })
  expect(first.get(here.clientID)).toEqual({ state: {}, user: null, isSelf: true })
  say({ user: { name: 'Ada' } })
  expect(presentIn(here, first)).toBe(first)
})

it('who says something else is another object, and the others are the same', () => {
  say({ at: 1 })
  const first = presentIn(here, nobody)
  say({ at: 2 })
  const second = presentIn(here, first)
  expect(second.get(there.clientID)).toEqual({ state: { at: 2 }, user: null, isSelf: false })
  expect(first.get(there.clientID)?.state).toEqual({ at: 1 })
  expect(second.get(here.clientID)).toBe(first.get(here.clientID))
})

it('who goes is gone, and nobody is here where there is no presence', () => {
  say({ at: 1 })
  const first = presentIn(here, nobody)
  here.setLocalState(null)
  expect([...presentIn(here, first).keys()]).toEqual([there.clientID])
  expect(presentIn(null, first).size).toBe(0)
  expect(presentIn(null, nobody)).toBe(nobody)
})
