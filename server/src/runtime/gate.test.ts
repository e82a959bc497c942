import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'
import { settle } from './testing/server.ts'

const setUp = (atOnce: number) => {
  const gate = new Gate(atOnce)
  const started: number[] = []
  const works: PromiseWithResolvers<number>[] = []
  const enter = (id: number): Promise<number> => {
    const work = Promise.withResolvers<number>()
    works[id] = work
    return gate.run(() => {
      started.push(id)
      return work.promise
    })
  }
  return { enter, started, works }
}

describe('a gate', () => {
  it('lets so many in at a time, the others in their order as places come free', async () => {
    const { enter, started, works } = setUp(2)
    for (let id = 0; id < 6; id++) void enter(id)
    await settle()
    expect(started).toEqual([0, 1])
    for (const [id, running] of [
      [1, [0, 1, 2]],
      [0, [0, 1, 2, 3]],
      [3, [0, 1, 2, 3, 4]],
      [2, [0, 1, 2, 3, 4, 5]],
      [4, [0, 1, 2, 3, 4, 5]],
      [5, [0, 1, 2, 3, 4, 5]],
    ] as const) {
      works[id]?.resolve(id)
      await settle()
      expect(started).toEqual(running)
    }
    for (let id = 6; id < 9; id++) void enter(id) // it has as many places as at first
    await settle()
    expect(started.slice(6)).toEqual([6, 7])
  })

  it('lets those who can wait in after the others, but not after all of them', async () => {
    const gate = new Gate(1)
    const started: string[] = []
    const works: PromiseWithResolvers<void>[] = []
    const enter = (name: string, turn: 'next' | 'last'): void => {
      const work = Promise.withResolvers<void>()
      void gate.run(() => {
        started.push(name)
        works.push(work)
        return work.promise
      }, turn)
    }
    enter('first', 'last')
    for (const name of ['idle 1', 'idle 2', 'idle 3']) enter(name, 'last')
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) enter(name, 'next')
    for (let done = 0; done < 10; done++) {
      works[done]?.resolve()
      await settle()
    }
    expect(started.join(', ')).toBe('first, a, b, c, d, idle 1, e, f, idle 2, idle 3')
  })

  it('settles as the work does, and a failure gives its place back', async () => {
    const { enter, works, started } = setUp(1)
    const first = enter(0)
    const second = enter(1)
    works[0]?.reject(new Error('no'))
    await expect(first).rejects.toThrow('no')
    works[1]?.resolve(7)
    expect(await second).toBe(7)
    expect(started).toEqual([0, 1])
  })
})
