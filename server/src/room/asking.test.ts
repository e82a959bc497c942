/* When a session is asked for what it has and the server lacks. */
import { EMPTY_UPDATE } from '@quire/shared'
import { describe, expect, test } from 'vitest'
import type { ClientMessage } from './message.ts'
import { ann, contentsOf, kindsOf, sentTo, TestRoom, typist } from './testing/test-room.ts'

const nothing: ClientMessage = { kind: 'sync-step-2', contents: contentsOf(EMPTY_UPDATE) }

describe('who is asked twice', () => {
  const open = () => {
    const room = new TestRoom()
    room.join(ann, 'write', 'twice')
    return { room, greeting: room.load() }
  }

  test('is asked as it joins, and once more 3 s later for what the server lacks by then', () => {
    const { room, greeting } = open()
    expect(sentTo(greeting, ann)).toMatchObject([{ kind: 'sync-step-1' }])
    room.says(ann, nothing)
    const { type, asks } = typist(1)
    room.update(ann, type('a'))
    room.commit()
    expect(kindsOf(room.tick(2_999))).toEqual([])
    expect(sentTo(room.tick(1), ann)).toEqual([asks()])
    room.says(ann, nothing)
    expect(kindsOf(room.tick(60_000))).toEqual([])
  })

  test('is not asked before it has answered the first time', () => {
    const { room } = open()
    expect(kindsOf(room.tick(10_000))).toEqual([])
    room.says(ann, nothing)
    expect(kindsOf(room.tick(500))).toEqual(['sync-step-1'])
  })

  test('is not asked any more once it has left', () => {
    const { room } = open()
    room.says(ann, nothing)
    room.leave(ann)
    expect(room.tick(10_000)).toEqual([])
  })
})

test('others are asked once', () => {
  const room = new TestRoom().open(ann)
  room.says(ann, nothing)
  expect(kindsOf(room.tick(10_000))).toEqual([])
})
