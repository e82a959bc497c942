import { expect, test } from 'vitest'
import { showsLife } from './vital-signs.ts'

const before = { received: 10, taken: 100, queued: 0 }

test.each([
  ['a byte came in', before, { ...before, received: 11 }, true],
  ['nothing happened', before, before, false],
  ['only our ping went out', before, { ...before, taken: 102 }, false],
  ['a full send buffer drained', { ...before, queued: 50 }, { ...before, taken: 120 }, true],
  ['a full send buffer stayed', { ...before, queued: 50 }, { ...before, queued: 52 }, false],
])('[RFC 6455 §5.5.2] when %s', (_, then, now, alive) => {
  expect(showsLife(then, now)).toBe(alive)
})
