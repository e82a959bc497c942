import { EMPTY_UPDATE, err, ok, type Update } from '@quire/shared'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import type { Answer } from '../ports/content.ts'
import { Gate } from './gate.ts'
import { AnswerPool, type Answered, type Making } from './answer-pool.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { settle } from './testing/server.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void // what the flag puts into new contexts

const answerOf = (bytes: number): Answer => ({
  first: [new Uint8Array(bytes - EMPTY_UPDATE.length) as Update], // never decoded here
  last: EMPTY_UPDATE,
})

/** How to make an answer of a size, when the test says so. */
const slowly = (bytes: number) => {
  const made = Promise.withResolvers<Answered>()
  const calls = { made: 0 }
  let isWanted = true
  const making: Making = {
    bytes,
    isWanted: () => isWanted,
    gate: null,
    make: () => {
      calls.made++
      return made.promise
    },
  }
  const answer = answerOf(bytes)
  return {
    making,
    calls,
    answer,
    done: () => made.resolve(ok(answer)),
    fail: () => made.resolve(err({ message: 'disk' })),
    goAway: () => {
      isWanted = false
    },
  }
}

/** A pool for so many bytes of updates: each counts twice, as it is and as it is laid out. */
const setUp = (limitBytes = 100) => {
  const clock = createManualClock()
  return { clock, pool: new AnswerPool(clock, 2 * limitBytes) }
}

