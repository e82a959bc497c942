import { expect, it } from 'vitest'
import { AnswerRoom } from './answer-room.ts'

const limitOf = (taken: ReturnType<AnswerRoom['take']>) => (taken.ok ? null : taken.error)

it('bounds what all hold, and of one address what it holds of its own and of what it shares', () => {
  const room = new AnswerRoom(1_000)
  const shared = room.takeShared(200, 'a')
  expect(limitOf(room.take(60, 'a'))).toEqual({ kind: 'group', limit: 250 })
  expect(limitOf(room.take(50, 'a'))).toBeNull()
  for (const group of ['b', 'c', 'd']) expect(limitOf(room.take(250, group))).toBeNull()
  expect(limitOf(room.take(250, 'e'))).toEqual({ kind: 'total', limit: 1_000 })
  // bounded where they are kept, once for all who share them
  expect(limitOf(room.takeShared(250, 'e'))).toBeNull()
  if (shared.ok) shared.value()
  expect(limitOf(room.take(200, 'a'))).toBeNull()
})

it('holds nothing of what it refuses', () => {
  const room = new AnswerRoom(1_000)
  expect(limitOf(room.take(900, null))).toBeNull()
  expect(limitOf(room.take(200, 'a'))).toEqual({ kind: 'total', limit: 1_000 })
  expect(limitOf(room.takeShared(250, 'a'))).toBeNull()
})
