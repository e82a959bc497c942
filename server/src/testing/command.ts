import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from '../runtime/testing/server.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The command as a process. */
export interface Command {
  readonly child: ChildProcess
  /** Where it listens; '' until it does. */
  readonly url: string
  /** What it wrote to standard error. */
  readonly log: string
  /** Its exit code, null if a signal ended it. */
  readonly exit: Promise<number | null>
}

/** Starts the command on a free port; it ends with the test. */
export const startCommand = (
  dataDir: string,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Command => {
  const child = spawn(process.execPath, ['--conditions=quire-source', MAIN, 'serve', ...flags], {
    env: { PATH: process.env['PATH'], QUIRE_DATA_DIR: dataDir, QUIRE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [url, log] = ['', '']
  child.stdout.on('data', (text: Buffer) => {
    url = /listening on (https?:\S+)/.exec(text.toString())?.[1] ?? url
  })
  child.stderr.on('data', (text: Buffer) => (log += text.toString()))
  return {
    child,
    get url() {
      return url
    },
    get log() {
      return log
    },
    exit: once(child, 'close').then(([code]) => code as number | null), // node:child_process
  }
}

/** A directory for documents, until the test is over. */
export const newDataDir = async (): Promise<string> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-main-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** Starts the command, and waits until it listens. */
export const startListening = async (
  dataDir: string,
  env?: Record<string, string>,
): Promise<Command> => {
  const command = startCommand(dataDir, env)
  await until('it listens', () => command.url !== '' || command.child.exitCode !== null)
  if (command.url === '') throw new Error(command.log)
  return command
}

/** What a command that ended by itself said. */
export interface Ran {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line of `quire` to its end, from source; nothing of the environment but what is given. */
export const runCommand = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> => {
  const child = spawn(process.execPath, ['--conditions=quire-source', MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const [code] = await once(child, 'close')
  return { exit: code as number | null, stdout, stderr } // node:child_process
}
