/*
 * A disk in memory whose power can be cut. What was under way then is done, or not, or in part: the first
 * bytes of it are there, and perhaps zeros for the rest, as file systems leave them.
 */
import { ok, type Result } from '@quire/shared'
import type { Disk } from '../disk.ts'
import type { StoreProblem } from '../../store.ts'

/** A disk that outlives those who use it. */
export interface CutDisk {
  /** The disk, for one who uses it until the next cut. */
  powered(): Disk
  cut(): void
}

/** `random` is from 0 to 1. */
export const createCutDisk = (random: () => number): CutDisk => {
  const files = new Map<string, Uint8Array>()
  let cuts = 0
  const underWay = new Set<(share: number) => void>()

  const powered = (): Disk => {
    const born = cuts
    const never = new Promise<never>(() => undefined)
    /** Does something after some turns; `act` does a share of it, from 0 to 1. */
    const operate = async <T>(act: (share: number) => T): Promise<Result<T, StoreProblem>> => {
      if (cuts !== born) return never
      underWay.add(act)
      for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve()
      if (cuts !== born) return never
      underWay.delete(act)
      const result = act(1)
      await Promise.resolve()
      return cuts === born ? ok(result) : never
    }
    const reading = async <T>(act: () => T): Promise<Result<T, StoreProblem>> => {
      await Promise.resolve()
      return cuts === born ? ok(act()) : never
    }
    return {
      prepare: () => reading(() => `/cut-disk-${Math.floor(random() * 2 ** 50)}`),
      list: () => reading(() => [...files.keys()]),
      read: (file, bytes) => reading(() => files.get(file)?.slice(0, bytes) ?? null),
      write: (file, at, bytes) =>
        operate((share) => {
          if (share === 0) return
          const done = bytes.subarray(0, Math.round(bytes.length * share))
          const zeros = share < 1 && random() < 0.5 ? bytes.length - done.length : 0
          const before = (files.get(file) ?? new Uint8Array(0)).subarray(0, at)
          files.set(file, Buffer.concat([before, done, new Uint8Array(zeros)]))
        }),
      replace: (file, bytes) =>
        operate((share) => {
          if (share > 0.5) files.set(file, bytes.slice())
        }),
      remove: (file) =>
        operate((share) => {
          if (share > 0.5) files.delete(file)
        }),
    }
  }

  return {
    powered,
    cut: () => {
      cuts++
      for (const act of underWay) act(random())
      underWay.clear()
    },
  }
}