describe('an answer pool', () => {
  it('makes an answer once for all who ask while it is made, and for a moment after', async () => {
    const { pool, clock } = setUp()
    const first = slowly(10)
    const both = [pool.answer('a', first.making), pool.answer('a', first.making)]
    first.done()
    for (const answered of await Promise.all(both)) expect(answered).toEqual(ok(first.answer))
    clock.advance(1_999)
    expect(await pool.answer('a', slowly(10).making)).toEqual(ok(first.answer))
    clock.advance(1_999) // it was asked for again meanwhile
    expect(pool.heldBytes / 2).toBe(10)
    clock.advance(1)
    expect(pool.heldBytes / 2).toBe(0)
    expect(first.calls.made).toBe(1)
  })

  it('keeps nothing of who has asked once the answer is made', async () => {
    const { pool } = setUp()
    const { answer, done, making } = slowly(10)
    const asked = ['before', 'after'].map((when) => ({ when, isWanted: () => when !== '' }))
    const kept = asked.map(({ isWanted }) => new WeakRef(isWanted))
    const ask = (): void => {
      const isWanted = asked.shift()?.isWanted ?? making.isWanted
      void pool.answer('a', { ...making, isWanted })
    }
    ask()
    done()
    await settle()
    const undoUse = pool.use(answer)
    ask()
    await vi.waitFor(() => {
      collectGarbage()
      expect(kept.filter((ref) => ref.deref() !== undefined)).toEqual([])
    })
    undoUse()
  })

  it('keeps what is being read, and its bytes count as long', async () => {
    const { pool, clock } = setUp()
    const { making, done, answer } = slowly(10)
    const asked = pool.answer('a', making)
    done()
    await asked
    const [one, other] = [pool.use(answer), pool.use(answer)]
    clock.advance(60_000)
    one()
    one()
    clock.advance(60_000)
    expect(pool.heldBytes / 2).toBe(10)
    other()
    clock.advance(2_000)
    expect(pool.heldBytes / 2).toBe(0)
  })

  it('lets what finds no place wait in order, and one that is too large for any place in at last', async () => {
    const { pool, clock } = setUp(100)
    const [first, second, third] = [slowly(60), slowly(300), slowly(10)]
    const asked = pool.answer('a', first.making)
    void pool.answer('b', second.making)
    void pool.answer('c', third.making)
    await settle()
    expect([first, second, third].map(({ calls }) => calls.made)).toEqual([1, 0, 0])
    first.done()
    await asked
    const undo = pool.use(first.answer)
    await settle()
    expect(second.calls.made).toBe(0)
    undo()
    clock.advance(2_000)
    await settle()
    expect([first, second, third].map(({ calls }) => calls.made)).toEqual([1, 1, 0])
    second.done()
    await settle()
    clock.advance(2_000)
    await settle()
    expect(third.calls.made).toBe(1)
  })

  it('makes at once what need not wait for its place, and nothing else', async () => {
    const { pool, clock } = setUp(100)
    const [first, second] = [slowly(60), slowly(60)]
    const asked = pool.answerAtOnce('a', first.making)
    first.done()
    await asked
    const undo = pool.use(first.answer)
    expect(pool.answerAtOnce('b', second.making)).toBeNull()
    expect(await pool.answerAtOnce('a', second.making)).toEqual(ok(first.answer))
    undo()
    clock.advance(2_000)
    expect(second.calls.made).toBe(0)
    second.done()
    expect(await pool.answerAtOnce('b', second.making)).toEqual(ok(second.answer))
    void pool.answer('c', slowly(90).making) // gives up what nobody reads
    const waiting = slowly(90)
    void pool.answer('d', waiting.making)
    expect(pool.answerAtOnce('e', slowly(10).making)).toBeNull() // it is not its turn
    expect(waiting.calls.made).toBe(0)
  })

  it('lets small ones in past a large one that is read slowly, and one that waits for it', async () => {
    const { pool } = setUp(1_000)
    const large = slowly(950)
    const asked = pool.answer('a', large.making)
    large.done()
    await asked
    pool.use(large.answer)
    const [waiting, small] = [slowly(500), slowly(3)]
    void pool.answer('b', waiting.making)
    void pool.answer('c', small.making)
    await settle()
    expect([waiting, small].map(({ calls }) => calls.made)).toEqual([0, 1])
  })

  it('forgets what waits for a place when nobody waits for it', async () => {
    const { pool } = setUp(100)
    const large = slowly(100)
    const asked = pool.answer('a', large.making)
    large.done()
    await asked
    const undo = pool.use(large.answer)
    const gone = slowly(50)
    const answered = pool.answer('b', gone.making)
    gone.goAway()
    void pool.answer('c', slowly(60).making) // whoever comes next clears it away
    expect(await answered).toBeNull()
    expect(gone.calls.made).toBe(0)
    expect(pool.heldBytes / 2).toBe(100)
    undo()
  })

  it('makes it for one who asks just when it was found that nobody waits', async () => {
    const { pool } = setUp()
    const { making, done, answer, goAway } = slowly(10)
    goAway()
    const late = slowly(10)
    const asked: Promise<Answered | null>[] = []
    const gate = new Gate(1)
    const held = Promise.withResolvers<void>()
    void gate.run(() => held.promise).then(() => asked.push(pool.answer('a', late.making)))
    const first = pool.answer('a', { ...making, gate })
    held.resolve()
    done()
    late.done()
    await first
    await settle()
    expect(await Promise.all(asked)).not.toContain(null)
    expect(asked).toHaveLength(1)
    expect(answer.first).toHaveLength(1)
  })

  it('gives up what nobody reads for what is wanted', async () => {
    const { pool } = setUp(100)
    const [first, second] = [slowly(60), slowly(60)]
    const asked = pool.answer('a', first.making)
    first.done()
    await asked
    void pool.answer('b', second.making)
    await settle()
    expect(second.calls.made).toBe(1)
    expect(pool.heldBytes / 2).toBe(60)
  })

  it('forgets one that failed, and does not make one that nobody waits for', async () => {
    const { pool } = setUp(100)
    const [first, second] = [slowly(100), slowly(10)]
    const failing = pool.answer('a', first.making)
    const unwanted = pool.answer('b', second.making)
    second.goAway()
    first.fail()
    expect(await failing).toEqual(err({ message: 'disk' }))
    expect(await unwanted).toBeNull()
    expect(second.calls.made).toBe(0)
    expect(pool.heldBytes / 2).toBe(0)
  })

  it('holds the common front of composed answers once, as long as one of them is held', async () => {
    const { pool, clock } = setUp(1_000)
    const front = slowly(100)
    front.done()
    const composed: Answer[] = []
    const compose = async (key: string) => {
      const asked = await pool.answer('front', front.making)
      if (!asked?.ok) throw new Error(asked?.error.message)
      const made = await pool.answer(key, {
        bytes: 0,
        isWanted: () => true,
        gate: null,
        make: async () => ok(pool.compose(asked.value, answerOf(10))),
      })
      if (made?.ok) composed.push(made.value)
    }
    await compose('a')
    await compose('b')
    expect(pool.heldBytes / 2).toBe(120)
    const undo = composed.map((answer) => pool.use(answer))
    clock.advance(60_000)
    undo[0]?.()
    clock.advance(60_000)
    expect(pool.heldBytes / 2).toBe(110)
    undo[1]?.()
    clock.advance(2_000) // the composed one goes, and then what it held
    clock.advance(2_000)
    expect(pool.heldBytes / 2).toBe(0)
    expect(front.calls.made).toBe(1)
  })
})
