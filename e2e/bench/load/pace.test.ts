import { expect, test } from 'vitest'
import { randomFrom } from '../../harness/random.ts'
import { inOrder, keepPace, timesOf } from './pace.ts'

test('[bench] people send at their rate, each from a moment of their own', () => {
  const times = timesOf(20, { perSecond: 5, seconds: 3, random: randomFrom(1) })
  expect(times).toHaveLength(20)
  for (const own of times) {
    expect(own).toHaveLength(15)
    expect(own[0]).toBeLessThan(200)
    expect((own[14] ?? 0) - (own[0] ?? 0)).toBeCloseTo(14 * 200, 6)
  }
  expect(new Set(times.map((own) => own[0])).size).toBe(20)
})

test('[bench] the order is by time and keeps everybody’s own order', () => {
  const { due, who, which } = inOrder([
    [5, 15, 25],
    [1, 15.5],
  ])
  expect([...due]).toEqual([1, 5, 15, 15.5, 25])
  expect([...who]).toEqual([1, 0, 0, 1, 0])
  expect([...which]).toEqual([0, 0, 1, 1, 2])
})

test('[bench] what is due is sent in order, none before its time, and lateness is told', async () => {
  const start = performance.now()
  const due = Float64Array.from([start - 30, start, start + 5, start + 12])
  const sent: number[] = []
  const late: number[] = []
  const send = (i: number): void => {
    sent.push(i)
    expect(performance.now()).toBeGreaterThanOrEqual(due[i] ?? 0)
  }
  await keepPace({ due, send }, (ms) => late.push(ms))
  expect(sent).toEqual([0, 1, 2, 3])
  expect(late[0]).toBeGreaterThanOrEqual(30)
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
})
