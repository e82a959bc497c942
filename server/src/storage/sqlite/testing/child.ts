import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A started `append-process.ts`, or its build at `program`. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  /** Its next line, or null where it has printed its last. */
  readonly line: () => Promise<unknown>
  /** Ends it at once, as SIGKILL does, and waits until it is gone. */
  readonly kill: () => Promise<void>
}

const source = fileURLToPath(new URL('append-process.ts', import.meta.url))

/** Starts a child that ends with the running test at the latest. */
export const startChild = (args: readonly string[], program = source): Child => {
  const flags = program.endsWith('.ts') ? ['--conditions=quire-source'] : []
  const child = spawn(process.execPath, [...flags, program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  return {
    process: child,
    line: async () => {
      const next = await lines.next()
      return next.done ? null : (JSON.parse(next.value) as unknown)
    },
    kill,
  }
}
