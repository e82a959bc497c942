/* What of a database file is checked as a whole, in a process of its own: it takes as long as the file is large, and cannot be interrupted. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { threadFile } from '../../thread-file.ts'

/** How to check. */
export interface FileCheckOptions {
  readonly file: string
  readonly signal: AbortSignal
}

/** Sentences on what is wrong with a file and the rows that belong together. Rejects only where it is interrupted. */
export const checkFile = async ({ file, signal }: FileCheckOptions): Promise<readonly string[]> => {
  signal.throwIfAborted()
  const [module, { execArgv = [] }] = threadFile(import.meta.url, './file-check-process')
  const child = fork(module, [file], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const stop = (): void => void child.kill('SIGKILL') // it only reads
  signal.addEventListener('abort', stop, { once: true })
  let found: readonly string[] | null = null
  child.on('message', (sentences) => (found = sentences as readonly string[])) // file-check-process.ts
  const [code, by] = (await once(child, 'close')) as [number | null, string | null] // node:child_process
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  return (
    found ?? [`the file could not be checked: the process that does it ended with ${by ?? code}`]
  )
}
