import type { WorkerOptions } from 'node:worker_threads'

/**
 * The arguments of `new Worker` for a module beside the caller: its TypeScript source where the caller
 * runs from source (Node strips the types, and the workspace's packages resolve to source too), its
 * JavaScript otherwise. `path` has no extension.
 */
export const threadFile = (callerUrl: string, path: string): [URL, WorkerOptions] => {
  const isSource = callerUrl.endsWith('.ts')
  const url = new URL(`${path}${isSource ? '.ts' : '.js'}`, callerUrl)
  return [url, isSource ? { execArgv: ['--conditions=quire-source'] } : {}]
}
