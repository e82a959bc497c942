/*
 * What a process costs, as Linux counts it. CPU in nanoseconds from /proc/PID/task/TID/schedstat (time on
 * a CPU, time waited for one), which has no ticks of 10 ms; a thread that ends takes its count with it, so
 * then the ticks of /proc/PID/stat are used (fields 14 and 15, all threads, also ended ones).
 */
import { readdirSync, readFileSync } from 'node:fs'

const TICK_MS = 10 // USER_HZ is 100 on every Linux that Node runs on

/** CPU time of a process so far. */
export interface Cpu {
  readonly threads: ReadonlyMap<string, number>
  readonly ticksMs: number
  /** Time that its threads were ready to run and did not get a CPU: how busy the machine was. */
  readonly waitedMs: number
}

/** Reads it, all threads together. Throws where there is no such process. */
export const readCpu = (pid: number): Cpu => {
  const threads = new Map<string, number>()
  let waitedMs = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [ran = 0, waited = 0] = numbersIn(`/proc/${pid}/task/${thread}/schedstat`)
    threads.set(thread, ran / 1e6)
    waitedMs += waited / 1e6
  }
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { threads, ticksMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, waitedMs }
}

/** Milliseconds of CPU from one reading to a later one. */
export const cpuBetween = (before: Cpu, after: Cpu): number => {
  const isWhole = [...before.threads.keys()].every((thread) => after.threads.has(thread))
  if (!isWhole) return after.ticksMs - before.ticksMs
  let ms = 0
  for (const [thread, total] of after.threads) ms += total - (before.threads.get(thread) ?? 0)
  return ms
}

/** Memory of a process in bytes: its share of every page (Pss), from smaps_rollup. */
export const readMemory = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1]
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/smaps_rollup has no Pss`)
  return Number(kilobytes) * 1024
}

const numbersIn = (file: string): readonly number[] => {
  try {
    return readFileSync(file, 'utf8').split(' ').map(Number)
  } catch {
    return [] // a thread that has just ended
  }
}
