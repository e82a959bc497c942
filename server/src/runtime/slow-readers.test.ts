import { ok } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { noFormats } from '../content/testing/no-formats.ts'
import { answerTo, nearAnswer } from '../content/merge.ts'
import type { Content } from '../ports/content.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer, testLimits, until } from './testing/server.ts'

const notes = nameOf('notes')
const LAG_BYTES = 64 * 1024
const MUCH = 'x'.repeat(2 * LAG_BYTES)

/** Content that answers when it is told to. */
const createHeldContent = () => {
  const waiting: (() => void)[] = []
  let isHolding = false
  const turn = async (): Promise<void> => {
    if (isHolding) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const content: Content = {
    ...noFormats,
    answer: async (source, stateVector) => {
      await turn()
      return ok(answerTo(source, stateVector))
    },
    near: async (source, stateVector) => {
      await turn()
      return ok(nearAnswer(source, stateVector))
    },
    fold: () => Promise.reject(new Error('not asked for in this test')),
    merge: () => Promise.reject(new Error('not asked for in this test')),
    anatomy: () => Promise.reject(new Error('not asked for in this test')),
    warmUp: () => undefined,
    close: () => Promise.resolve(),
  }
  return {
    content,
    waiting,
    hold: () => {
      isHolding = true
    },
    release: () => {
      isHolding = false
      for (const go of waiting.splice(0)) go()
    },
  }
}

/** A writer and a reader who are both up to date. */
const setUp = async () => {
  const { content, ...answers } = createHeldContent()
  const server = startTestServer({ content, lagBytes: LAG_BYTES })
  const ann = server.connect(notes, { presence: { name: 'ann' } })
  const bob = server.connect(notes, { presence: { name: 'bob' } })
  await settle()
  const hear = async () => {
    await settle()
    server.clock.advance(10)
    await settle()
  }
  return { server, ann, bob, answers, hear }
}

describe('[R9] a reader', () => {
  it('in bursts is not sent away for the answers that it is owed, and misses nothing', async () => {
    const { ann, bob, answers, hear } = await setUp()
    answers.hold()
    for (let burst = 0; burst < 20; burst++) {
      bob.peer.stall()
      ann.type(MUCH)
      await hear()
      ann.type('missed')
      await hear()
      bob.peer.wake()
      await hear()
    }
    expect(answers.waiting).toHaveLength(1) // one at a time
    answers.release()
    await hear()
    await hear()
    expect(bob.peer.ending).toBeNull()
    expect(bob.text()).toBe(ann.text())
    ann.type('and on')
    await hear()
    expect(bob.text()).toBe(ann.text())
  })

  it('who wakes up sees nobody who has left while it slept', async () => {
    const { server, ann, bob, hear } = await setUp()
    const cyd = server.connect(notes, { presence: { name: 'cyd' } })
    await hear()
    expect(bob.awareness.getStates().size).toBe(3)
    bob.peer.stall()
    ann.type(MUCH)
    await hear()
    cyd.peer.hangUp()
    ann.awareness.setLocalState({ name: 'ann', at: 9 })
    await hear()
    bob.peer.wake()
    await hear()
    expect(new Set(bob.awareness.getStates().keys())).toEqual(
      new Set([ann.doc.clientID, bob.doc.clientID]),
    )
  })

  it('of whom too much is told to be kept is told of it when it has read, whatever came between', async () => {
    const { ann, bob, hear } = await setUp()
    bob.peer.stall()
    for (let i = 0; i < 20; i++) {
      ann.type(MUCH)
      ann.doc.getText('text').delete(0, MUCH.length - 1)
      await hear()
    }
    expect(bob.peer.frames.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(5 * LAG_BYTES)
    bob.peer.wake()
    await hear()
    expect(Y.encodeStateVector(bob.doc)).toEqual(Y.encodeStateVector(ann.doc))
    expect(bob.text()).toBe(ann.text())
  })
})

it('[R9] who asks for a large document again and again and does not read it is sent away', async () => {
  const { server, ann, hear } = await setUp()
  ann.type('x'.repeat(600 * 1024))
  await hear()
  const deaf = server.connect(notes)
  await hear()
  deaf.peer.stall()
  const written = deaf.peer.writes.length
  for (let i = 0; i < 20 && deaf.peer.ending === null; i++) {
    deaf.peer.say(Uint8Array.of(0, 0, 1, 0)) // a state vector without anything in it
    await hear()
  }
  expect(deaf.peer.ending?.code).toBe(1013)
  expect(deaf.peer.ending?.reason).toMatch(/limit 8/)
  expect(deaf.peer.writes.length - written).toBeLessThan(8)
  expect(ann.peer.ending).toBeNull()
})

it('[R9] who stops reading a large document loses its place to others who wait for one', async () => {
  const MIB = 1024 * 1024
  const server = startTestServer({
    answerBytes: MIB,
    limits: { ...testLimits, unsavedBytes: 64 * MIB },
  })
  for (const name of ['first', 'second']) {
    const author = server.connect(nameOf(name))
    await settle()
    for (let i = 0; i < 4; i++) author.type('x'.repeat(MIB))
    await settle()
    server.clock.advance(10)
    await settle()
    author.peer.hangUp()
    await settle()
  }
  const deaf = server.connect(nameOf('first'))
  deaf.peer.stall()
  await until('it has been written something', () =>
    deaf.peer.writes.some(({ length }) => length > MIB / 2),
  )
  const other = server.connect(nameOf('second'))
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      server.clock.advance(500)
      await settle()
    }
  }
  await pass(60_000)
  expect([deaf.peer.ending, other.isSynced]).toEqual([null, false])
  await pass(1_000)
  expect(deaf.peer.ending).toEqual({
    code: 1013,
    reason: 'read less than 2097152 bytes of a document in 60000 ms',
  })
  await pass(3_000)
  await until('the other has what it asked for', () => other.isSynced)
  expect(other.text()).toHaveLength(4 * MIB)
})
