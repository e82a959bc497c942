/* A command of `quire` as a process, as it was built. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { COMMAND, commandLine } from './command.ts'

/** How a command is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs the command line, which is put behind it. It must `exec`. */
  readonly launcher?: readonly string[]
  /** Arguments of Node. */
  readonly flags?: readonly string[]
  /** Hears all that it has said on standard error, each time it says more. */
  readonly onStderr?: (said: string, child: ChildProcess) => void
}

/** A command that runs. */
export interface RunningCommand {
  readonly process: ChildProcess
  /** What it wrote to standard error until now. */
  log(): string
  readonly done: Promise<RanCommand>
}

/** A command that has ended. */
export interface RanCommand {
  /** Null: by a signal. */
  readonly exit: number | null
  readonly out: string
  readonly log: string
}

/** Starts a command line of `quire`. */
export const startCommand = (
  args: readonly string[],
  { env, launcher = [], flags = [], onStderr }: RunOptions = {},
): RunningCommand => {
  const line = commandLine()
  const [program = process.execPath, ...rest] = [
    ...launcher,
    process.execPath,
    ...line.flags,
    ...flags,
    COMMAND,
    ...args,
  ]
  const child = spawn(program, rest, {
    env: { ...process.env, ...line.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, log] = ['', '']
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => {
    log += text.toString()
    onStderr?.(log, child)
  })
  const done = once(child, 'close').then(([code]) => {
    return { exit: code as number | null, out, log } // node:child_process
  })
  return { process: child, log: () => log, done }
}

/** Runs a command line of `quire` to its end. */
export const runCommand = (args: readonly string[], options?: RunOptions): Promise<RanCommand> =>
  startCommand(args, options).done

/** What a command that ends by itself said. */
export interface Ran {
  /** Null where a signal ended it. */
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `quire` with these arguments to its end. */
export const runQuire = async (args: readonly string[], options?: RunOptions): Promise<Ran> => {
  const { exit, out, log } = await startCommand(args, options).done
  return { exit, stdout: out, stderr: log }
}
