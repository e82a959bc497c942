/*
 * A process that types into a document kept in files, without an end, and says on its output what happens:
 *
 *   kept N         edit N is on the disk
 *   problem KIND   keeping does not work; `works` if it does again
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Somebody who types into files. */
export interface OfflineTypist {
  /** The highest number that was kept. */
  readonly kept: number
  readonly problems: readonly string[]
  /** Ends it without a warning. */
  kill(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('offline-typist-process.ts', import.meta.url))

/** Starts one in a directory. `launcher` is a command that runs another one. */
export const startOfflineTypist = (
  directory: string,
  launcher: readonly string[] = [],
): OfflineTypist => {
  const node = [process.execPath, '--conditions=quire-source', SCRIPT, directory]
  const [command = '', ...args] = launcher.concat(node)
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let kept = 0
  const problems: string[] = []
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [what, rest = ''] = line.split(' ')
      if (what === 'kept') kept = Number(rest)
      if (what === 'problem') problems.push(rest)
    })
  return {
    get kept() {
      return kept
    },
    problems,
    kill: () => {
      child.kill('SIGKILL')
      return exited
    },
  }
}
