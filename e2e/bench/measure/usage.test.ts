import { expect, test } from 'vitest'
import { cpuBetween, readCpu, readMemory } from './usage.ts'

test('[bench] work on a CPU is counted', () => {
  const before = readCpu(process.pid)
  const startedAt = process.cpuUsage()
  let x = 0
  while (process.cpuUsage(startedAt).user < 60_000) x += Math.sqrt(x + 1)
  const ms = cpuBetween(before, readCpu(process.pid))
  expect(x).toBeGreaterThan(0)
  expect(ms).toBeGreaterThan(50)
})

test('[bench] where a thread has ended, the ticks of the process count', () => {
  const before = {
    threads: new Map([
      ['1', 5],
      ['2', 900],
    ]),
    ticksMs: 900,
    waitedMs: 0,
  }
  const after = { threads: new Map([['1', 25]]), ticksMs: 960, waitedMs: 0 }
  expect(cpuBetween(before, after)).toBe(60)
  const kept = {
    threads: new Map([
      ['1', 25],
      ['2', 900],
      ['3', 4],
    ]),
    ticksMs: 960,
    waitedMs: 0,
  }
  expect(cpuBetween(before, kept)).toBe(24)
})

test('[bench] memory that is taken is counted', () => {
  const before = readMemory(process.pid)
  const ballast = Buffer.alloc(64 * 1024 * 1024, 1)
  expect(readMemory(process.pid) - before).toBeGreaterThan(50 * 1024 * 1024)
  expect(ballast[5]).toBe(1)
})
