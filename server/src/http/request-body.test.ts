import { err, ok } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { until } from '../runtime/testing/server.ts'
import { ByteBudget } from './byte-budget.ts'
import { readBody } from './request-body.ts'

/** A request whose body comes in these chunks. */
const requestOf = (
  chunks: Iterable<Uint8Array<ArrayBuffer>>,
  headers: Record<string, string> = {},
) => {
  const left = chunks[Symbol.iterator]()
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const next = left.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value)
      },
    },
    { highWaterMark: 0 }, // none is made before the one before it has been taken
  )
  return new Request('http://localhost/', { method: 'POST', body, headers, duplex: 'half' })
}

const counted = (budget: ByteBudget, { limit = 1_000, clock = createManualClock() } = {}) => ({
  limit,
  take: (bytes: number) => budget.take(bytes, 'a'),
  clock,
  readMs: 60_000,
})

const roomy = () => new ByteBudget({ total: 1_000, perGroup: 1_000 })

describe('a body', () => {
  it('of many chunks keeps none of them, and counts what it takes until it is free', async () => {
    const budget = roomy()
    const chunks = function* () {
      const chunk = new Uint8Array(1) // whoever kept it would see it change
      for (let i = 0; i < 200; i++) yield chunk.fill(i)
    }
    const body = await readBody(requestOf(chunks()), counted(budget))
    if (!body.ok) throw new Error(body.error.message)
    expect([...body.value.bytes]).toEqual(Array.from({ length: 200 }, (_, i) => i))
    expect(body.value.bytes.buffer.byteLength).toBe(200)
    expect(budget.held).toBe(256)
    body.value.free()
    body.value.free()
    expect(budget.held).toBe(0)
  })

  it('that says how long it is takes no more than that', async () => {
    const budget = roomy()
    const chunks = [new Uint8Array(60), new Uint8Array(40)]
    const body = await readBody(requestOf(chunks, { 'content-length': '100' }), counted(budget))
    expect(body).toMatchObject(ok({ bytes: new Uint8Array(100) }))
    expect(budget.held).toBe(100)
  })

  it('that there is none of is empty', async () => {
    const request = new Request('http://localhost/', { method: 'POST' })
    expect(await readBody(request, counted(roomy()))).toMatchObject(ok({ bytes: new Uint8Array() }))
  })

  it('has its time for each 2 MiB, and for what is left at its end', async () => {
    const budget = new ByteBudget({ total: Infinity, perGroup: Infinity })
    const clock = createManualClock()
    const chunks = function* () {
      for (let i = 0; i < 5; i++) {
        yield new Uint8Array(1024 * 1024)
        clock.advance(29_999)
      }
    }
    const bounds = counted(budget, { limit: 8 * 1024 * 1024, clock })
    const body = await readBody(requestOf(chunks()), bounds)
    expect(body.ok && body.value.bytes.length).toBe(5 * 1024 * 1024)
    expect(clock.timers).toBe(0)
  })

  it.each([0, 1, 2_097_151])('of which %i bytes come, and no more, is given up', async (length) => {
    const budget = new ByteBudget({ total: Infinity, perGroup: Infinity })
    const clock = createManualClock()
    let isStuck = false
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new Uint8Array(length)),
      pull: () => {
        isStuck = true
        return new Promise<never>(() => undefined)
      },
    })
    const request = new Request('http://localhost/', { method: 'POST', body, duplex: 'half' })
    const read = readBody(request, counted(budget, { limit: 8 * 1024 * 1024, clock }))
    await until('it has stopped', () => isStuck)
    clock.advance(60_000)
    expect(await read).toEqual(
      err({
        kind: 'too-slow',
        message: 'less than 2097152 bytes of the body came in 60000 ms, and not its end',
      }),
    )
    expect(budget.held).toBe(0)
  })

  it.each([
    ['too-long', [600, 401], 1_000],
    ['no-room', [400, 101], 500],
  ])('that is %s gives back what it took', async (kind, lengths, total) => {
    const budget = new ByteBudget({ total, perGroup: Infinity })
    const chunks = lengths.map((length) => new Uint8Array(length))
    expect(await readBody(requestOf(chunks), counted(budget))).toMatchObject({ error: { kind } })
    expect(budget.held).toBe(0)
  })
})
