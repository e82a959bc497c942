/* A command of the built `quire` that ends by itself. */
import { spawn, type ChildProcess } from 'node:child_process'
import { COMMAND, commandLine } from './command.ts'

/** What it said. */
export interface Ran {
  /** Null where a signal ended it. */
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How to run it. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs the command line behind it. */
  readonly launcher?: readonly string[]
  /** Called with all that it has said on standard error. */
  readonly onStderr?: (said: string, child: ChildProcess) => void
}

/** Runs `quire` with these arguments. */
export const runQuire = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { flags, env } = commandLine()
    const [program, ...rest] = [
      ...(options.launcher ?? []),
      process.execPath,
      ...flags,
      COMMAND,
      ...args,
    ] as [string, ...string[]]
    const child = spawn(program, rest, {
      env: { PATH: process.env['PATH'], ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString()
      options.onStderr?.(stderr, child)
    })
    child.once('error', reject)
    child.once('close', (exit) => resolve({ exit, stdout, stderr }))
  })
